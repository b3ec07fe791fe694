"""From what was typed to a pipeline, and every way a file can refuse to be imported."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from tests.check.checking import check_paths
from tests.check.conftest import HEAD, codes
from zenflow.check.project.loading import load_file, load_module, load_target
from zenflow.errors import CheckFailed, UsageError

FLOW = (
    HEAD
    + """
@step
def load() -> int: ...
@pipeline
def training(x: int = 1) -> Artifact[int]:
    return load() if x else load()
"""
)
SECOND = """
@pipeline
def scoring() -> Artifact[int]:
    return load()
"""


def write(name: str, text: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
    return path


def usage(target: str) -> str:
    with pytest.raises(UsageError) as error:
        load_target(target)
    return str(error.value)


@pytest.mark.usefixtures("project")
def test_a_target_is_a_file_and_a_name_or_a_file_or_module_with_one_pipeline() -> None:
    write("package/flows/flow.py", FLOW)
    write("package/__init__.py", "")
    write("package/flows/__init__.py", "")
    typed = ("package/flows/flow.py:training", "package/flows/flow.py", "package.flows.flow:training")
    targets = [load_target(text) for text in (*typed, "package.flows.flow", "package/flows/flow.py:load")]
    assert [target.name for target in targets] == ["training"] * 4 + ["load"]
    assert {target.module.__name__ for target in targets} == {"package.flows.flow"}
    assert targets[1].text == "package/flows/flow.py:training"
    assert len({id(target.pipeline) for target in targets[:4]}) == 1


@pytest.mark.usefixtures("project")
def test_what_is_not_there_is_said_with_what_is_close() -> None:
    write("flow.py", FLOW + SECOND + "number = 3\n")
    write("empty.py", "")
    assert usage("flwo.py:training") == "there is no file `flwo.py`\n  help: did you mean `flow.py`?"
    assert "there is no `trainin` in flow.py; did you mean `training`?" in usage("flow.py:trainin")
    assert "choose one: `training`, `scoring`, `load`" in usage("flow.py:nothing_like_it")
    assert "`number` in flow.py is an int, not a pipeline or step" in usage("flow.py:number")
    assert "there are 2 pipelines in flow.py" in usage("flow.py")
    assert "flow.py:training, flow.py:scoring" in usage("flow.py")
    assert "there is no pipeline in empty.py" in usage("empty.py")
    assert "there is no file or module `nowhere.flow`" in usage("nowhere.flow:training")
    assert "there is no file or module `a b`" in usage("a b")
    assert "there is no file `missing/flow.py`" in usage("missing/flow.py")


def test_a_module_of_the_src_layout_that_is_not_installed_is_named_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src" / "mypkg").mkdir(parents=True)
    (tmp_path / "src" / "mypkg" / "flow.py").touch()
    assert "help: write src/mypkg/flow.py:pipeline" in usage("mypkg.flow:training")


@pytest.mark.usefixtures("project")
def test_names_that_would_hide_other_modules_are_refused() -> None:
    assert "another module has that name" in usage(f"{write('statistics.py', FLOW)}:training")
    assert "another module has that name" in usage(f"{write('numpy.py', FLOW)}:training") or "numpy" not in sys.modules
    assert "there is a dot in its name" in usage(f"{write('my.flow.py', FLOW)}:training")
    assert load_target(f"{write('my-flow.py', FLOW)}:training").name == "training"


@pytest.mark.usefixtures("project")
def test_a_file_is_imported_once_and_beside_its_siblings() -> None:
    write("helper.py", "value = 1\n")
    path = write("flow.py", "import helper\n" + FLOW)
    assert load_file(path) is load_file(path.resolve()) is load_module("flow")


BROKEN: dict[str, tuple[str | bytes, str, tuple[int, int] | None]] = {
    "syntax": ("def f(:\n", "has a syntax error: invalid syntax", (1, 7)),
    "indent": ("if True:\nx = 1\n", "has a syntax error: expected an indented block after", (2, 1)),
    "é": ("é = '日本' 'a\n", "has a syntax error: unterminated string literal (detected at line 1)", (1, 10)),
    "raising": ("x = 1\nx / 0\n", "importing raising.py raises ZeroDivisionError: division by zero", (2, 1)),
    "leaving": ("import sys\nsys.exit(3)\n", "importing leaving.py calls sys.exit(3)", (2, 1)),
    "missing": ("import pandsa\n", "importing missing.py raises ModuleNotFoundError: No module named 'pandsa'", (1, 1)),
    "one": ("from two import x\nx = 1\n", "importing one.py raises ImportError: cannot import name", None),
    "two": ("from one import x\n", "importing two.py raises ImportError: cannot import name", None),
    "decoding": (b"x = '\xff\xfe'\n", "(unicode error) 'utf-8' codec can't decode byte 0xff", None),
    "nul": (b"x = 1\x00\n", "source code string cannot contain null bytes", None),
    "decorated": (HEAD + "step(lambda: 1)\n", "`<lambda>` can not be a step: it is a lambda", (2, 1)),
    "running": (FLOW + "x = load() + 1\n", "<Artifact load> takes no arithmetic", (8, 5)),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.usefixtures("project")
def test_a_file_that_can_not_be_imported_is_one_finding(name: str) -> None:
    for each, (text, _, _) in BROKEN.items():
        write(f"{each}.py", text)
    _, message, place = BROKEN[name]
    with pytest.raises(CheckFailed) as failed:
        load_target(f"{name}.py:training")
    (found,) = failed.value.diagnostics
    assert message in found.message  # type: ignore[attr-defined]
    assert found.help  # type: ignore[attr-defined]
    if place is not None:
        assert (found.span.line, found.span.column) == place  # type: ignore[attr-defined]
    report = check_paths([Path(f"{name}.py")])
    assert [d.message for d in report.diagnostics] == [found.message]  # type: ignore[attr-defined]


def test_a_folder_is_checked_past_its_broken_files(project: Path) -> None:
    for name, (text, _, _) in BROKEN.items():
        write(f"broken/{name}.py", text)
    write("a/flow.py", FLOW + "load(3)\n@step\ndef f(x) -> int: ...\n")
    write("b/flow.py", "from helper import value\n" + FLOW + "@step\ndef g(y) -> int: ...\n")
    write("b/helper.py", "value = 1\n")
    write("b/statistics.py", FLOW)
    write("b/my.flow.py", FLOW)
    write("b/script.py", "raise SystemExit('never imported: it does not speak of pipelines')\n")
    write("b/empty.py", "")
    write("c/.hidden/flow.py", "import zenflow, nowhere\n")
    write("c/venv/pyvenv.cfg", "")
    write("c/venv/flow.py", "import zenflow, nowhere\n")
    report = check_paths([project])
    files = [Path(d.span.file).relative_to(project).as_posix() for d in report.diagnostics if d.span]
    assert {"a/flow.py", "b/flow.py", "broken/syntax.py", "broken/nul.py"} - set(files) <= {"broken/nul.py"}
    assert not [file for file in files if file.startswith("c/") or "script" in file or "empty" in file]
    assert (report.pipelines, report.steps) == (1, 2)
    assert "flow" not in sys.modules
    assert "helper" not in sys.modules
    messages = [d.message for d in report.diagnostics if d.span and d.span.line == 0]
    assert sum("another module has that name" in message for message in messages) == 1
    assert sum("there is a dot in its name" in message for message in messages) == 1


@pytest.mark.usefixtures("project")
def test_paths_that_are_not_there_or_hold_nothing_are_said() -> None:
    Path("empty").mkdir()
    with pytest.raises(UsageError, match="no Python file in empty"):
        check_paths([Path("empty")])
    with pytest.raises(UsageError, match="there is no file or folder `nowhere`"):
        check_paths([Path("nowhere")])


@pytest.mark.usefixtures("project")
def test_a_pipeline_is_traced_with_defaults_and_stand_ins_and_told_where_it_needs_more() -> None:
    source = """
    @step
    def count(items: list[int]) -> int: ...
    @pipeline
    def first(items: Artifact[list[int]], /, *more: int, scale: int = 1, **other: int) -> Artifact[int]:
        return count(items) if scale and not more and not other else count([])
    @pipeline
    def second(path, n: Artifact[int]) -> Artifact[int]:
        return count([n, path])
    @pipeline
    def third(text: Artifact[str]) -> Artifact[int]:
        return count(text)
    @pipeline
    def fourth() -> Artifact[int]:
        raise SystemExit(4)
    @pipeline
    def fifth() -> Artifact[int]:
        return count([len([])] * {}["é"])
    """
    report = check_paths([write("flow.py", HEAD + textwrap.dedent(source))])
    assert report.untraced == ("flow.py:second needs values for `path`",)
    assert codes(report) == [("ZF201", 13), ("ZF001", 16), ("ZF001", 19)]
    assert [d.message for d in report.diagnostics][1:] == [
        "pipeline `fourth` raises SystemExit while it is traced: 4",
        "pipeline `fifth` raises KeyError while it is traced: 'é'",
    ]


@pytest.mark.usefixtures("project")
def test_no_step_runs_while_it_is_checked() -> None:
    source = """
    from pathlib import Path
    def ran(name: str) -> int:
        Path("ran").write_text(name)
        return 1
    @step
    def f(x: int = 1) -> int:
        return ran("f")
    @step
    async def g(x: int) -> int:
        return ran("g")
    @step(effect=True)
    def h(x: list[int]) -> bool:
        return bool(ran("h"))
    @pipeline
    def flow(n: Artifact[int] = 1) -> tuple[Artifact[int], Artifact[bool]]:
        done = h(f.map(each([n, g(2)])))
        return when(done, lambda: f(3), lambda: g(4)), done
    """
    report = check_paths([write("flow.py", HEAD + textwrap.dedent(source))])
    assert codes(report) == []
    assert (report.pipelines, report.steps) == (1, 3)
    assert not Path("ran").exists()
