"""Three tiny ops, for the time of a whole process. In process, with a temporary instance: Dagster's quickest way."""

import dagster as dg


@dg.op
def one() -> int:
    return 1


@dg.op
def double(x: int) -> int:
    return 2 * x


@dg.op
def add(x: int, y: int) -> int:
    return x + y


@dg.job
def tiny() -> None:
    x = one()
    add(x, double(x))


if __name__ == "__main__":
    with dg.DagsterInstance.get() as instance:
        tiny.execute_in_process(instance=instance)
