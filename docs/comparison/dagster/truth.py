"""A branch on an op's result in a job: which one is taken, and when?"""

import dagster as dg


@dg.op
def is_good() -> bool:
    return False


@dg.op
def deploy() -> str:
    return "deployed"


@dg.job
def truth() -> None:
    if is_good():
        deploy()


if __name__ == "__main__":
    result = truth.execute_in_process()
    print("steps:", sorted({event.step_key for event in result.all_events if event.step_key}))
