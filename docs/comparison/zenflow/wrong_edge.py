"""A step that returns an int feeds one that takes a str. Run it."""

from zenflow import Artifact, pipeline, run, step


@step
def number() -> int:
    return 3


@step
def shout(text: str) -> str:
    print("shout got", type(text).__name__, repr(text))
    return text


@pipeline
def wrong_edge() -> Artifact[str]:
    return shout(number())


if __name__ == "__main__":
    run(wrong_edge(), engine="inline")
