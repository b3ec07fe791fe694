"""Every snippet and every command of the documentation does what the page says."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.pages import PAGES, REPOSITORY, Block, agrees, blocks, commands, in_order

RUNNABLE = [page for page in PAGES if any(b.language in ("python", "console") for b in blocks(page))]


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder a reader works in, with the data the pages speak of; what a page imports is forgotten after it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    shutil.copy(REPOSITORY / "docs" / "flights.csv", tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


@pytest.mark.parametrize("page", RUNNABLE, ids=[str(page.relative_to(REPOSITORY)) for page in RUNNABLE])
def test_page_does_what_it_says(
    page: Path, reader: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if any(block.language == "python" and "ray" in block.words for block in blocks(page)):
        request.getfixturevalue("local_ray")
    if any("s3" in block.words for block in blocks(page)):
        server = request.getfixturevalue("s3_server")
        server.bucket("models")
        for name, value in (server.environment() | {"ZENFLOW_CACHE": str(reader / "cache")}).items():
            monkeypatch.setenv(name, value)
    namespace = ModuleType(f"page_{page.stem.replace('-', '_').lower()}")
    monkeypatch.setitem(sys.modules, namespace.__name__, namespace)
    printed: str | None = None
    for block in blocks(page):
        where = f"{page.relative_to(REPOSITORY)}:{block.line}"
        if block.file is not None:
            _save(reader, block.file, block.text)
        elif block.language == "python":
            printed = _execute(block, where, namespace, reader)
            continue
        elif block.language == "console":
            _type(block, where, reader)
        elif block.language == "text" and block.follows and printed is not None:
            assert agrees(block.text, printed), f"{where} shows\n\n{block.text}\nbut this is printed:\n\n{printed}"
        printed = None


def _save(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _execute(block: Block, where: str, namespace: ModuleType, folder: Path) -> str:
    source = folder / f"{namespace.__name__}_{block.line}.py"
    source.write_text(block.text, encoding="utf-8")
    namespace.__file__ = str(source)
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            exec(compile(block.text, str(source), "exec"), namespace.__dict__)
    except Exception as error:
        raise AssertionError(f"{where} raises {type(error).__name__}: {error}") from error
    return output.getvalue()


def _type(block: Block, where: str, folder: Path) -> None:
    ray = "ray" in block.words
    for command in commands(block):
        done = subprocess.run(
            command.line,
            shell=True,
            cwd=folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=150,
            check=False,
        )
        shown = f"{where}\n$ {command.line}\n"
        assert (done.returncode != 0) == ("fails" in block.words), f"{shown}exit code {done.returncode}\n{done.stdout}"
        expected, actual = command.output, done.stdout
        same = in_order(expected) == in_order(actual) if ray else agrees(expected, actual)
        assert same, f"{shown}shows\n\n{expected}\nbut this is printed:\n\n{actual}"


def _environment() -> dict[str, str]:
    here = str(Path(sys.executable).parent)
    return os.environ | {
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",  # the lines of stdout and stderr in the order they were written
        "PYTHONDONTWRITEBYTECODE": "1",  # a file edited twice within a second is read anew
        "COLUMNS": "120",
        "RAY_USAGE_STATS_ENABLED": "0",
    }


def test_the_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    named = set(re.findall(r"^make (\w+)", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    targets = set(re.findall(r"^(\w+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_links_between_pages_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(REPOSITORY)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not dead
