"""A step that returns an int feeds one that takes a str. Run it, and `mypy --strict` it."""

from zenml import pipeline, step


@step
def number() -> int:
    return 3


@step
def shout(text: str) -> str:
    print("shout got", type(text).__name__, repr(text))
    return str(text)


@pipeline(enable_cache=False)
def wrong_edge() -> None:
    shout(number())


if __name__ == "__main__":
    run = wrong_edge()
    print("status:", run.status.value if run else "none")
