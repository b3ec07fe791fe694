"""A task that returns an int feeds one that takes a str. Run it, and `mypy --strict` it."""

from prefect import flow, task


@task
def number() -> int:
    return 3


@task
def shout(text: str) -> str:
    print("shout got", type(text).__name__, repr(text))
    return text


@flow
def called_directly() -> None:
    shout(number())


@flow
def submitted() -> None:
    shout.submit(number.submit()).wait()


if __name__ == "__main__":
    called_directly()
    submitted()
