"""A branch on a step's result in a pipeline: which one is taken, and when?"""

from zenml import pipeline, step


@step
def is_good() -> bool:
    return False


@step
def deploy() -> str:
    print("deployed")
    return "deployed"


@pipeline(enable_cache=False)
def truth() -> None:
    if is_good():
        deploy()


if __name__ == "__main__":
    run = truth()
    print("steps:", sorted(run.steps) if run else "none")
