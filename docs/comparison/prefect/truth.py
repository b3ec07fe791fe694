"""A branch on a submitted task's future: which one is taken?"""

from prefect import flow, task


@task
def is_good() -> bool:
    return False


@task
def deploy() -> str:
    print("deployed")
    return "deployed"


@flow
def truth() -> None:
    future = is_good.submit()
    if future:
        deploy.submit().wait()
    future.wait()


if __name__ == "__main__":
    truth()
