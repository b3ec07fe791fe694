"""Lines of mypy's output, taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import evolve, frozen

from zenflow.graph.site import Span

_LINE = re.compile(
    r"(?P<file>.+?)(?::(?P<line>\d+)(?::(?P<column>\d+):(?P<end_line>\d+):(?P<end_column>\d+))?)?: "
    r"(?P<severity>error|note|warning): (?P<text>.*?)(?:  \[(?P<code>[\w-]+)\])?$",
    re.DOTALL,
)


@frozen
class Message:
    """One error of mypy's, with the notes that follow it. Columns of `span` count bytes, as mypy's do."""

    file: str
    span: Span
    text: str
    code: str = ""
    notes: tuple[str, ...] = ()


def parsed(lines: Iterable[str]) -> list[Message]:
    """The errors in some lines.

    >>> parsed(["a.py:3:5:3:9: error: Name 'x' is not defined  [name-defined]", "a.py:3:5:3:9: note: Perhaps y"])
    [Message(file='a.py', span=Span(file='a.py', line=3, column=5, end_line=3, end_column=10), \
text="Name 'x' is not defined", code='name-defined', notes=('Perhaps y',))]
    """
    found: list[Message] = []
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        span = _span(match)
        if match["severity"] == "note":
            if found and found[-1].file == match["file"] and found[-1].span.line == span.line:
                found[-1] = evolve(found[-1], notes=(*found[-1].notes, match["text"].strip()))
            continue
        found.append(Message(match["file"], span, match["text"], match["code"] or ""))
    return found


def _span(match: re.Match[str]) -> Span:
    line = int(match["line"] or 1)
    if match["column"] is None:
        return Span(match["file"], line, 1, line, 1)
    return Span(match["file"], line, int(match["column"]), int(match["end_line"]), int(match["end_column"]) + 1)
