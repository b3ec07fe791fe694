"""The digest of a code object: what a function does, whatever became of the file it was read from."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import Final

from blake3 import blake3

from zenflow.keys.encoding import encode
from zenflow.keys.frames import count, frame

# Generator, coroutine, *args and so on. The higher bits say which __future__ the module, or an earlier cell, imported.
_KINDS: Final = 0x3FF
_GLOBAL_LOADS: Final = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")


@lru_cache(maxsize=4096)
def code_digest(code: CodeType) -> bytes:
    """BLAKE3 of a code object's instructions, constants and names, nested code included; positions do not count."""
    parts = [
        frame(code.co_code),
        frame(code.co_exceptiontable),
        encode((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)),
        encode((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & _KINDS)),
        count(len(code.co_consts)),
        *(_constant(constant) for constant in code.co_consts),
    ]
    return blake3(b"".join(parts)).digest()


def _constant(constant: object) -> bytes:
    return b"C" + code_digest(constant) if isinstance(constant, CodeType) else b"V" + encode(constant)


def nested(code: CodeType) -> Iterator[CodeType]:
    """A code object and all code inside it."""
    stack = [code]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(constant for constant in top.co_consts if isinstance(constant, CodeType))


@lru_cache(maxsize=4096)
def global_names(code: CodeType) -> frozenset[str]:
    """Names that a code object or code inside it may look up in its module.

    Attribute names are among them; whoever asks has the syntax tree to tell which of them stand alone.
    """
    found: set[str] = set()
    for part in nested(code):
        found.update(set(part.co_names) - {*part.co_varnames, *part.co_cellvars, *part.co_freevars})
    return frozenset(found)


@lru_cache(maxsize=4096)
def loads_global(code: CodeType, name: str) -> bool:
    """Whether a code object, or code inside it, really looks `name` up in its module rather than in a class body."""
    for part in nested(code):
        instructions = list(dis.get_instructions(part))
        stored = {step.argval for step in instructions if step.opname == "STORE_NAME"}
        for step in instructions:
            if step.argval == name and step.opname in _GLOBAL_LOADS and name not in stored:
                return True
    return False


@lru_cache(maxsize=4096)
def local_imports(code: CodeType) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """The import statements in a code object: level, module, imported names."""
    statements: list[tuple[int, str, tuple[str, ...]]] = []
    for part in nested(code):
        constants: list[object] = [None, None]
        for step in dis.get_instructions(part):
            if step.opname == "IMPORT_NAME":
                level, names = constants[-2:]
                taken = tuple(map(str, names)) if isinstance(names, tuple) else ()
                statements.append((level if isinstance(level, int) else 0, str(step.argval), taken))
            constants.append(step.argval)
    return tuple(statements)
