"""What mypy says with the plugin: case by case, after edits, in the daemon, and where the plugin can not work."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from mypy import api

from zenflow import mypy_plugin

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "typing_tests" / "plugin").glob("[!_]*.py"))
BIN = Path(sys.executable).parent
INTERNAL = re.compile(r"\b(Never|Fields|Bare|Out_co|Raw_co|Many_co|Gradual)\b")

Place = tuple[str, int]


@frozen
class Said:
    """Something mypy says: a revealed type (kind `N`) or an error (kind `E`)."""

    kind: str
    text: str

    def fits(self, other: Said) -> bool:
        """Whether `other` is what this expects, `…` standing for any text."""
        pattern = ".*".join(map(re.escape, self.text.split("…")))
        return self.kind == other.kind and re.fullmatch(pattern, other.text) is not None


def expected(file: Path) -> Iterator[tuple[int, Said]]:
    """What the comments of a file announce: on the line itself, or right below it."""
    subject = 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        before, *comments = re.split(r"# ([EN]): ", line)
        subject = number if before.strip() else subject
        for kind, text in zip(comments[::2], comments[1::2], strict=True):
            yield subject, Said(kind, text.strip())


def actual(output: str) -> Iterator[tuple[Place, Said]]:
    """What mypy said, without the notes that explain an error."""
    for line in output.splitlines():
        match = re.fullmatch(r"(.*?):(\d+): (error|note): (.*)", line)
        if match is None:
            continue
        file, number, severity, text = match.groups()
        place = (Path(file).name, int(number))
        if severity == "error":
            yield place, Said("E", re.sub(r"  (\[[\w-]+\])$", r" \1", text))
        elif revealed := re.fullmatch(r'Revealed type is "(.*)"', text):
            yield place, Said("N", re.sub(r"(?:\w+\.)+(\w+)", r"\1", revealed[1]))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's configuration with the plugin on."""
    return configured(tmp_path_factory.mktemp("config"), "plugins = zenflow.mypy_plugin\n")


def configured(folder: Path, plugin: str) -> Path:
    """A configuration for this repository, and its cache, in a folder."""
    file = folder / "mypy.ini"
    paths = f"mypy_path = {ROOT}/stubs:{ROOT}\nexplicit_package_bases = True\ncache_dir = {folder}/cache\n"
    file.write_text(f"[mypy]\n{plugin}{paths}")
    return file


def mypy(config: Path, *arguments: str | Path, cwd: Path = ROOT) -> tuple[int, str]:
    """Exit code and output of a strict check."""
    command = [BIN / "mypy", "--config-file", config, "--strict", "--enable-error-code", "truthy-bool", *arguments]
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def said(config: Path) -> dict[Place, set[Said]]:
    """All that mypy says of the cases."""
    _, output = mypy(config, *CASES)
    found: dict[Place, set[Said]] = {}
    for place, saying in actual(output):
        found.setdefault(place, set()).add(saying)
    return found


@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
def test_the_cases_say_what_they_announce_and_nothing_else(file: Path, said: dict[Place, set[Said]]) -> None:
    wrong = []
    announced: dict[int, list[Said]] = {}
    for number, saying in expected(file):
        announced.setdefault(number, []).append(saying)
    for name, number in [place for place in said if place[0] == file.name]:
        sayings = said[name, number]
        wanted = announced.get(number, [])
        wrong += [f"{name}:{number}: unexpected: {s.text}" for s in sayings if not any(w.fits(s) for w in wanted)]
    for number, wanted in announced.items():
        sayings = said.get((file.name, number), set())
        wrong += [f"{file.name}:{number}: missing: {w.text}" for w in wanted if not any(w.fits(s) for s in sayings)]
    assert not wrong, "\n".join(wrong)


def test_there_are_enough_cases_accepted_and_refused() -> None:
    kinds = [saying.kind for file in CASES for _, saying in expected(file)]
    assert kinds.count("N") >= 120
    assert kinds.count("E") >= 120


def test_messages_are_in_the_users_terms(said: dict[Place, set[Said]]) -> None:
    internal = [f"{place}: {s.text}" for place, sayings in said.items() for s in sayings if INTERNAL.search(s.text)]
    assert not internal, "\n".join(internal)


@pytest.mark.parametrize("form", ["mypy.ini", "pyproject.toml"])
def test_the_plugin_is_switched_on_in_either_file(form: str, tmp_path: Path) -> None:
    texts = {"mypy.ini": "[mypy]\nplugins = zenflow.mypy_plugin\n"}
    texts["pyproject.toml"] = '[tool.mypy]\nplugins = ["zenflow.mypy_plugin"]\n'
    (tmp_path / form).write_text(texts[form])
    (tmp_path / "flow.py").write_text(STEPS.format(result="int") + "use(give())\n")
    assert mypy(tmp_path / form, "flow.py", cwd=tmp_path)[0] == 0
    (tmp_path / "flow.py").write_text(STEPS.format(result="bytes") + "use(give())\n")
    assert EDGE in mypy(tmp_path / form, "flow.py", cwd=tmp_path)[1]


@pytest.mark.parametrize("plugin", ["", "plugins = zenflow.mypy_plugin\n"], ids=["without", "with"])
def test_the_whole_language_is_accepted_without_the_plugin_and_with_it(plugin: str, tmp_path: Path) -> None:
    code, output = mypy(configured(tmp_path, plugin), *sorted((ROOT / "typing_tests").glob("*.py")))
    assert code == 0, output


# --- edits of another module, with a cache and in the daemon

