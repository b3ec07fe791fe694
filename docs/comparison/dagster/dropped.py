"""An op whose result nothing uses. Is anything said?"""

import dagster as dg


@dg.op
def cleaned() -> int:
    return 1


@dg.op
def trained() -> int:
    return 2


@dg.job
def dropped() -> None:
    cleaned()
    trained()


if __name__ == "__main__":
    result = dropped.execute_in_process()
    print("success:", result.success, sorted({e.step_key for e in result.all_events if e.step_key}))
