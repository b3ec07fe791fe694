"""A branch on a step's result in a pipeline: which one is taken, and when?"""

from zenflow import Artifact, pipeline, run, step


@step
def is_good() -> bool:
    return False


@step
def deploy() -> str:
    return "deployed"


@step
def wait() -> str:
    return "waiting"


@pipeline
def truth() -> Artifact[str]:
    if is_good():
        return deploy()
    return wait()


if __name__ == "__main__":
    run(truth(), engine="inline")
