"""Notebooks: what their cells define is checked at its place in its cell, and nothing else of them is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.checking import check_paths
from tests.check.running import check, write
from zenflow.check.project.notebooks import python_text, read_notebook
from zenflow.check.session import Report

HEAD = "from zenflow import Artifact, pipeline, step\nimport zenflow"
STEP = "@step\ndef f(x: int) -> int:\n    return x"
WRONG = "@pipeline\ndef wrong() -> Artifact[int]:\n    return f('a')"


def code(source: str, **metadata: Any) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": "code", "source": lines, "metadata": metadata, "outputs": [], "execution_count": None}


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def notebook(*cells: str | dict[str, Any], **more: Any) -> str:
    every = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": every, **more})


def checked(*cells: str | dict[str, Any], **more: Any) -> Report:
    path = Path("analysis.ipynb")
    path.write_text(notebook(*cells, **more))
    return check_paths([path])


def places(report: Report) -> list[tuple[str, str, int]]:
    """Code, cell and line."""
    return [
        (d.code, d.span.file.rpartition(":")[2] if d.span else "", d.span.line if d.span else 0)
        for d in report.diagnostics
    ]


@pytest.mark.usefixtures("project")
def test_a_finding_has_its_place_in_its_cell() -> None:
    report = checked(markdown("# é"), HEAD, STEP, markdown(""), f"é = 1\n\n{WRONG}")
    assert places(report) == [("ZF201", "cell 5", 5)]
    assert (report.pipelines, report.steps) == (1, 1)


FUTURE = "from __future__ import annotations"
ROW = "from dataclasses import dataclass\n@dataclass\nclass Row:\n    x: int"
HARMLESS: dict[str, list[str | dict[str, Any]]] = {
    "no code": [markdown("# zenflow")],
    "no cells": [],
    "magics": ["%matplotlib inline\n  \n!ls zenflow\nf?\n?f\nf.fn??", HEAD, STEP],
    "shell in blocks": [HEAD, "if True:\n    !ls\nelse:\n    %cd /"],
    "given by magics": [HEAD, STEP, "files = !ls\nx, y = %who\nnames = [file for file in files]"],
    "cell magics": [HEAD, "%%bash\nthis is (no Python\nzenflow", "%%html\n<b>"],
    "a remainder that begins a line": [HEAD, "x = (7\n% 2)\ny = '''\n%no magic\n'''"],
    "await": [HEAD, "import asyncio\nawait asyncio.sleep(999)\nx = await asyncio.sleep(999)"],
    "cells that run": [HEAD, STEP, "zenflow.run(f(1))\nresult = f(1).load()\nprint(result.real)\nfor i in result: i"],
    "unknown values": [HEAD, STEP, "import os\nn = len(os.listdir())\nhalf = n\n@step(cpus=n)\ndef g() -> int: ..."],
    "future": [HEAD, f"{FUTURE}\ndef later(x: Nowhere) -> None: ...", f"def last(x: Nowhere) -> None: ...\n{STEP}"],
    "dataclasses": [HEAD, f"{FUTURE}\n{ROW}", "@step\ndef row() -> Row: ..."],
    "languages": [HEAD, code("this is no python", vscode={"languageId": "sql"})],
    "a form feed": [HEAD, "x = '\x0c'\ny = '\u2028'"],
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.usefixtures("project")
def test_what_cells_may_hold_is_no_finding(name: str) -> None:
    report = checked(*HARMLESS[name])
    assert [d.message for d in report.diagnostics] == []


@pytest.mark.usefixtures("project")
def test_other_languages_are_left_alone() -> None:
    for metadata in ({"kernelspec": {"language": "R"}}, {"language_info": {"name": "julia"}}):
        assert checked("zenflow <- (", metadata=metadata).diagnostics == ()


@pytest.mark.usefixtures("project")
def test_outputs_are_not_read() -> None:
    cell = code("1 / zenflow") | {"outputs": [{"output_type": "stream", "text": [float("nan")]}]}
    assert checked(HEAD, cell).diagnostics == ()


@pytest.mark.usefixtures("project")
def test_python_after_a_magic_of_time_is_checked() -> None:
    assert places(checked(HEAD, STEP, f"%%time\n{WRONG}")) == [("ZF201", "cell 3", 4)]


@pytest.mark.usefixtures("project")
def test_a_syntax_error_of_one_cell_is_at_its_place() -> None:
    report = checked(HEAD, "x = 1\ndef g(:", STEP)
    assert places(report) == [("ZF001", "cell 2", 2)]


@pytest.mark.usefixtures("project")
def test_a_pipeline_that_needs_what_a_cell_works_out_is_not_traced() -> None:
    report = checked(
        HEAD, STEP, "import os\nsize = len(os.listdir())", "@pipeline\ndef p() -> Artifact[int]:\n    return f(size)"
    )
    assert places(report) == []
    assert report.untraced == ("analysis.ipynb:p needs `size`, which cells work out",)


@pytest.mark.usefixtures("project")
def test_a_cell_whose_import_fails_is_a_finding() -> None:
    report = checked(HEAD, "import nowhere_at_all", STEP)
    assert places(report) == [("ZF001", "cell 2", 1)]
    assert "No module named 'nowhere_at_all'" in report.diagnostics[0].message


DAMAGED = {
    "empty": "",
    "no JSON": "{",
    "list": "[]",
    "number": "3",
    "no cells": "{}",
    "cells": '{"cells": 3}',
    "a cell": '{"cells": [3]}',
    "no source": '{"cells": [{"cell_type": "code"}]}',
    "source": '{"cells": [{"cell_type": "code", "source": 3}]}',
    "lines": '{"cells": [{"cell_type": "code", "source": [3]}]}',
    "old": '{"nbformat": 3, "worksheets": [{"cells": []}]}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.usefixtures("project")
def test_a_damaged_notebook_is_one_finding(name: str) -> None:
    Path("damaged.ipynb").write_text(DAMAGED[name])
    (found,) = check_paths([Path("damaged.ipynb")]).diagnostics
    assert found.message.startswith("damaged.ipynb is no notebook: ")
    assert found.help == "save it as a notebook of format 4"
    assert "Error" not in found.message
    assert ("it has format 3" in found.message) == (name == "old")


@pytest.mark.parametrize("source", ["", "\n", "x", "x\n", "%a\n\n!b\n", "%%bash\na\n\n\nb", "a\x0cb\u2028c\n"])
def test_the_text_of_a_cell_has_as_many_lines(source: str) -> None:
    text = python_text(source)
    assert text.endswith("\n")
    assert text.count("\n") == max(source.removesuffix("\n").count("\n") + 1, 1)


@pytest.mark.usefixtures("project")
def test_lines_of_the_whole_text_are_found_in_their_cells() -> None:
    Path("a.ipynb").write_text(notebook("1\n2", markdown("x"), "", "3"))
    read = read_notebook(Path("a.ipynb"))
    assert [read.place(line)[0].rpartition(":")[2] for line in range(1, 6)] == [
        "cell 1",
        "cell 1",
        "cell 3",
        "cell 4",
        "cell 4",
    ]


def test_mypy_reads_cells_and_all_is_told_in_one_report(project: Path) -> None:
    write(
        project,
        {
            "analysis.ipynb": notebook(
                markdown("# x"),
                HEAD,
                STEP,
                f"%%time\n{WRONG}  # zenflow: ignore[ZF201]",
                "import asyncio\nawait asyncio.sleep(1)\ndef g() -> None: ...",
                "def g() -> int: return 1\ne: str = 'e'; n: int = 'b'\n"
                "@pipeline\ndef bare() -> Artifact[str]:\n    return f(1)",
            ),
            "analysis.py": "",
            "damaged.ipynb": notebook(HEAD, "def ("),
        },
    )
    ended = check(project, "--format", "json")
    assert [(one["code"], one["file"].rpartition(":")[2], one["line"], one["column"]) for one in ended.found] == [
        ("mypy:assignment", "cell 6", 2, 24),
        ("ZF204", "cell 6", 5, 12),
        ("ZF001", "cell 2", 1, 5),
    ]
    assert "not checked" not in ended.err
