"""Two different calls: do they share a cache entry?"""

from zenml import pipeline, step


@step(enable_cache=True)
def join(a: str, b: str) -> str:
    return f"{a}|{b}"


@pipeline(enable_cache=True)
def collision(a: str, b: str) -> None:
    join(a, b)


def value(a: str, b: str) -> None:
    run = collision(a, b)
    assert run is not None
    made = run.steps["join"]
    print(f"join(a={a!r}, b={b!r}) -> {made.output.load()!r}, {made.status.value}")


if __name__ == "__main__":
    value("1b2", "")
    value("1", "2b")
