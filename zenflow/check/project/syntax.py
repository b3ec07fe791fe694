"""Whether a text is Python at all."""

from __future__ import annotations

import ast
import tokenize
import warnings
from pathlib import Path

from zenflow.check.diagnostics import Diagnostic, shown_file
from zenflow.graph.site import Span


def text_of(file: Path) -> str | None:
    """The text of a file, decoded as Python does; None where it has no such text (`syntax_of` tells why)."""
    try:
        with tokenize.open(file) as opened:
            return opened.read()
    except (SyntaxError, UnicodeDecodeError, OSError):
        return None


def syntax_of(source: Path | str, file: str | None = None) -> tuple[Diagnostic, ...]:
    """What is wrong with a file, or a text that goes by a file name, as Python; it is not run."""
    name = str(source.resolve()) if isinstance(source, Path) else (file or "<text>")
    try:
        text = _bytes(source) if isinstance(source, Path) else source
        with warnings.catch_warnings(action="ignore"):  # an invalid escape is no error
            compile(text, name, "exec", dont_inherit=True, flags=ast.PyCF_ONLY_AST)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"{shown_file(name)} can not be read: {reason}"
        return (Diagnostic("ZF001", message, help="check its permissions"),)
    except (SyntaxError, ValueError) as error:  # ValueError: a NUL byte, before Python 3.12
        found = error if isinstance(error, SyntaxError) else SyntaxError(str(error))
        return (syntax_finding(found, shown_file(name)),)
    except (RecursionError, MemoryError):
        return (Diagnostic("ZF001", f"{shown_file(name)} nests deeper than Python can read", help="take it apart"),)
    return ()


def _bytes(source: Path) -> bytes:
    if source.is_dir():
        next(source.iterdir(), None)  # a folder that can not be listed raises why
        return b""
    return source.read_bytes()


def is_text(path: str) -> bool:
    """Whether a path is text; on Linux it may be any bytes, which Python holds as lone surrogates."""
    return path.isascii() or not any("\ud800" <= character <= "\udfff" for character in path)


def is_python(file: Path) -> bool:
    """Whether a file may be a module, as far as can be told without running it; a notebook's cells are judged later."""
    if not is_text(str(file.resolve())):
        return False
    return file.suffix == ".ipynb" or (text_of(file) is not None and not syntax_of(file))


def syntax_finding(error: SyntaxError, shown: str) -> Diagnostic:
    """The finding that stands for text which is no Python."""
    if not error.filename or not error.lineno:
        return Diagnostic("ZF001", f"{shown} is no Python text: {error.msg}", help="save it as Python source in UTF-8")
    line, column = error.lineno, max(error.offset or 1, 1)
    end_line, end = error.end_lineno or line, max(error.end_offset or 0, column + 1)
    span = Span(error.filename, line, column, end_line, end)
    return Diagnostic("ZF001", f"{shown} has a syntax error: {error.msg}", span, help="mend the syntax")
