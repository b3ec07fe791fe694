"""Every format tells every finding, whatever is in its texts, so that who reads it gets it back whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema  # type: ignore[import-untyped]
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zenflow.check.diagnostics import Diagnostic, Severity
from zenflow.check.reports.formats import FORMATS
from zenflow.cli import check as command
from zenflow.graph.site import Span

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
SARIF = jsonschema.Draft4Validator(SCHEMA)

FOUND = Diagnostic(
    "ZF201",
    "`train` expects `int`, but `load` returns `str`",
    Span("flow.py", 18, 15, 18, 21),
    "`load` is declared at flow.py:4",
    "change the return type of `load`",
    ("`load` is cached",),
)

_nasty = [
    "\n",
    "\r\n",
    "::",
    "%",
    "%0A",
    ",",
    ":",
    "=",
    "\x1b[31m",
    "\x9b31m",
    "\x00",
    "\u2028",
    "\u202e",
    "\udc80",
    "日本",
]
texts = st.lists(st.one_of(st.text(st.characters(exclude_categories=())), st.sampled_from(_nasty))).map("".join)
files = st.one_of(st.sampled_from(["flow.py", "a/é b.py", "/etc/flow.py", "a:b,c%.py", "<string>"]), texts)
numbers = st.integers(min_value=0, max_value=10_000)
spans = st.builds(Span, files, numbers, numbers, numbers, numbers)
severities: st.SearchStrategy[Severity] = st.sampled_from(["error", "warning"])
codes = st.sampled_from(["ZF101", "ZF201", "ZF202", "ZF999", "mypy:arg-type", "mypy:a,b%:c"])
diagnostics = st.builds(
    Diagnostic,
    code=codes,
    message=texts,
    span=st.none() | spans,
    label=texts,
    help=texts,
    notes=st.lists(texts, max_size=3).map(tuple),
    severity=severities,
)
reports = st.lists(diagnostics, max_size=4)


@pytest.fixture(autouse=True)
def _no_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may run on GitHub themselves."""
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def shown(format: str, found: Sequence[Diagnostic], *, colour: bool = False) -> str:
    return FORMATS[format](found, colour=colour)


def is_obeyed(character: str) -> bool:
    """Whether a terminal does something else with a character than show it."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(character) in (
        *("LRE", "RLE", "PDF", "LRO", "RLO"),
        *("LRI", "RLI", "FSI", "PDI"),
    )


def test_the_formats_are_those_of_the_design() -> None:
    assert list(FORMATS) == ["full", "concise", "json", "github", "sarif"]


def test_a_format_loads_nothing_of_the_others_and_no_graph() -> None:
    program = """
        import sys
        from zenflow.check.reports.formats import FORMATS
        of_reports = lambda: {m.rpartition(".")[2] for m in sys.modules if m.startswith("zenflow.check.reports.")}
        assert of_reports() == {"formats"}, of_reports()
        from zenflow.check.diagnostics import Diagnostic
        FORMATS["concise"]([Diagnostic("ZF201", "no")], colour=False)
        assert of_reports() == {"formats", "concise", "text"}, of_reports()
        FORMATS["github"]([Diagnostic("ZF201", "no")], colour=False)
        assert "msgspec" not in sys.modules
        for name in FORMATS:
            FORMATS[name]([], colour=False)
        heavy = {"networkx", "mypy", "ray", "zenflow.graph.build", "zenflow.check.rules.registry"} & set(sys.modules)
        assert not heavy, heavy
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


# --- nothing found ---------------------------------------------------------------------------------------------------


