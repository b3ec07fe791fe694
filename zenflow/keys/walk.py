"""The walk over all code that a function reaches, and the digest of what it finds.

The code is a rooted graph: functions and classes are its nodes, the names they use each other by its edges. Nodes
are numbered in the order in which a breadth-first walk along the sorted edges meets them, and the digest is taken over
the nodes in that order: own code, then every edge with the number of its target. That is a canonical form of the graph,
so mutual recursion needs no special case, and swapping two helpers that were made by one factory is seen although
the same pieces are reached.
"""

from __future__ import annotations

import builtins
import importlib.util
import logging
import sys
import threading
from collections import deque
from types import BuiltinFunctionType, FunctionType, ModuleType, NoneType
from typing import Final

from blake3 import blake3

from zenflow.errors import Unencodable
from zenflow.keys.distributions import distribution_of
from zenflow.keys.encoding import Encoder
from zenflow.keys.files import file_digest
from zenflow.keys.first_party import Origin, module_file, origin_of, origin_of_module
from zenflow.keys.frames import count, frame, text
from zenflow.keys.names import qualified
from zenflow.keys.resolve import in_module
from zenflow.keys.sources import source_file

_UNKNOWABLE: Final = frozenset(map(id, (builtins.exec, builtins.eval, builtins.globals, builtins.__import__)))
_UNKNOWABLE_NAMES: Final = frozenset(
    {"builtins.exec", "builtins.eval", "builtins.globals", "builtins.__import__", "sys.modules"}
    | {"importlib.import_module", "importlib.__import__", "runpy.run_path", "runpy.run_module"}
)
_LOCKS: Final = (type(threading.Lock()), type(threading.RLock()))


