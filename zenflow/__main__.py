"""`python -m zenflow`."""

from __future__ import annotations

import sys

from zenflow.cli import main

if __name__ == "__main__":
    sys.exit(main())
