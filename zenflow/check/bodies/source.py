"""The source of one file, as text and as a tree, and what is known of the module it became."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from zenflow.graph.site import Span


@frozen(eq=False)
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

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg) -> Span:
        """Where a node stands, in characters."""
        lines = self.text.splitlines(keepends=True)
        end_line = node.end_lineno or node.lineno
        start = _characters(lines, node.lineno, node.col_offset)
        end = _characters(lines, end_line, node.end_col_offset or node.col_offset)
        return Span(self.file, node.lineno, start + 1, end_line, end + 1)


def _characters(lines: list[str], line: int, offset: int) -> int:
    return len(lines[line - 1].encode()[:offset].decode(errors="replace")) if 0 < line <= len(lines) else offset