class Walk:
    """One walk. `parts`, `sources` and `problems` grow on the way; see `Closure` for what they mean."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        self.problems: dict[str, None] = {}
        self._numbers: dict[int, int] = {}
        self._queue: deque[FunctionType | type] = deque()
        self._kept: list[object] = []

    def run(self, root: object) -> bytes:
        """Walk everything `root` reaches and return the digest."""
        from zenflow.keys.members import visit

        name = qualified(root)
        hasher = blake3(frame(self.reach(root, name, name)))
        while self._queue:
            hasher.update(frame(visit(self, self._queue.popleft())))
        for part in sorted(part for part in self.parts if part.startswith(("package ", "binary "))):
            hasher.update(text(part) + text(self.parts[part]))
        return hasher.digest()

    def part(self, name: str, digest: bytes) -> None:
        """Note a piece of code; several of one name (closures of one factory) are noted together."""
        known, new = self.parts.get(name), digest.hex()
        self.parts[name] = (
            new if known in (None, new) else blake3("".join(sorted((str(known), new))).encode()).hexdigest()
        )

    def problem(self, sentence: str) -> None:
        """Note why the closure is not complete."""
        self.problems[sentence] = None

    def reach(self, value: object, place: str, owner: str) -> bytes:
        """What stands for a value in the digest of the code that uses it.

        Args:
            value: The function, class, step or value that is used.
            place: The name it is found under, for `parts`.
            owner: The code that uses it, for problems.
        """
        if id(value) in _UNKNOWABLE:
            self.unknowable(qualified(value), owner)
            return b"?"
        if is_step(value):
            return self.reach(value.fn, place, owner)  # type: ignore[attr-defined]
        if isinstance(value, ModuleType):
            return self.module(value, (), owner)
        origin = origin_of(value)
        if isinstance(value, FunctionType | type):
            if origin is Origin.FIRST_PARTY:
                return b"#" + self._number(value)
            return self._external(value, origin, owner)
        if origin is not Origin.FIRST_PARTY and _importable(value):
            return self._external(value, origin, owner)
        if isinstance(value, BuiltinFunctionType) and isinstance(value.__self__, NoneType | ModuleType | type):
            return self._external(value, origin, owner)
        return self._value(value, place, owner)

    def module(self, module: ModuleType, path: tuple[str, ...], owner: str) -> bytes:
        """What stands for a module that is used by an attribute of it (`path`) or, without one, as a value."""
        name, origin = module.__name__, origin_of(module)
        if path and f"{name}.{path[0]}" in _UNKNOWABLE_NAMES:
            self.unknowable(f"{name}.{path[0]}", owner)
        if origin is Origin.FIRST_PARTY:
            self.problem(
                f"{owner} uses the module `{name}` as a value, so what it takes from it can not be known; "
                f"name it instead: `{name.rpartition('.')[2]}.something`"
            )
        return self.outside(name, origin, owner)

    def outside(self, name: str, origin: Origin, owner: str) -> bytes:
        """What stands for a module by its name; a package's version is noted."""
        if origin is Origin.PACKAGE:
            self._package(name, owner)
        return b"m" + text(name)

    def unknowable(self, name: str, owner: str) -> None:
        """Note the use of something that runs or finds code by name at run time."""
        self.problem(f"{owner} uses `{name}`, so which code it runs can not be known before it does")

    def _number(self, thing: FunctionType | type) -> bytes:
        number = self._numbers.get(id(thing))
        if number is None:
            number = self._numbers[id(thing)] = len(self._numbers)
            self._queue.append(thing)
            self._kept.append(thing)
        return count(number)

    def _external(self, value: object, origin: Origin, owner: str) -> bytes:
        name = qualified(value)
        module = str(getattr(value, "__module__", "") or "")
        if isinstance(value, FunctionType) and not _importable(value):
            module = str(value.__globals__.get("__name__", ""))
        if origin is Origin.PACKAGE:
            self._package(module, owner)
        if origin is Origin.FIRST_PARTY:
            self._binary(module, owner)
        token = b"x" + text(name)
        if isinstance(value, FunctionType) and not _importable(value):
            token += self._made(value, name, owner)
        return token

    def _made(self, function: FunctionType, name: str, owner: str) -> bytes:
        # A function that foreign code made: a decorator's wrapper, or a closure over what it was given.
        registry = getattr(function, "registry", None)
        if registry is not None and hasattr(function, "dispatch"):
            return self.reach(dict(registry), f"{name} registry", owner)
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is not None:
            return self.reach(wrapped, f"{name} wrapped", owner)
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        return b"".join(text(free) + self.cell(cell, f"{name} closure {free}", owner) for free, cell in cells)

    def cell(self, cell: object, place: str, owner: str) -> bytes:
        """What stands for a closure cell: its value, or that it has none yet."""
        try:
            content = cell.cell_contents  # type: ignore[attr-defined]
        except ValueError:
            return b"empty"
        return self.reach(content, place, owner)

    def _value(self, value: object, place: str, owner: str) -> bytes:
        held: list[object] = []

        def code(thing: object) -> bytes:
            held.append(thing)
            return self.reach(thing, qualified(thing), owner)

        try:
            encoded = Encoder(code=code).top(value)
            shown = Encoder(code=lambda thing: qualified(thing).encode()).top(value) if held else encoded
        except Unencodable as error:
            token = self._special(value, place, owner)
            if token is None:
                reason = error.message.partition(": ")[2]
                self.problem(f"{owner} uses `{place}`, whose value can not be hashed: {reason}")
            return token or b"?"
        if not place.startswith("builtins."):
            self.part(place, blake3(shown).digest())
        return b"v" + frame(encoded)

    def _special(self, value: object, place: str, owner: str) -> bytes | None:
        # Values that have no encoding, but whose meaning is fixed by something that can be named.
        if type(value) is object or isinstance(value, _LOCKS):
            return b"o" + text(type(value).__name__)
        if isinstance(value, logging.Logger):
            return b"L" + text(value.name)
        wrapped = getattr(value, "__wrapped__", None)
        if wrapped is not None:
            kind = self.reach(type(value), qualified(type(value)), owner)
            return b"w" + kind + self.reach(wrapped, f"{place} wrapped", owner)
        return self._taken_from_package(value, place, owner)

    def _taken_from_package(self, value: object, place: str, owner: str) -> bytes | None:
        # `from loguru import logger`: the object is the package's own, so the package's version stands for it.
        home, _, name = place.rpartition(".")
        file = source_file(str(getattr(sys.modules.get(home), "__file__", None) or ""))
        statement = file.imports.get(name) if file else None
        if statement is None or statement.name is None or statement.level:
            return None
        module = sys.modules.get(statement.module)
        if module is None or getattr(module, statement.name, None) is not value:
            return None
        origin = origin_of(module)
        if origin is Origin.FIRST_PARTY:
            found = in_module(vars(module), statement.name, ())
            return self._taken_from_package(value, getattr(found, "place", ""), owner)
        return self.outside(statement.module, origin, owner) + text(statement.name)

    def _package(self, module: str, owner: str) -> None:
        top = module.partition(".")[0]
        found = _distribution(module) or _distribution(top)
        if found is None:
            self.problem(f"{owner} uses the installed package `{top}`, whose version is recorded nowhere")
        else:
            self.parts[f"package {found[0]}"] = found[1]

    def _binary(self, module: str, owner: str) -> None:
        file = getattr(sys.modules.get(module), "__file__", None)
        if file is None:
            self.problem(f"{owner} uses `{module}`, which has neither source nor file")
        else:
            self.parts[f"binary {module}"] = file_digest(file).hex()


def is_step(value: object) -> bool:
    """Whether a value is a step or pipeline of ours: it enters by the function it was made from."""
    return type(value).__module__.startswith("zenflow.") and callable(getattr(value, "fn", None))


def _importable(value: object) -> bool:
    """Whether a module of its own holds the value under its own name."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or origin_of_module(module) is Origin.FIRST_PARTY:
        return False
    found: object = sys.modules.get(module)
    for step in name.split("."):
        found = getattr(found, step, None)
    return found is value


def _distribution(module: str) -> tuple[str, str] | None:
    loaded = sys.modules.get(module)
    file = module_file(loaded) if loaded is not None else None
    if file is None:
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            return None
        file = spec.origin if spec is not None and spec.has_location else None
    return distribution_of(file) if file else None
