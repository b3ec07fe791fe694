"""What the tests run in other processes: drivers that write to one database."""

import sys
from multiprocessing.synchronize import Barrier

from tests.metadata import made
from zenflow.metadata.database import Database


def write_steps(url: str, driver: int, commits: int, together: Barrier) -> None:
    """Commit one run of `commits` steps with their contents, cache entries and versions, a commit for each."""
    together.wait()
    with Database.open(url) as database:
        run = f"run-{driver}"
        database.commit([made.run(run, "running", started=float(driver))])
        for i in range(commits):
            content = made.content(f"{driver} {i}".encode())
            step = made.execution(run, f"step_{i}", outputs=(content.digest,))
            entry = made.entry(f"{driver} {i}", content.digest)
            database.commit([step, content, entry, made.version("forest", f"{driver} {i}")])
        database.commit([made.run(run, started=float(driver))])


def write_until_killed(url: str) -> None:
    """Commit steps of one run without end, and print the number of each one once it is acknowledged."""
    with Database.open(url) as database:
        i = 0
        while True:
            content = made.content(str(i).encode())
            database.commit([made.execution("run", f"step_{i}", outputs=(content.digest,)), content])
            sys.stdout.write(f"{i}\n")
            sys.stdout.flush()
            i += 1