STEPS = """
from typing import NamedTuple
from zenflow import step

class Pair(NamedTuple):
    left: {result}
    right: int

@step
def give() -> {result}:
    raise NotImplementedError

@step
def pair() -> Pair:
    raise NotImplementedError

@step
def use(x: int) -> int:
    return x
"""
FLOW = """
from zenflow import Artifact, pipeline
from steps import give, pair, use

@pipeline
def flow() -> Artifact[int]:
    use(pair().left)
    use.map(x=1)
    return use(give())
"""
EDGE = 'Argument 1 to "use" has incompatible type "Artifact[bytes]"; expected "Artifact[int]"  [arg-type]'
EDITS = ("int", "bytes", "int", "bytes")


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str], None]:
    """Write the steps, of which some give this type; the pipeline is in a module of its own."""
    (tmp_path / "flow.py").write_text(FLOW)

    def edit(result: str) -> None:
        (tmp_path / "steps.py").write_text(STEPS.format(result=result))

    return edit


def edges(output: str) -> list[str]:
    """The lines of the pipeline whose edge does not fit."""
    assert "flow.py" in output or "Success" in output, output
    return [line.split(":")[1] for line in output.splitlines() if EDGE in line]


def test_edits_are_seen_through_the_cache(edited: Callable[[str], None], config: Path, tmp_path: Path) -> None:
    for result in EDITS:
        edited(result)
        _, output = mypy(config, "--cache-dir", tmp_path / "cache", "flow.py", cwd=tmp_path)
        assert edges(output) == (["7", "9"] if result == "bytes" else []), output


def test_edits_are_seen_by_the_daemon(edited: Callable[[str], None], config: Path, tmp_path: Path) -> None:
    def dmypy(*arguments: str) -> str:
        command = [str(BIN / "dmypy"), "--status-file", str(tmp_path / "status.json"), *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    edited("int")
    dmypy("start", "--", "--config-file", str(config), "--cache-dir", str(tmp_path / "cache"), "--strict")
    try:
        for result in EDITS:
            edited(result)
            output = dmypy("check", "flow.py", "steps.py")
            assert edges(output) == (["7", "9"] if result == "bytes" else []), output
    finally:
        dmypy("stop")
    assert "No status file found" in dmypy("status")


# --- where the plugin can not work


def boom(_: object) -> Any:
    raise AttributeError("a mypy of another time")


class Nothing:
    """A module of mypy's that has lost its names."""


@pytest.mark.parametrize("table", ["_CLASSES", "_SIGNATURES", "_RESULTS", "argmap", "lookup"])
def test_a_plugin_that_fails_leaves_the_gradual_types(
    table: str, monkeypatch: pytest.MonkeyPatch, config: Path, tmp_path: Path
) -> None:
    handlers = getattr(mypy_plugin, table)
    broken = dict.fromkeys(handlers, boom) if isinstance(handlers, dict) else Nothing()
    monkeypatch.setattr(mypy_plugin, table, broken)
    monkeypatch.chdir(ROOT)
    options = ["--config-file", str(config), "--strict", "--cache-dir", str(tmp_path)]
    output, errors, _ = api.run([*options, "typing_tests/baseline.py", "typing_tests/parameters.py"])
    assert "INTERNAL ERROR" not in output + errors
    assert output == "Success: no issues found in 2 source files\n"


@pytest.mark.parametrize("version", ["0.990", "1.18.2", "2.4.1", "99.0+dev.abc", "unheard of"])
def test_every_version_of_mypy_is_tried(version: str) -> None:
    assert mypy_plugin.plugin(version) is mypy_plugin.ZenFlowPlugin


def test_other_plugins_keep_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from mypy.options import Options

    plugin = mypy_plugin.ZenFlowPlugin(Options())
    plugin.set_modules({})
    hooks = [name for name in dir(plugin) if name.startswith("get_") and name.endswith("_hook")]
    assert [name for name in hooks if getattr(plugin, name)("pydantic.main.BaseModel") is not None] == []


# --- what it costs


@pytest.mark.parametrize("name", ["use", "same"])
@pytest.mark.parametrize(
    "wrap",
    ["{}", "when(fine(), lambda: {}, lambda: use(1))", "best([{}, 1])"],
    ids=["nested", "in a branch", "in a display"],
)
def test_the_work_does_not_grow_with_the_power_of_the_nesting(
    wrap: str, name: str, monkeypatch: pytest.MonkeyPatch, config: Path, tmp_path: Path
) -> None:
    looks: list[int] = []
    given = mypy_plugin._given

    def counted(api: Any, expr: Any) -> Any:
        looks[-1] += 1
        return given(api, expr)

    monkeypatch.setattr(mypy_plugin, "_given", counted)
    flow = tmp_path / "flow.py"
    for depth in (4, 8, 16):
        call = f"{name}(" * depth + "1" + ")" * depth
        flow.write_text(BRANCHES + wrap.format(call) + "\n")
        looks.append(0)
        output, _, code = api.run(["--config-file", str(config), str(flow)])
        assert code == 0, output
    assert looks[2] <= 8 * looks[1] <= 64 * looks[0]  # cubic at most: 2 ** 16 is 256 times 2 ** 8


BRANCHES = (
    STEPS.format(result="int")
    + """
from typing import TypeVar
from zenflow import when

@step
def fine() -> bool:
    return True

@step
def best(xs: list[int]) -> int:
    return xs[0]

T = TypeVar("T")

@step
def same(x: T) -> T:
    return x

"""
)
