"""ZF403: what gives another value each time, in a step whose result is kept."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from zenflow.check.bodies.events import Argument, Body, Called
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.steps import cached_steps_of, notes_of
from zenflow.check.bodies.values import Given
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import source_rule

_PYTHON = (
    *("random", "randint", "randrange", "choice", "choices", "sample", "shuffle", "uniform", "gauss", "triangular"),
    *("normalvariate", "betavariate", "expovariate", "gammavariate", "lognormvariate", "paretovariate"),
    *("vonmisesvariate", "weibullvariate", "getrandbits", "randbytes", "binomialvariate"),
)
_NUMPY = (
    *("rand", "randn", "randint", "random", "random_sample", "ranf", "sample", "choice", "shuffle", "permutation"),
    *("uniform", "normal", "standard_normal", "beta", "binomial", "bytes", "chisquare", "dirichlet", "exponential"),
    *("f", "gamma", "geometric", "gumbel", "hypergeometric", "laplace", "logistic", "lognormal", "logseries"),
    *("multinomial", "multivariate_normal", "negative_binomial", "pareto", "poisson", "power", "rayleigh"),
    *("standard_cauchy", "standard_exponential", "standard_gamma", "standard_t", "triangular", "vonmises", "wald"),
    *("weibull", "zipf", "random_integers"),
)
_TORCH = (
    *("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson"),
    *("rand_like", "randn_like", "randint_like"),
)
_DRAWS: dict[str, str] = {
    **{f"random.{name}": "python" for name in _PYTHON},
    **{f"numpy.random.{name}": "numpy" for name in _NUMPY},
    **{f"torch.{name}": "torch" for name in _TORCH},
}
"""Functions that draw from a generator all share, and whose it is."""

_GENERATORS = (
    *("random.Random", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.SeedSequence"),
    *("numpy.random.PCG64", "numpy.random.MT19937", "numpy.random.Philox", "numpy.random.SFC64"),
)
"""What is seeded by its first argument."""

_SPLITS = {
    "sklearn.model_selection.train_test_split": "always",
    "sklearn.model_selection.ShuffleSplit": "always",
    "sklearn.model_selection.StratifiedShuffleSplit": "always",
    "sklearn.utils.shuffle": "always",
    "sklearn.utils.resample": "always",
    "sklearn.model_selection.KFold": "asked",
    "sklearn.model_selection.StratifiedKFold": "asked",
    "sklearn.model_selection.StratifiedGroupKFold": "asked",
}
"""What is seeded by `random_state`: it draws always (unless shuffle=False), or where shuffle=True asks for it."""

_SEEDS: dict[str, tuple[str, ...]] = {
    "random.seed": ("python",),
    "numpy.random.seed": ("numpy",),
    "torch.manual_seed": ("torch",),
    "torch.random.manual_seed": ("torch",),
    "torch.cuda.manual_seed_all": (),
}
_EVERY = ("python", "numpy", "torch")

_UNIQUE = ("uuid.uuid1", "uuid.uuid4", "os.urandom", "os.getrandom", "random.SystemRandom")
_CLOCK: dict[str, int] = {
    "time.time": 0,
    "time.time_ns": 0,
    "time.localtime": 0,
    "time.gmtime": 0,
    "time.ctime": 0,
    "time.asctime": 0,
    "time.strftime": 1,
    **{f"datetime.datetime.{name}": 1 for name in ("now", "today", "utcnow")},
    "datetime.date.today": 0,
    **{f"pandas.Timestamp.{name}": 1 for name in ("now", "today", "utcnow")},
    "arrow.now": 1,
    "arrow.utcnow": 0,
    "pendulum.now": 1,
    "pendulum.today": 1,
}
"""What reads the clock when it is called with at most so many arguments."""


@source_rule(
    "ZF403",
    "unseeded randomness, the clock or a uuid in a cached step",
    why="""A cached result is taken for what the step would give again. One that was drawn by chance, or depends on when
    it was made, is an accident that is kept, and no other run will get to it.""",
    bad="""
    @step
    def sample(n: int) -> list[float]:
        return [random.random() for _ in range(n)]
    """,
    good="""
    @step
    def sample(n: int, seed: int) -> list[float]:
        draw = random.Random(seed)
        return [draw.random() for _ in range(n)]
    """,
    severity="warning",
)
def results_repeat(source: Source) -> Iterator[Diagnostic]:
    """Calls in cached steps that give another value each time."""
    for body in cached_steps_of(source):
        seeded: set[str] = set()
        for called in body.of(Called):
            seeded.update(_seeded_by(called))
            found = _chance(called, seeded)
            if found is not None and not _measures(called, body):
                what, fix = found
                message = f"step `{body.callee.label}` is cached, but {what}"
                notes = notes_of(body, called)
                yield Diagnostic("ZF403", message, source.span(called.node), help=fix, notes=notes, severity="warning")


def _seeded_by(called: Called) -> tuple[str, ...]:
    """The generators that a call seeds."""
    name = called.name
    if name in _SEEDS:
        return _SEEDS[name] if called.args or called.keywords else ()
    if name in _GENERATORS:
        return ()
    return _EVERY if "seed" in name.rpartition(".")[2].lower() else ()


def _chance(called: Called, seeded: set[str]) -> tuple[str, str] | None:
    """What is left to chance in a call, and how to mend it."""
    name = called.name
    family = _DRAWS.get(name)
    if family is not None and family not in seeded and "generator" not in called.keywords:
        return f"`{name}` draws without a seed", _FIXES[family]
    if name in _GENERATORS and not called.open and _is_none(called.argument(0, "seed", "x", "entropy")):
        return f"`{name}` gets no seed", f"take a seed as an argument: {name.rpartition('.')[2]}(seed)"
    if name in _UNIQUE or name.startswith("secrets."):
        return f"`{name}` gives something new each time", _IDENTITY
    if name in _CLOCK and len(called.args) + len(called.keywords) <= _CLOCK[name]:
        return f"`{name}` reads the clock", _TIME
    if "numpy" not in seeded and not called.open and _shuffles(called):
        what = name or f"{called.method}"
        return f"`{what}` draws without a seed", "pass random_state=seed, with the seed an argument of the step"
    return None


_FIXES = {
    "python": "draw from random.Random(seed), with the seed an argument of the step",
    "numpy": "draw from np.random.default_rng(seed), with the seed an argument of the step",
    "torch": "call torch.manual_seed(seed) first, or pass generator=, with the seed an argument of the step",
}
_IDENTITY = "make it outside, and pass it as an argument; or say @step(cache=False)"
_TIME = "pass the time as an argument; time durations with time.perf_counter(); or say @step(cache=False)"


def _measures(called: Called, body: Body) -> bool:
    """Whether the clock is only asked how long something took, as `time.perf_counter()` would be."""
    if called.name not in ("time.time", "time.time_ns"):
        return False
    return id(called.node) in durations((called.helper or body.function).node)


@lru_cache(maxsize=64)
def durations(function: ast.AST) -> frozenset[int]:
    """The calls in a function that are only subtracted, by themselves or under a name."""
    calls: set[int] = set()
    named: dict[str, list[int]] = {}
    uses: Counter[str] = Counter()
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            calls.update(id(side) for side in (node.left, node.right) if isinstance(side, ast.Call))
            uses.subtract(side.id for side in (node.left, node.right) if isinstance(side, ast.Name))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            uses[node.id] += 1
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for target in node.targets:
                named.setdefault(target.id if isinstance(target, ast.Name) else "", []).append(id(node.value))
    return frozenset(calls.union(*(made for name, made in named.items() if name and not uses[name])))


def _shuffles(called: Called) -> bool:
    if not _is_none(called.keywords.get("random_state")):
        return False
    receiver = called.receiver
    if isinstance(receiver, Given) and receiver.hint.name in ("pandas.DataFrame", "pandas.Series"):
        return called.method == "sample"
    when = _SPLITS.get(called.name)
    shuffle = called.keywords.get("shuffle")
    given = shuffle.node.value if shuffle is not None and isinstance(shuffle.node, ast.Constant) else None
    return bool(when) if given is True else when == "always" and shuffle is None


def _is_none(argument: Argument | None) -> bool:
    return argument is None or (isinstance(argument.node, ast.Constant) and argument.node.value is None)
