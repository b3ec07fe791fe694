"""A task that returns a str feeds one that takes a str, submitted. Right, and `mypy --strict` refuses it."""

from prefect import flow, task


@task
def name() -> str:
    return "ada"


@task
def shout(text: str) -> str:
    return text.upper()


@flow
def right_edge() -> None:
    print(shout.submit(name.submit()).result())


if __name__ == "__main__":
    right_edge()
