"""`# zenflow: ignore[ZF201]`: a comment that silences findings of a code on its line, and is told when it does not.

A finding is silenced by a comment on the line that it starts or ends on.
"""

from __future__ import annotations

import io
import linecache
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from zenflow.check.diagnostics import Diagnostic
from zenflow.graph.site import Span

_IGNORE = re.compile(r"#\s*zenflow:\s*ignore(?:\[([^\]#]*)\])?")
_CODE = re.compile(r"[^\s,]+")


@frozen
class Suppression:
    """One code of one comment. `code` is empty where the comment names none."""

    code: str
    span: Span


def ignored(diagnostic: Diagnostic) -> bool:
    """Whether a line that a finding starts or ends on says `# zenflow: ignore[CODE]`."""
    span = diagnostic.span
    if span is None:
        return False
    lines = {linecache.getline(span.file, line) for line in _lines(span)}
    return any(
        diagnostic.code == found for line in lines for match in _IGNORE.finditer(line) for found in _named(match)
    )


def suppressions(file: str, text: str) -> tuple[Suppression, ...]:
    """Every code that a comment of a file silences; text in strings is no comment."""
    if "zenflow:" not in text:
        return ()
    return tuple(_found(file, text))


def silence(
    found: Iterable[Diagnostic], comments: Iterable[Suppression], *, tested: Callable[[Suppression], bool]
) -> list[Diagnostic]:
    """The findings that no comment silences, and one (`ZF002`) for every comment that silences nothing.

    Args:
        found: All findings.
        comments: What comments say, in all files that were checked.
        tested: Whether everything was looked at that a comment could have silenced: if not, nothing is said of it.
    """
    by_line: dict[tuple[str, int, str], list[Suppression]] = {}
    comments = list(comments)
    for comment in comments:
        by_line.setdefault((comment.span.file, comment.span.line, comment.code), []).append(comment)
    used: set[Suppression] = set()
    kept = []
    for diagnostic in found:
        span = diagnostic.span
        places = [(span.file, line, diagnostic.code) for line in _lines(span)] if span else []
        silencing = [comment for place in places for comment in by_line.get(place, ())]
        used.update(silencing)
        if not silencing:
            kept.append(diagnostic)
    return kept + [_unused(comment) for comment in comments if comment not in used and tested(comment)]


def _lines(span: Span) -> set[int]:
    return {span.line, span.end_line or span.line}


def _named(match: re.Match[str]) -> list[str]:
    return _CODE.findall(match[1] or "")


def _found(file: str, text: str) -> Iterator[Suppression]:
    for token in _comments(text):
        for match in _IGNORE.finditer(token.string):
            line, start = token.start
            if not _named(match):
                yield Suppression("", Span(file, line, start + match.start() + 1, line, start + match.end() + 1))
            for code in _CODE.finditer(match[1] or ""):
                column = start + match.start(1) + code.start() + 1
                yield Suppression(code[0], Span(file, line, column, line, column + len(code[0])))


def _comments(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token
    except (tokenize.TokenError, SyntaxError):
        return  # what is wrong with the text is a finding of its own


def _unused(comment: Suppression) -> Diagnostic:
    if not comment.code:
        message = "`# zenflow: ignore` names no code, so it silences nothing"
        return Diagnostic("ZF002", message, comment.span, help="name it: # zenflow: ignore[ZF201]", severity="warning")
    message = f"nothing on this line is found to be {comment.code}, so the comment silences nothing"
    return Diagnostic("ZF002", message, comment.span, help="take the comment away", severity="warning")
