"""A cached step calls a helper in another module. The helper changes; is the step run again?

python stale_helper.py 1; python stale_helper.py 2
"""

import sys
from pathlib import Path

rate = sys.argv[1] if len(sys.argv) > 1 else "1"
Path(__file__).with_name("rates.py").write_text(f"def rate() -> int:\n    return {rate}\n")

from rates import rate as current_rate  # noqa: E402
from zenml import pipeline, step  # noqa: E402


@step(enable_cache=True)
def price() -> int:
    return 100 * current_rate()


@pipeline(enable_cache=True)
def stale_helper() -> None:
    price()


if __name__ == "__main__":
    run = stale_helper()
    assert run is not None
    made = run.steps["price"]
    print(f"rate() is {current_rate()}; price() -> {made.output.load()}, {made.status.value}")
