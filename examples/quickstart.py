"""A first pipeline, with nothing but the standard library: which words does a text use most?

    zenflow run examples/quickstart.py
    zenflow run examples/quickstart.py --top 3
    python examples/quickstart.py

Run it twice: the second time every step is cached. Change `--top` and only `most_common` runs again.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from zenflow import Artifact, pipeline, run, step

TEXT = Path(__file__).parents[1] / "LICENSE"


@step
def read_words(path: Path) -> list[str]:
    """The words of a text, in lower case, without punctuation."""
    words = (word.strip('.,;:"()[]-').lower() for word in path.read_text(encoding="utf-8").split())
    return [word for word in words if word]


@step
def count(words: list[str], *, shortest: int) -> dict[str, int]:
    """How often each word of at least `shortest` letters occurs."""
    return dict(Counter(word for word in words if len(word) >= shortest))


@step
def most_common(counts: dict[str, int], *, top: int) -> list[tuple[str, int]]:
    """The `top` words that occur most, and how often they do."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]


@pipeline
def words(path: Path = TEXT, *, shortest: int = 6, top: int = 5) -> Artifact[list[tuple[str, int]]]:
    """Which words does a text use most?

    Args:
        path: The text, a file in UTF-8.
        shortest: Words with fewer letters are left out.
        top: How many words to show.
    """
    return most_common(count(read_words(path), shortest=shortest), top=top)


if __name__ == "__main__":
    for word, occurrences in run(words()).output:
        print(f"{occurrences:4} {word}")
