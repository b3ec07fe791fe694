"""Time whole processes of the same tiny pipeline under several tools, in turns on one machine.

    python timing.py zenflow=.venv/bin/python zenml=/venvs/zenml/bin/python metaflow=/venvs/metaflow/bin/python

Every tool's `tiny.py` runs in a folder of its own, `ROUNDS + 1` times: the first run sets up whatever a tool sets up
and does not count. ZenFlow runs three ways: all cached, nothing cached inline, nothing cached on a Ray it starts.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
HERE = Path(__file__).parent
QUIET = {
    "ZENML_ANALYTICS_OPT_IN": "false",
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DO_NOT_TRACK": "1",
    "USERNAME": "someone",
}


def environment(folder: Path) -> dict[str, str]:
    """Whatever a tool keeps, it keeps in this folder."""
    homes = ("ZENML_CONFIG_PATH", "DAGSTER_HOME", "METAFLOW_DATASTORE_SYSROOT_LOCAL", "PREFECT_HOME", "ZENFLOW_HOME")
    for home in homes:
        (folder / home.lower()).mkdir(exist_ok=True)
    return os.environ | QUIET | {home: str(folder / home.lower()) for home in homes}


def ways(tool: str) -> dict[str, tuple[list[str], bool]]:
    """The command lines to time, and whether what was kept is thrown away before each."""
    if tool == "metaflow":
        return {"again": (["tiny.py", "run"], False)}
    if tool != "zenflow":
        return {"again": (["tiny.py"], False)}
    inline = ["-c", "from tiny import tiny; from zenflow import run; run(tiny(), engine='inline')"]
    return {"again": (["tiny.py"], False), "new, inline": (inline, True), "new, starts Ray": (["tiny.py"], True)}


def seconds(python: str, arguments: list[str], folder: Path) -> float:
    start = time.perf_counter()
    subprocess.run([python, *arguments], cwd=folder, env=environment(folder), check=True, capture_output=True)
    return time.perf_counter() - start


def main(tools: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as root:
        work = []
        for tool, python in tools.items():
            for way, (arguments, forget) in ways(tool).items():
                folder = Path(root) / f"{tool}-{way}"
                shutil.copytree(HERE / tool, folder)
                seconds(python, arguments, folder)
                work.append((f"{tool}, {way}", python, arguments, forget, folder))
        times: dict[str, list[float]] = {name: [] for name, *_ in work}
        for _ in range(ROUNDS):
            for name, python, arguments, forget, folder in work:
                if forget:
                    shutil.rmtree(folder / "zenflow_home")
                times[name].append(seconds(python, arguments, folder))
        first = statistics.median(next(iter(times.values())))
        for name, found in times.items():
            middle = statistics.median(found)
            print(f"{name:28} {middle:6.2f} s (from {min(found):.2f} to {max(found):.2f}), {middle / first:5.1f} x")


if __name__ == "__main__":
    main({tool: str(Path(python).absolute()) for tool, _, python in (word.partition("=") for word in sys.argv[1:])})
