"""Three tiny steps, for the time of a whole process."""

from zenml import pipeline, step


@step
def one() -> int:
    return 1


@step
def double(x: int) -> int:
    return 2 * x


@step
def add(x: int, y: int) -> int:
    return x + y


@pipeline(enable_cache=True)
def tiny() -> None:
    x = one()
    add(x, double(x))


if __name__ == "__main__":
    tiny()
