"""What users of any type checker see: the whole language, without a complaint; see `test_plugin` for what mypy adds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from typing_tests import baseline, parameters

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(str(file) for file in (ROOT / "typing_tests").glob("*.py"))
BIN = Path(sys.executable).parent

CHECKERS = {
    "mypy": ["--strict", "--no-incremental"],
    "pyright": ["--pythonpath", sys.executable],
    "ty": ["check", "--error-on-warning", "--python", sys.executable],
    "pyrefly": ["check", "--preset", "strict", "--python-interpreter-path", sys.executable],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_checker_accepts_the_whole_language(checker: str) -> None:
    command = [str(BIN / checker), *CHECKERS[checker], *PROGRAMS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("checker", CHECKERS)
def test_checker_sees_names_arity_and_literals(checker: str, tmp_path: Path) -> None:
    """The baseline passes because the checkers understand it, not because everything is Any."""
    mistakes = [
        "load('x')",
        "train(load(Path('x')), dept=2)",
        "train(load(Path('x')), depth='deep')",
        "train()",
        "halve(load(Path('x')), 0.5)",
        "training(Path('x'))",
    ]
    program = tmp_path / "mistakes.py"
    lines = ["from pathlib import Path", "from typing_tests.baseline import halve, load, train, training", *mistakes]
    program.write_text("\n".join(lines) + "\n")
    command = [str(BIN / checker), *CHECKERS[checker], str(program)]
    if checker == "ty":
        command[2:2] = ["--project", str(ROOT)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = done.stdout + done.stderr
    missed = [text for number, text in enumerate(mistakes, start=3) if f"mistakes.py:{number}:" not in found]
    assert missed == [], found


@pytest.mark.usefixtures("local_ray")
def test_baseline_runs_too(project: Path) -> None:
    text = project / "data.txt"
    text.write_text("one\nthree\nfive\neleven\n")
    baseline.main(text)
    parameters.main()
