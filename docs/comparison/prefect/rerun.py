"""The same flow twice with the options it comes with, in two processes. Is anything reused?"""

from prefect import flow, task


@task
def slow(x: int) -> int:
    print("slow ran")
    return x


@flow
def rerun() -> None:
    slow(1)


if __name__ == "__main__":
    rerun()
