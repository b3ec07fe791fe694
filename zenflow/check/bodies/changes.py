"""Which calls certainly change an object that they are given, by the type that it is known to have."""

from __future__ import annotations

import ast

from zenflow.check.bodies.events import Called
from zenflow.check.bodies.values import Given, Global, Made, Value

_LIST = ("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse")
_DICT = ("update", "setdefault", "pop", "popitem", "clear")
_SET = (
    *("add", "discard", "remove", "pop", "clear", "update"),
    *("difference_update", "intersection_update", "symmetric_difference_update"),
)
_ESTIMATOR = ("fit", "partial_fit", "fit_transform", "fit_predict", "set_params")
METHODS: dict[str, tuple[str, ...]] = {
    "list": _LIST,
    "bytearray": _LIST,
    "MutableSequence": _LIST,
    "deque": (*_LIST, "appendleft", "extendleft", "popleft", "rotate"),
    "dict": _DICT,
    "defaultdict": _DICT,
    "MutableMapping": _DICT,
    "OrderedDict": (*_DICT, "move_to_end"),
    "Counter": (*_DICT, "subtract"),
    "set": _SET,
    "MutableSet": _SET,
    "ndarray": ("fill", "sort", "resize", "put", "partition", "itemset", "setfield", "setflags"),
    "DataFrame": ("insert", "update", "pop"),
    "Series": ("update", "pop"),
}
"""Methods that change an object, by the last part of its type's name."""

CERTAIN = ("append", "extend", "insert", "sort", "reverse", "clear")
"""Methods that say so whatever the object is, where their result is not used."""

_SAYS_NOTHING = ("", "typing.Any", "builtins.object")
_LEARNING = ("sklearn", "xgboost", "lightgbm", "catboost")
_FIRST_ARGUMENT = (
    *("random.shuffle", "numpy.random.shuffle", "numpy.copyto", "numpy.put", "numpy.place", "numpy.putmask"),
    *("numpy.fill_diagonal", "numpy.put_along_axis", "heapq.heappush", "heapq.heappop", "heapq.heapify"),
    *("heapq.heapreplace", "heapq.heappushpop", "bisect.insort", "bisect.insort_left", "bisect.insort_right"),
    *("builtins.setattr", "builtins.delattr", "operator.setitem", "operator.delitem"),
)
_GENERATORS = ("numpy.random.default_rng", "numpy.random.RandomState", "random.Random")


def mutates(called: Called) -> bool:
    """Whether a method certainly changes the object that it is called on."""
    receiver, method = called.receiver, called.method
    if not isinstance(receiver, Given | Global) or not method:
        return False
    inplace = called.keywords.get("inplace")
    if inplace is not None and isinstance(inplace.node, ast.Constant) and inplace.node.value is True:
        return True
    name = receiver.hint.name if isinstance(receiver, Given) else receiver.made
    if isinstance(receiver, Global) and name in _GENERATORS:
        return True  # each draw moves it on
    if name in _SAYS_NOTHING:
        return called.discarded and method in CERTAIN
    library, _, short = name.rpartition(".")
    if library.partition(".")[0] == "torch":
        return method.endswith("_") and not method.startswith("_")
    if library.partition(".")[0] in _LEARNING and isinstance(receiver, Given):
        return method in _ESTIMATOR
    return method in METHODS.get(short, ())


def mutation_of(called: Called) -> Value:
    """The object that a call certainly changes: what a method is called on, or an argument of a function."""
    if mutates(called):
        return called.receiver
    if called.name in _FIRST_ARGUMENT or (called.name.startswith("torch.nn.init.") and called.name.endswith("_")):
        first = called.argument(0, "a", "x", "arr", "dst", "tensor", "heap")
        return None if first is None else first.value
    if called.method == "shuffle" and isinstance(called.receiver, Made) and called.receiver.by in _GENERATORS:
        first = called.argument(0, "x")
        return None if first is None else first.value
    out = called.keywords.get("out") if called.name.partition(".")[0] in ("numpy", "torch") else None
    return None if out is None else out.value
