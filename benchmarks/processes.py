"""Whole processes: importing, helping, the quickstart from nothing, and the quickstart once more.

The quickstart is the one of `examples/`, copied into a new folder and run as users do: `zenflow run`, no
engine named.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measured import Case, Measured, Scale, in_turns, scratch, seconds

ROOT = Path(__file__).parents[1]
ZENFLOW = str(Path(sys.executable).parent / "zenflow")
FLOW = "examples/quickstart.py"


def importing(scale: Scale) -> Iterator[Measured]:
    """What users pay for the import alone."""
    ours, theirs = in_turns(scale.turns(9), lambda: _python("import zenflow"), lambda: _python("pass"))
    yield Measured("import zenflow", ours, "python -c pass", theirs, 5.0)


def helping(scale: Scale) -> Iterator[Measured]:
    """The command line's shortest way."""
    (ours,) = in_turns(scale.turns(9), lambda: _process([ZENFLOW, "--help"]))
    yield Measured("zenflow --help", ours, "0.25 s", (0.25,), 1.0)


def first_run(scale: Scale) -> Iterator[Measured]:
    """From nothing: no project folder, no database, no Ray, no duration known."""

    def ours() -> float:
        with scratch() as folder:
            return _process([ZENFLOW, "run", FLOW], _project(folder))

    first, raw = in_turns(scale.turns(3), ours, lambda: _python(_ONE_TASK))
    yield Measured("first run of the quickstart, process", first, "ray.init() and one task, process", raw)


_ONE_TASK = "import ray; ray.init(); ray.get(ray.remote(lambda: 1).remote())"


def later_runs(scale: Scale) -> Iterator[Measured]:
    """The quickstart after a first run: once nothing has changed, and once a step was edited."""
    with scratch() as folder:
        project, turn = _project(folder), 0
        _process([ZENFLOW, "run", FLOW], project)

        def unchanged() -> float:
            return _process([ZENFLOW, "run", FLOW], project)

        def edited() -> float:
            nonlocal turn
            turn += 1
            _edit(project, turn)
            return _process([ZENFLOW, "run", FLOW], project)

        turns = scale.turns(7)
        changed, libraries = in_turns(turns, edited, lambda: _python("import sqlalchemy, networkx, typer"))
        _expect(project, {"read_words": "cached", "count": "ran", "most_common": "ran"})
        (same,) = in_turns(turns, unchanged)
        _expect(project, {"read_words": "cached", "count": "cached", "most_common": "cached"})
    yield Measured("quickstart, a step edited, process", changed, "import of 3 libraries, process", libraries, 1.5)
    yield Measured("quickstart, all cached, process", same, "0.6 s", (0.6,), 1.0)


def _edit(project: Path, turn: int) -> None:
    """Change what `count` does, so that it and the step after it run, and the one before does not."""
    before = (ROOT / FLOW).read_text()
    after = before.replace("len(word) >= shortest)", f"len(word) >= shortest + {turn})")
    assert after != before
    (project / FLOW).write_text(after)


def _expect(project: Path, statuses: dict[str, str]) -> None:
    shown = subprocess.run(
        [ZENFLOW, "show", "@latest", "--json"], cwd=project, capture_output=True, text=True, check=True
    )
    found = {step["name"]: step["status"] for step in json.loads(shown.stdout)["steps"]}
    assert found == statuses, found


def _project(folder: Path) -> Path:
    (folder / "examples").mkdir()
    shutil.copy(ROOT / FLOW, folder / FLOW)
    shutil.copy(ROOT / "LICENSE", folder)  # what the quickstart reads
    return folder


def _python(code: str) -> float:
    return _process([sys.executable, "-c", code])


def _process(command: list[str], folder: Path | None = None) -> float:
    return seconds(lambda: subprocess.run(command, cwd=folder, capture_output=True, check=True))


CASES = (
    Case("process-import", "import zenflow, a whole process", importing),
    Case("process-help", "zenflow --help, a whole process", helping),
    Case("process-first", "the quickstart from nothing, beside ray.init() and one task", first_run),
    Case("process-later", "the quickstart once more: a step edited, then nothing changed", later_runs),
)
