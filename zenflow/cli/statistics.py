"""Descriptions of tables and arrays as people read them: a line a column, what is remarkable in words.

`zenflow show --json` has the whole description.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from zenflow.cli.terminal import table

_COLUMNS, _TOP, _NAME = 12, 3, 30
_BARS = "▁▂▃▄▅▆▇█"
_OURS = frozenset({"rows", "shape", "dtype", "length"})
"""A description without any of these is a materializer's of somebody else."""
_DETAILS = frozenset(
    {"columns", "parts", "metrics", "quantiles", "histogram", "lengths", "top"}
    | {"size", "min", "max", "mean", "deviation", "distinct", "true", "nan", "infinite", "nulls"}
)


def headline(metadata: Mapping[str, object]) -> dict[str, object]:
    """What of a description goes on one line: no statistics, of columns and parts how many.

    >>> headline({"rows": 3, "size": 24, "columns": {"depth": {"type": "int64", "min": 1}}})
    {'rows': 3, 'columns': 1}
    """
    if _OURS.isdisjoint(metadata):
        return dict(metadata)
    told = {name: value for name, value in metadata.items() if name not in _DETAILS}
    counted = {name: len(value) for name in ("columns", "parts") if isinstance(value := metadata.get(name), Mapping)}
    more = told.pop("more_columns", 0)
    if isinstance(more, int) and "columns" in counted:
        counted["columns"] += more
    return told | counted


def statistics_lines(metadata: Mapping[str, object]) -> list[str]:
    """The statistics of a description: of each column or part a line, of an array one.

    >>> statistics_lines({"shape": [3], "min": 1, "max": 4, "mean": 2.5, "nan": 1})
    ['1 nan, 1 to 4, mean 2.5']
    """
    if _OURS.isdisjoint(metadata):
        return []
    try:
        for name in ("columns", "parts"):
            if name in metadata:
                return _table(cast(Mapping[str, Any], metadata[name]), cast(int, metadata.get("more_columns", 0)))
        line = _facts(metadata)
    except (TypeError, ValueError, LookupError, AttributeError):  # a materializer of others means something else
        return []
    return [line] if line else []


def _table(several: Mapping[str, Mapping[str, Any]], more: int) -> list[str]:
    shown = list(several.items())[:_COLUMNS]
    rows = [(_cut(name), _cut(str(one.get("type", ""))), _facts(one)) for name, one in shown]
    lines = [line.rstrip() for line in table(("", "", ""), rows).splitlines() if line.strip()]
    hidden = len(several) - len(shown) + more
    return [*lines, f"… {hidden:,} more"] if hidden else lines


def _facts(told: Mapping[str, Any]) -> str:
    """What is remarkable of a column or an array, in words.

    >>> _facts({"nulls": 2, "distinct": 2, "lengths": {"min": 4, "max": 5, "mean": 4.5}, "top": [["Paris", 7]]})
    '2 nulls, 2 distinct, 4 to 5 long, Paris 7'
    """
    facts = [f"{told[name]:,} {name}" for name in ("nulls", "nan", "infinite") if told.get(name)]
    if "true" in told:
        facts.append(f"{told['true']:.1%} true")
    if "distinct" in told and "lengths" in told:
        facts.append(f"{told['distinct']:,} distinct")
    if "lengths" in told:
        facts.append(f"{told['lengths']['min']:,} to {told['lengths']['max']:,} long")
    if "min" in told and "max" in told:
        facts.append(f"{_number(told['min'])} to {_number(told['max'])}")
    if "mean" in told:
        spread = f" ± {_number(told['deviation'])}" if "deviation" in told else ""
        facts.append(f"mean {_number(told['mean'])}{spread}")
    facts += [f"{_cut(str(value))} {count:,}" for value, count in told.get("top", ())[:_TOP]]
    if "shape" in told and "type" in told:
        facts.insert(0, f"shape {list(told['shape'])}")
    if "problem" in told and "type" in told:
        facts.append(str(told["problem"]))
    bars = _bars(told["histogram"]["counts"]) if "histogram" in told else ""
    return ", ".join(facts) + (f"  {bars}" if bars else "")


def _bars(counts: Sequence[int]) -> str:
    """A histogram as characters.

    >>> _bars([1, 4, 8])
    '▂▅█'
    """
    most = max(counts, default=0) or 1
    return "".join(_BARS[round(count / most * (len(_BARS) - 1))] for count in counts)


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= _NAME else text[: _NAME - 1] + "…"
