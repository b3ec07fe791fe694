"""`zenflow check --watch`: a process that checks again whenever something changes, until it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.check.bad_files import STEP, WRONG
from tests.check.running import start, write

TOLD = "from pathlib import Path\nimport os\nPath(__file__).with_suffix('.pid').write_text(str(os.getpid()))\n"


class Watching:
    """A check that watches. Its streams tell when a round is over: nothing here waits for a time."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.process = start(folder, *words, "--watch", "--no-mypy", "--format", "concise", start_new_session=True)

    def round(self) -> tuple[str, str]:
        """The summary of the next round, and what it said before."""
        assert self.process.stderr is not None
        said: list[str] = []
        for line in self.process.stderr:
            if line.startswith("watching "):
                return said[-1].rstrip("\n"), "".join(said[:-1])
            said.append(line)
        raise AssertionError(f"it ended: {''.join(said)}")

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; gives the exit code and all findings of all rounds."""
        os.kill(self.process.pid, signal.SIGINT)
        out, err = self.process.communicate()
        assert "Traceback" not in err
        return self.process.returncode, out


@pytest.fixture
def watch(project: Path) -> Iterator[list[Watching]]:
    """Whatever a test starts is ended with it."""
    started: list[Watching] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def test_every_change_is_checked_until_it_is_interrupted(project: Path, watch: list[Watching]) -> None:
    write(project, {"flow.py": TOLD + "import helper\n" + STEP + WRONG, "helper.py": "x = 1\n"})
    one = Watching(project)
    watch.append(one)
    assert one.round()[0] == "2 files, 1 pipeline, 1 step: 1 error"

    write(project, {"flow.py": TOLD + "import helper\n" + STEP + WRONG.replace("'a'", "helper.x")})
    assert one.round()[0] == "2 files, 1 pipeline, 1 step: no findings"

    write(project, {"helper.py": "x = 'text'\n"})  # what it is imported by changes with it
    assert one.round()[0] == "2 files, 1 pipeline, 1 step: 1 error"

    write(project, {"new/other.py": STEP + WRONG})
    assert one.round()[0] == "3 files, 2 pipelines, 2 steps: 2 errors"

    Path("new/other.py").unlink()
    assert one.round()[0] == "2 files, 1 pipeline, 1 step: 1 error"

    write(project, {"flow.py": "def f(:\n"})
    assert one.round()[0] == "2 files, 0 pipelines, 0 steps: 1 error"

    write(project, {"pyproject.toml": "[tool.zenflow.check]\nselct = []\n"})  # a mistake that ends any other check
    assert "is no setting" in one.round()[0]

    write(project, {"pyproject.toml": "[tool.zenflow.check]\nignore = ['ZF001']\n"})
    assert one.round()[0] == "2 files, 0 pipelines, 0 steps: no findings"

    code, out = one.interrupt()
    assert code == 130
    assert [line.split("[")[1][:5] for line in out.splitlines()] == ["ZF201"] * 5 + ["ZF001"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("flow.pid").read_text()), 0)


def test_an_interrupt_in_the_middle_of_a_check_leaves_no_process(project: Path, watch: list[Watching]) -> None:
    hang = TOLD + "os.mkfifo('begun') if not Path('begun').exists() else None\nopen('begun', 'w').close()\n"
    os.mkfifo("begun")
    write(project, {"flow.py": hang + "import zenflow, time\ntime.sleep(999)\n" + STEP})
    one = Watching(project, "flow.py")
    watch.append(one)
    with Path("begun").open() as begun:  # opened once the file's code is there
        begun.read()
    assert one.interrupt()[0] == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("flow.pid").read_text()), 0)


def test_a_file_that_is_away_for_a_while_is_waited_for(project: Path, watch: list[Watching]) -> None:
    write(project, {"flow.py": STEP})
    one = Watching(project, "flow.py")
    watch.append(one)
    assert one.round()[0] == "1 file, 0 pipelines, 1 step: no findings"
    Path("flow.py").unlink()
    assert "there is no file or folder `flow.py`" in "".join(one.round())
    write(project, {"flow.py": STEP + WRONG})
    assert one.round()[0] == "1 file, 1 pipeline, 1 step: 1 error"
    assert one.interrupt()[0] == 130


def test_nothing_is_watched_that_is_not_there(project: Path) -> None:
    with start(project, "nowhere.py", "--watch") as process:
        _, err = process.communicate()
    assert process.returncode == 2
    assert isinstance(process, subprocess.Popen)
    assert "error" in err
