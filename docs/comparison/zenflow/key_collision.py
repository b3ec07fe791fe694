"""Two different calls: do they share a cache entry?"""

from zenflow import run, step


@step
def join(a: str, b: str) -> str:
    return f"{a}|{b}"


if __name__ == "__main__":
    for a, b in (("1b2", ""), ("1", "2b")):
        made = run(join(a, b), engine="inline")
        print(f"join(a={a!r}, b={b!r}) -> {made.output!r}, {made.steps['join'].status}")