def test_where_nothing_is_found_programs_get_an_empty_document_and_people_nothing() -> None:
    assert [shown(name, []) for name in ("full", "concise", "github", "json")] == ["", "", "", "[]"]
    (run,) = json.loads(shown("sarif", []))["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


# --- concise and full: people ----------------------------------------------------------------------------------------


def test_concise_is_a_line_for_each_finding_as_editors_read_it() -> None:
    report = [FOUND, evolve(FOUND, message="two\n  lines", span=None, severity="warning")]
    assert shown("concise", report).splitlines() == [
        "flow.py:18:15: error[ZF201] `train` expects `int`, but `load` returns `str`",
        "warning[ZF201] two lines",
    ]


@given(reports)
def test_concise_has_one_line_for_any_finding(found: list[Diagnostic]) -> None:
    assert len(shown("concise", found).splitlines()) == len(found)


@pytest.mark.parametrize("format", ["full", "concise", "github"])
@given(found=reports)
def test_no_text_of_a_finding_moves_the_terminal(format: str, found: list[Diagnostic]) -> None:
    text = shown(format, found)
    text.encode()
    assert {character for character in text if is_obeyed(character)} <= {"\n", "\t"}


@pytest.mark.parametrize("format", ["full", "concise"])
@given(found=reports)
def test_colours_are_all_that_colours_add(format: str, found: list[Diagnostic]) -> None:
    coloured = shown(format, found, colour=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(format, found)


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_json_has_every_field_of_every_finding() -> None:
    assert json.loads(shown("json", [FOUND, evolve(FOUND, span=None, help="", notes=())])) == [
        {
            "code": "ZF201",
            "severity": "error",
            "message": "`train` expects `int`, but `load` returns `str`",
            "file": "flow.py",
            "line": 18,
            "column": 15,
            "end_line": 18,
            "end_column": 21,
            "help": "change the return type of `load`",
            "notes": ["`load` is cached"],
        },
        {
            "code": "ZF201",
            "severity": "error",
            "message": "`train` expects `int`, but `load` returns `str`",
            "file": None,
            "line": None,
            "column": None,
            "end_line": None,
            "end_column": None,
            "help": "",
            "notes": [],
        },
    ]


@pytest.mark.parametrize("end", [(0, 0), (18, 15), (18, 3), (17, 40)])
def test_an_end_that_is_not_after_the_start_is_unknown(end: tuple[int, int]) -> None:
    (found,) = json.loads(shown("json", [evolve(FOUND, span=Span("flow.py", 18, 15, *end))]))
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == (18, 15, None, None)


@given(reports)
def test_json_gives_back_what_was_found(found: list[Diagnostic]) -> None:
    objects = json.loads(shown("json", found))
    assert [(o["code"], o["severity"], o["message"], o["help"], o["notes"]) for o in objects] == [
        (d.code, d.severity, utf8(d.message), utf8(d.help), [utf8(note) for note in d.notes]) for d in found
    ]
    for o, d in zip(objects, found, strict=True):
        assert (o["file"] is None) == (d.span is None)
        assert o["line"] is None or d.span is None or (o["line"], o["column"]) == (d.span.line, max(d.span.column, 1))
        assert o["end_line"] is None or (o["end_line"], o["end_column"]) > (o["line"], o["column"])


def utf8(text: str) -> str:
    """The text, lone surrogates written out: JSON can not hold them."""
    return text.encode("utf-8", "backslashreplace").decode()


# --- GitHub ----------------------------------------------------------------------------------------------------------


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it (`ActionCommand.TryParseV2`)."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, pairs = head.partition(" ")
    split = [pair.split("=", 1) for pair in pairs.strip().split(",") if pair]
    return name, {key: unescaped(value, "\r\n:,%") for key, value in split}, unescaped(data, "\r\n%")


def unescaped(text: str, characters: str) -> str:
    for character in characters:
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def test_github_gets_a_command_for_each_finding() -> None:
    report = [FOUND, evolve(FOUND, code="mypy:arg-type", severity="warning", span=None, label="", help="", notes=())]
    assert shown("github", report).splitlines() == [
        (
            "::error file=flow.py,line=18,col=15,endLine=18,endColumn=21,title=ZF201::"
            "`train` expects `int`, but `load` returns `str`%0Anote: `load` is declared at flow.py:4"
            "%0Anote: `load` is cached%0Ahelp: change the return type of `load`"
        ),
        "::warning title=mypy%3Aarg-type::`train` expects `int`, but `load` returns `str`",
    ]


def test_github_takes_no_columns_of_a_place_that_spans_lines() -> None:
    (line,) = shown("github", [evolve(FOUND, span=Span("flow.py", 1, 5, 3, 2))]).splitlines()
    assert read_command(line)[1] == {"file": "flow.py", "line": "1", "endLine": "3", "title": "ZF201"}


def test_github_gets_paths_from_the_top_of_the_repository(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flows").mkdir()
    monkeypatch.chdir(tmp_path / "flows")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    inside = evolve(FOUND, span=Span(str(tmp_path / "flows" / "flow.py"), 1))
    outside = evolve(FOUND, span=Span("/elsewhere/flow.py", 1))
    paths = [read_command(line)[1]["file"] for line in shown("github", [inside, outside]).splitlines()]
    assert paths == ["flows/flow.py", "/elsewhere/flow.py"]


@given(reports)
def test_github_reads_back_what_was_found(found: list[Diagnostic]) -> None:
    lines = shown("github", found).split("\n") if found else []
    objects = json.loads(shown("json", found))
    for line, diagnostic, known in zip(lines, found, objects, strict=True):
        name, properties, data = read_command(line)
        assert (name, properties["title"]) == (diagnostic.severity, diagnostic.code)
        assert properties.get("line") == (str(known["line"]) if known["line"] else None)
        assert properties.get("endLine") == (str(known["end_line"]) if known["end_line"] else None)
        assert ("endColumn" in properties) == (known["end_line"] is not None and known["end_line"] == known["line"])
        told = [diagnostic.message, *(f"note: {n}" for n in (diagnostic.label, *diagnostic.notes) if n)]
        told += [f"help: {diagnostic.help}"] if diagnostic.help else []
        assert data.split("\n") == [escaped(line.rstrip()) for line in "\n".join(told).splitlines() or [""]]
        if diagnostic.span:
            assert properties.get("file", "") == escaped(str(diagnostic.span.file))


def escaped(text: str) -> str:
    """The text, what a terminal would obey written out."""
    return "".join(repr(c)[1:-1] if (is_obeyed(c) and c != "\t") or c in "\u061c\u200e\u200f" else c for c in text)


# --- SARIF -----------------------------------------------------------------------------------------------------------


def sarif(found: Sequence[Diagnostic]) -> Any:
    document = json.loads(shown("sarif", found))
    SARIF.validate(document)
    return document["runs"][0]


def test_the_schema_is_one() -> None:
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        SARIF.validate({"version": "2.1.0", "runs": [{"results": []}]})


def test_sarif_names_the_place_relative_to_a_root_and_the_rule_with_its_texts(project: Path) -> None:
    run = sarif([evolve(FOUND, span=Span(str(project / "a b é.py"), 18, 15, 18, 21))])
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("ZF201", "error")
    assert result["message"]["text"].splitlines()[-1] == "help: change the return type of `load`"
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b%20%C3%A9.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 18, "startColumn": 15, "endLine": 18, "endColumn": 21},
            }
        }
    ]
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == f"{project.as_uri()}/"
    assert run["columnKind"] == "unicodeCodePoints"
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "ZF201"
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["help"]["text"].startswith("ZF201: ")
    assert rule["help"]["markdown"].count("```python") == 2
    assert rule["fullDescription"]["text"]


