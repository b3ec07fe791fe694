"""Three tiny tasks, for the time of a whole process."""

from prefect import flow, task


@task
def one() -> int:
    return 1


@task
def double(x: int) -> int:
    return 2 * x


@task
def add(x: int, y: int) -> int:
    return x + y


@flow
def tiny() -> int:
    x = one()
    return add(x, double(x))


if __name__ == "__main__":
    tiny()
