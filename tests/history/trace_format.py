"""What the Trace Event Format asks of the events we write, and what a viewer needs to draw them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import jsonschema  # type: ignore[import-untyped]

Event = dict[str, Any]

_NUMBER = {"type": "integer", "minimum": 0}
_PLACED = {"name": {"type": "string"}, "pid": _NUMBER, "tid": _NUMBER, "ts": _NUMBER}


def _event(phase: str, more: dict[str, Any], *optional: str) -> dict[str, Any]:
    properties = {**_PLACED, "ph": {"const": phase}, "cat": {"type": "string"}, **more}
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_ARGS = {"args": {"type": "object"}}
_NUMBERS = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "number"}}
_NAMES = {"args": {"type": "object", "minProperties": 1, "maxProperties": 1}}
SCHEMA = {
    "type": "object",
    "properties": {
        "traceEvents": {
            "type": "array",
            "items": {
                "oneOf": [
                    _event("X", {"dur": _NUMBER, "cname": {"enum": ["terrible", "bad"]}, **_ARGS}, "cname"),
                    _event("i", {"s": {"enum": ["g", "p", "t"]}, **_ARGS}),
                    _event("C", {"args": _NUMBERS}),
                    _event("s", {"id": _NUMBER}),
                    _event("f", {"id": _NUMBER, "bp": {"const": "e"}}),
                    _event("M", _NAMES, "cat"),
                ]
            },
        },
        "displayTimeUnit": {"enum": ["ms", "ns"]},
        "otherData": {"type": "object"},
    },
    "required": ["traceEvents"],
    "additionalProperties": False,
}
_FORM = jsonschema.Draft202012Validator(SCHEMA)


def checked(trace: bytes) -> list[Event]:
    """The events of a trace that is right in form: required keys, names for all places, slices that nest, and arrows
    that begin and end in slices."""
    document = json.loads(trace)
    _FORM.validate(document)
    events: list[Event] = document["traceEvents"]
    drawn = [event for event in events if event["ph"] != "M"]
    named = {(e["name"], e["pid"], e["tid"] if e["name"] == "thread_name" else 0) for e in events if e["ph"] == "M"}
    assert all(("process_name", e["pid"], 0) in named and ("thread_name", e["pid"], e["tid"]) in named for e in drawn)
    threads = defaultdict(set)
    for event in drawn:
        threads[event["tid"]].add(event["pid"])
    assert all(len(processes) == 1 for processes in threads.values())
    lanes = defaultdict(list)
    for event in of(events, "X"):
        lanes[event["pid"], event["tid"]].append(event)
    for lane in lanes.values():
        _nests(lane)
    _arrows(events, lanes)
    return events


def of(events: Sequence[Event], phase: str, category: str | None = None) -> list[Event]:
    """The events of a kind."""
    return [e for e in events if e["ph"] == phase and category in (None, e.get("cat"))]


def end(event: Event) -> int:
    ends: int = event["ts"] + event["dur"]
    return ends


def _nests(lane: list[Event]) -> None:
    """In the order they are written, as viewers read them: a slice ends in the one that it begins in."""
    opened: list[Event] = []
    for event in sorted(lane, key=lambda event: int(event["ts"])):
        while opened and end(opened[-1]) <= event["ts"]:
            opened.pop()
        assert not opened or end(event) <= end(opened[-1]), (opened[-1], event)
        opened.append(event)


def _arrows(events: list[Event], lanes: dict[tuple[int, int], list[Event]]) -> None:
    ends: dict[int, list[str]] = defaultdict(list)
    for event in events:
        if event["ph"] in "sf":
            ends[event["id"]].append(event["ph"])
            lane = lanes[event["pid"], event["tid"]]
            assert any(drawn["ts"] <= event["ts"] < end(drawn) for drawn in lane), event
    assert all(pair == ["s", "f"] for pair in ends.values())
