"""A cached step calls a helper in another module. The helper changes; is the step run again?

python stale_helper.py 1; python stale_helper.py 2
"""

import sys
from pathlib import Path

rate = sys.argv[1] if len(sys.argv) > 1 else "1"
Path(__file__).with_name("rates.py").write_text(f"def rate() -> int:\n    return {rate}\n")

from rates import rate as current_rate  # noqa: E402

from zenflow import run, step  # noqa: E402


@step
def price() -> int:
    return 100 * current_rate()


if __name__ == "__main__":
    made = run(price(), engine="inline")
    found = made.steps["price"]
    print(f"rate() is {current_rate()}; price() -> {made.output}, {found.status}: {found.cache_reason}")
