"""A cached task calls a helper in another module. The helper changes; is the task run again?

python stale_helper.py 1; python stale_helper.py 2
"""

import sys
from pathlib import Path

rate = sys.argv[1] if len(sys.argv) > 1 else "1"
Path(__file__).with_name("rates.py").write_text(f"def rate() -> int:\n    return {rate}\n")

from prefect import flow, task  # noqa: E402
from prefect.cache_policies import INPUTS, TASK_SOURCE  # noqa: E402
from rates import rate as current_rate  # noqa: E402


@task(cache_policy=INPUTS + TASK_SOURCE, persist_result=True)
def price() -> int:
    print("price ran")
    return 100 * current_rate()


@flow
def stale_helper() -> None:
    state = price(return_state=True)
    print(f"rate() is {current_rate()}; price() -> {state.result()}, {state.name}")


if __name__ == "__main__":
    stale_helper()
