"""Save the fixed values of every case in the store named on the command line, and print their digests."""

from __future__ import annotations

import json
import sys

from tests.artifacts.families.table import CASES
from zenflow.artifacts.saving import save
from zenflow.artifacts.store import open_store


def main(where: str) -> None:
    store = open_store(where)
    found = {case.name: [save(case.make(v), case.hint, store).digest for v in case.fixed()] for case in CASES}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
