"""The source of one file, as text and as a tree, and what is known of the module it became."""

from __future__ import annotations

import ast
import io
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from attrs import field, frozen

from zenflow.graph.site import Span


@frozen(eq=False, slots=False)
class Source:
    """One file of Python source.

    Attributes:
        file: The absolute path, as diagnostics name it.
        text: The whole text.
        tree: The parsed module.
        namespace: The globals of the module it became where it was imported, else empty. With them a name that was
            imported from elsewhere can be told to be a step.
    """

    file: str
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)
    namespace: Mapping[str, object] = field(factory=dict, repr=False)

    @classmethod
    def of(cls, file: str, text: str, namespace: Mapping[str, object] | None = None) -> Source:
        """Parse a text.

        Raises:
            SyntaxError, ValueError, RecursionError: It is no Python that this interpreter can read.
        """
        return cls(file, text, ast.parse(text), namespace or {})

    @classmethod
    def read(cls, file: Path, namespace: Mapping[str, object] | None = None) -> Source:
        """Read and parse a file; raises what `of` does, and OSError and UnicodeDecodeError."""
        import tokenize

        with tokenize.open(file) as opened:
            return cls.of(str(file.resolve()), opened.read(), namespace)

    def span(self, node: ast.AST) -> Span:
        """Where a node that has a position stands, in characters."""
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line, end_offset = getattr(node, "end_lineno", None) or line, getattr(node, "end_col_offset", None)
        start = _characters(self.lines, line, offset)
        end = _characters(self.lines, end_line, offset if end_offset is None else end_offset)
        return Span(self.file, line, start + 1, end_line, end + 1)

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines of the text, as Python counts them."""
        return io.StringIO(self.text).readlines()


def _characters(lines: Sequence[str], line: int, offset: int) -> int:
    return len(lines[line - 1].encode()[:offset].decode(errors="replace")) if 0 < line <= len(lines) else offset
