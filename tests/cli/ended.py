"""What a command line came to, in this process or in one of its own."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen


@frozen
class Ended:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)
