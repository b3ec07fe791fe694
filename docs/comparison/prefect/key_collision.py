"""Two different calls: do they share a cache entry?"""

from prefect import flow, task
from prefect.cache_policies import INPUTS


@task(cache_policy=INPUTS, persist_result=True)
def join(a: str, b: str) -> str:
    return f"{a}|{b}"


@flow
def collision() -> None:
    for a, b in (("1b2", ""), ("1", "2b")):
        state = join(a, b, return_state=True)
        print(f"join(a={a!r}, b={b!r}) -> {state.result()!r}, {state.name}")


if __name__ == "__main__":
    collision()
