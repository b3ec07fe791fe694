"""Words on the terminal: what is data, what is for the eye, and when there is colour."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TextIO

import typer

Colour = Literal["red", "green", "yellow", "blue", "cyan", "bright_black"]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_STATUS: dict[str, Colour] = {
    "ok": "green",
    "ran": "green",
    "run": "yellow",
    "cached": "cyan",
    "failed": "red",
    "cancelled": "yellow",
    "interrupted": "yellow",
    "running": "blue",
    "depends": "bright_black",
    "skipped": "bright_black",
    "pending": "bright_black",
}


def say(text: str = "") -> None:
    """A line for whoever watches: to stderr."""
    typer.echo(text, err=True)


def data(text: str = "") -> None:
    """A line of what was asked for: to stdout."""
    typer.echo(text)


def coloured(text: str, colour: Colour | None = None, *, bold: bool = False) -> str:
    """The text in a colour, unless NO_COLOR is set. Whoever writes to a pipe or a file strips colours again."""
    if _is_plain():
        return text
    return typer.style(text, fg=colour, bold=bold or None)


def has_colour(stream: TextIO | None) -> bool:
    """Whether colours are to be seen on a stream; one that the caller has closed is None."""
    return stream is not None and stream.isatty() and not _is_plain()


def _is_plain() -> bool:
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def status_word(status: str) -> str:
    """A status in its colour."""
    return coloured(status, _STATUS.get(status))


def is_terminal() -> bool:
    """Whether someone watches stderr on a terminal that can be drawn on."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def show_cursor() -> None:
    """Bring the cursor back, which a live view hides, where there is no time to end the view."""
    if is_terminal():
        sys.stderr.write("\x1b[?25h")
        sys.stderr.flush()


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, indent: str = "") -> str:
    """Columns, aligned; the last one as wide as it likes. Headers that are all empty are left out."""
    lines = [list(headers), *map(list, rows)] if any(headers) else list(map(list, rows))
    if not lines:
        return ""
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    text = [
        indent + "  ".join(_padded(cell, w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    if any(headers):
        text[0] = coloured(text[0], bold=True)
    return "\n".join(text)


def _width(text: str) -> int:
    return len(_COLOURS.sub("", text))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def seconds(value: float | None) -> str:
    """A length of time.

    >>> seconds(0.0421), seconds(75), seconds(7260), seconds(None)
    ('42 ms', '1 m 15 s', '2 h 1 m', '')
    """
    if value is None:
        return ""
    if value < 0.001:
        return "<1 ms"
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.2f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} m" if hours else f"{minutes} m {rest} s"


def size(value: int) -> str:
    """A number of bytes.

    >>> size(999), size(2048), size(3 * 1024**3)
    ('999 B', '2.0 KiB', '3.0 GiB')
    """
    if value < 1024:
        return f"{value} B"
    number = float(value)
    for unit in ("KiB", "MiB", "GiB"):
        number /= 1024
        if number < 1024:
            return f"{number:.1f} {unit}"
    return f"{number / 1024:.1f} TiB"


def moment(value: float | None) -> str:
    """A time since the epoch, in local time."""
    return "" if value is None else f"{datetime.fromtimestamp(value):%Y-%m-%d %H:%M:%S}"
