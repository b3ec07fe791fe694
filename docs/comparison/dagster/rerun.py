"""The same job with the same code and inputs, twice. Is anything reused?"""

import dagster as dg


@dg.op
def slow() -> int:
    print("slow ran")
    return 1


@dg.job
def rerun() -> None:
    slow()


if __name__ == "__main__":
    with dg.DagsterInstance.local_temp() as instance:
        rerun.execute_in_process(instance=instance)
        rerun.execute_in_process(instance=instance)
