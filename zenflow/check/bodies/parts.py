"""What an attribute or an index of a step's argument still is of that argument: the object itself, or a copy."""

from __future__ import annotations

import ast

from zenflow.check.bodies.module import Class
from zenflow.check.bodies.values import NO_HINT, Given, Hint, Value, element, item_hint

INDEXER = "pandas.indexer"
_VIEWS = {
    "numpy": ("T", "flat", "real", "imag", "data"),
    "torch": ("T", "data", "grad"),
    "pandas": ("loc", "iloc", "at", "iat"),
}
_LIBRARIES = ("numpy", "pandas", "torch", "polars", "pyarrow", "scipy", "sklearn", "tensorflow", "jax")
_ARRAYS = ("numpy.ndarray", "torch.Tensor")
CONTAINERS = (
    *("list", "dict", "Sequence", "MutableSequence", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"),
    *("deque", "Counter", "tuple"),
)


def attribute_of(given: Given, name: str, cls: Class | None, field: Hint) -> Value:
    """What `given.name` is. An attribute of a library's object may be made when it is asked for.

    Args:
        given: The argument.
        name: The attribute.
        cls: The class of this file that the argument is of, if it is.
        field: What that class declares for the attribute.
    """
    library = given.hint.name.partition(".")[0]
    if library in _LIBRARIES:
        if name not in _VIEWS.get(library, ()):
            return None
        hint = Hint(INDEXER) if library == "pandas" else given.hint
        return Given(given.parameter, hint, part=True)
    if library in ("builtins", "typing", "pathlib") and given.hint.name != "typing.Any":
        return None
    if cls is not None and name not in cls.fields:
        return None if name in cls.functions else Given(given.parameter, NO_HINT, part=True)
    return Given(given.parameter, field, part=True)


def item_of(given: Given, index: ast.expr) -> Value:
    """What `given[index]` is. A mask or a slice copies in some libraries, and looks on in others."""
    if given.hint.name in _ARRAYS:
        return Given(given.parameter, given.hint, part=True) if _is_basic(index) else None
    short = given.hint.name.rpartition(".")[2]
    if short not in CONTAINERS or isinstance(index, ast.Slice):
        return None
    if short == "tuple" and isinstance(index, ast.Constant) and isinstance(index.value, int):
        args = given.hint.args
        known = "..." not in {arg.name for arg in args} and -len(args) <= index.value < len(args)
        return Given(given.parameter, args[index.value] if known else item_hint(given.hint), part=True)
    return element(given)


def _is_basic(index: ast.expr) -> bool:
    if isinstance(index, ast.Tuple):
        return all(map(_is_basic, index.elts))
    if isinstance(index, ast.UnaryOp):
        return _is_basic(index.operand)
    return isinstance(index, ast.Slice) or (isinstance(index, ast.Constant) and isinstance(index.value, int))


def unpacked(given: Given, count: int) -> tuple[Value, ...]:
    """The parts of an argument that is unpacked into some names."""
    args = given.hint.args
    if given.hint.name == "builtins.tuple" and len(args) == count and "..." not in {arg.name for arg in args}:
        return tuple(Given(given.parameter, arg, part=True) for arg in args)
    return (element(given),) * count
