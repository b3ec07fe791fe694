"""Findings as SARIF 2.1.0, which code scanning services read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, of which only the rules that were broken are listed. A
fingerprint is what a service knows a finding by from one commit to the next, so no line number is in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from zenflow import __version__
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.reports.json import encoded
from zenflow.check.reports.place import Place, encodable, place_in_file, told

if TYPE_CHECKING:
    from zenflow.check.rules.registry import Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_PROJECT = Place("pyproject.toml")
"""Where a finding without a place is put: GitHub refuses all of a document in which a result has none."""

_LINE_NUMBER = re.compile(r":\d+\b|\bline \d+\b")


def render(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """A SARIF document, without results where nothing was found. It has no colours."""
    found = list(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    run = {
        "tool": {"driver": {"name": "zenflow", "version": __version__, "rules": _descriptors(codes)}},
        "originalUriBaseIds": {_ROOT: {"uri": f"{_uri(str(Path.cwd())).rstrip('/')}/"}},
        "columnKind": "unicodeCodePoints",
        "results": _results(found, codes),
    }
    return encoded({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _results(found: Sequence[Diagnostic], codes: Sequence[str]) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    results = []
    for diagnostic in found:
        place = place_in_file(diagnostic.span) if diagnostic.span else _PROJECT
        identity = _identity(diagnostic, place)
        seen[identity] += 1
        results.append(
            {
                "ruleId": encodable(diagnostic.code),
                "ruleIndex": codes.index(diagnostic.code),
                "level": diagnostic.severity,
                "message": {"text": encodable(told(diagnostic))},
                "locations": [_location(place)],
                "partialFingerprints": {"zenflow/v1": f"{identity}:{seen[identity]}"},
            }
        )
    return results


def _identity(diagnostic: Diagnostic, place: Place) -> str:
    parts = (diagnostic.code, place.file, _LINE_NUMBER.sub("", diagnostic.message))
    return sha256("\0".join(map(encodable, parts)).encode()).hexdigest()[:32]


def _location(place: Place) -> dict[str, Any]:
    artifact = {"uri": _uri(place.file)}
    if not place.file.startswith("/"):
        artifact["uriBaseId"] = _ROOT
    region = {
        "startLine": place.line or 1,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    known = {key: number for key, number in region.items() if number is not None}
    return {"physicalLocation": {"artifactLocation": artifact, "region": known}}


def _uri(path: str) -> str:
    scheme = "file://" if path.startswith("/") else ""
    return f"{scheme}{quote(encodable(path))}"


def _descriptors(codes: Sequence[str]) -> list[dict[str, Any]]:
    if not codes:
        return []
    from zenflow.check.rules.registry import all_rules

    known = {rule.code: rule for rule in all_rules()}
    return [_descriptor(known[code]) if code in known else _foreign(code) for code in codes]


def _descriptor(rule: Rule) -> dict[str, Any]:
    examples = (("Bad", rule.bad), ("Good", rule.good))
    shown = "\n\n".join(f"{head}:\n\n```python\n{text.strip()}\n```" for head, text in examples)
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.explanation(), "markdown": f"**{rule.code}: {rule.title}**\n\n{rule.why}\n\n{shown}"},
        "defaultConfiguration": {"level": rule.severity},
    }


def _foreign(code: str) -> dict[str, Any]:
    """A code that is not ours, such as `mypy:arg-type`."""
    tool, _, name = encodable(code).partition(":")
    title = f"{tool} reports `{name}`" if name else tool
    descriptor: dict[str, Any] = {
        "id": encodable(code),
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": title, "markdown": title},
        "defaultConfiguration": {"level": "error"},
    }
    if tool == "mypy" and name:
        descriptor["helpUri"] = f"https://mypy.readthedocs.io/en/stable/_refs.html#code-{quote(name)}"
    return descriptor
