"""A branch on a task that was called, and one on a submitted task's future: which one is taken?"""

from prefect import flow, task


@task
def is_good() -> bool:
    return False


@task
def deploy() -> str:
    print("deployed")
    return "deployed"


@flow
def called_directly() -> None:
    print("called directly:")
    if is_good():
        deploy()


@flow
def submitted() -> None:
    print("submitted:")
    future = is_good.submit()
    if future:
        deploy.submit().wait()
    future.wait()


if __name__ == "__main__":
    called_directly()
    submitted()
