"""A page of Markdown as things to do, and texts of two runs made comparable.

What follows ``` says what a block is:

    python           run, in one namespace for the whole page
    python ray       the same, on the Ray of the tests
    python FILE      a file of the reader's, saved in the page's folder
    text             right after a `python` block: what it prints
    toml|json FILE   saved
    console          `$ command` lines, each followed by what it prints
    console fails    the same, with an exit code other than 0
    console ray      the same, on a Ray that it starts: lines may come in another order
    console s3       the same, with an S3 server in the environment that has a bucket `models`

Anything else is for reading. In expected output `…` stands for any text, and alone on a line for any lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOISE = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    # What a slow machine says besides.
    (re.compile(r"^ +`[^`\n]+` waits for [^\n]*\n", re.MULTILINE), ""),
    (re.compile(r"(?:(?<=\brun )|(?<=\bshow )|(?<=\blogs )|^)[a-hjkmnp-z2-9]{10}\b", re.MULTILINE), "<run>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"), "<date>"),
    (re.compile(r"(?:<|\b)\d+(?:\.\d+)? (?:µs|ms|s|min)\b"), "<time>"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "<digest>"),
    (re.compile(r"\b3\.\d+\.\d+\b"), "<python>"),
    (re.compile(r"engine +(?:ray|inline)\b"), "engine <engine>"),
    (re.compile(r"[ \t]+"), " "),
)
_PLACE = re.compile(r"\d+/(?=\d+$)")


@frozen
class Block:
    """A fenced block: its language, the words after it, its text, and the line of the page it starts at."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int
    follows: bool
    """Whether nothing but an empty line is between this block and the one before."""

    @property
    def file(self) -> str | None:
        """The file that this block is saved as."""
        return next((word for word in self.words if "." in word), None)


@frozen
class Command:
    """A command of a console block and what it is said to print."""

    line: str
    output: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        follows = bool(found) and not text[end : match.start()].strip()
        found.append(Block(match[1], tuple(match[2].split()), match[3], line, follows))
        end = match.end()
    return found


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block; a `\\` at a line's end goes on in the next."""
    joined = block.text.replace("\\\n", "")
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield Command(line, output)


def comparable(text: str) -> str:
    """Without what differs from run to run: ids, times, digests, widths of columns."""
    for pattern, replacement in _NOISE:
        text = pattern.sub(replacement, text)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def agrees(expected: str, actual: str) -> bool:
    """Whether what was printed is what the page shows.

    >>> agrees("run abcdefgh23 ok in 3 ms", "run zzzzzzzz99 ok in 17 s"), agrees("a\\n…\\nd", "a\\nb\\nc\\nd")
    (True, True)
    """
    pattern = ""
    for line in comparable(expected).splitlines():
        pattern += r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
    return re.fullmatch(pattern, comparable(actual) + "\n" if actual.strip() else "") is not None


def in_order(text: str) -> str:
    """The lines sorted, for output whose order is not fixed; nor is it which element of a map ends as which.

    >>> in_order("ran f[1] 2 ms f 1/2\\nran f[0] 1 ms f 2/2") == in_order("ran f[0] 1 ms f 1/2\\nran f[1] 2 ms f 2/2")
    True
    """
    return "\n".join(sorted(_PLACE.sub("/", line) for line in comparable(text).splitlines()))