def test_services_are_sent_to_a_notebook_and_told_the_cell() -> None:
    found = evolve(FOUND, span=Span("a b.ipynb:cell 3", 18, 15, 18, 21))
    _, properties, data = read_command(shown("github", [found]))
    assert properties == {"file": "a b.ipynb", "line": "1", "col": "1", "title": "ZF201"}
    assert "note: in cell 3, line 18" in data.splitlines()
    (result,) = sarif([found])["results"]
    assert result["message"]["text"] == data
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b.ipynb", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "startColumn": 1},
    }
    assert (
        result["partialFingerprints"]
        == sarif([evolve(found, span=Span("a b.ipynb:cell 4", 1))])["results"][0]["partialFingerprints"]
    )
    assert shown("concise", [found]).startswith("a b.ipynb:cell 3:18:15: error[ZF201]")


def test_sarif_describes_codes_that_are_not_ours() -> None:
    run = sarif([evolve(FOUND, code=code) for code in ("mypy:arg-type", "ZF201", "mypy:misc", "ZF999")])
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["ZF201", "ZF999", "mypy:arg-type", "mypy:misc"]
    assert rules[2]["shortDescription"]["text"] == "mypy reports `arg-type`"
    assert rules[2]["helpUri"].endswith("#code-arg-type")
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [r["ruleId"] for r in run["results"]]


def test_a_fingerprint_outlives_a_move_and_tells_findings_apart() -> None:
    def prints(*found: Diagnostic) -> list[str]:
        return [result["partialFingerprints"]["zenflow/v1"] for result in sarif(found)["results"]]

    moved = evolve(FOUND, span=Span("flow.py", 30, 1, 30, 7), label="`load` is declared at flow.py:5")
    assert prints(FOUND) == prints(moved)
    named = evolve(FOUND, message="two steps go by `fit`: `fit, line 59` and flow.py:60")
    assert prints(named) == prints(evolve(named, message="two steps go by `fit`: `fit, line 61` and flow.py:62"))
    others = [evolve(FOUND, code="ZF202"), evolve(FOUND, message="other"), evolve(FOUND, span=Span("b.py", 18))]
    assert len(set(prints(FOUND, moved, *others))) == 5


def test_a_finding_without_a_place_is_put_at_the_project() -> None:
    """GitHub refuses a document with a result that has no location."""
    (result,) = sarif([evolve(FOUND, span=None)])["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "pyproject.toml", "uriBaseId": "%SRCROOT%"}


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(reports)
def test_any_finding_is_valid_sarif(found: list[Diagnostic]) -> None:
    run = sarif(found)
    for result, diagnostic in zip(run["results"], found, strict=True):
        assert result["message"]["text"].startswith(utf8(diagnostic.message))
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(file://)?([\w.~/-]|%[0-9A-F]{2})*", uri, re.ASCII)
        if diagnostic.span:
            assert unquote(uri.removeprefix("file://")) == utf8(diagnostic.span.file)


def test_the_command_names_the_formats_that_there_are() -> None:
    assert command.FORMATS.split("|") == list(FORMATS)
