"""What the storage suite has done: counted while it runs, told at the end of the session."""

from __future__ import annotations

import os

from attrs import define, field

FULL = not os.environ.get("CI") or os.environ.get("ZENFLOW_FAULTS") == "full"
"""Whether to try all: continuous integration (`CI`) tries a part, unless `ZENFLOW_FAULTS=full` asks for all."""


PROPERTY = "figures of the storage suite"
"""What a test's figures are called among its properties, by which they come to the end of the session."""


@define
class Tally:
    """Lines of figures, in the order they came."""

    lines: list[str] = field(factory=list)

    def tell(self, line: str) -> None:
        """Have a line told at the end."""
        self.lines.append(line)
