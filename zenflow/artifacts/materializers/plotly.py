"""Figures of plotly, as plotly's own JSON with its keys in order.

Its JSON knows no difference between a missing value and NaN in a list, and keeps a date as text: to plotly they are
the same. Arrays of numpy travel in binary there and come back as arrays. Not all a figure's object can be comes back,
so consumers are given what is stored in any case.
JSON of plotly: https://plotly.com/chart-studio-help/json-chart-schema/
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import plotly.io
from attrs import frozen
from plotly.graph_objects import Figure

from zenflow.artifacts.hints import type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.errors import LoadError, SaveError

FORMAT = "plotly-figure/1"
DATA = "figure.json"

_BINARY = {"dtype", "bdata"}
_DTYPES = frozenset({"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"})


def materializer(hint: object) -> PlotlyFigure | None:
    """The materializer of `plotly.graph_objects.Figure`."""
    return PlotlyFigure() if hint is Figure else None


@frozen
class PlotlyFigure:
    """Data, layout and frames.

    Raises:
        SaveError: A value that is no figure, a widget, or one that its own JSON can not hold.
        LoadError: Bytes that are no figure.
    """

    format: str = FORMAT

    def save(self, value: Any, out: BlobWriter) -> None:
        if type(value) is not Figure:
            raise SaveError(
                f"a `plotly.graph_objects.Figure` was declared, and what was returned is `{type_name(type(value))}`",
                help="return `plotly.graph_objects.Figure(value)`",
            )
        out.reread = True
        try:
            text: Any = plotly.io.to_json(value, validate=False, engine="json")
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise SaveError(
                f"the figure holds what plotly can not write as JSON: {error}", help="use plain values and arrays"
            ) from error
        canonical = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        out.write(DATA, canonical.encode())

    def load(self, blobs: BlobReader, hint: type) -> Any:
        try:
            whole = json.loads(bytes(blobs.read(DATA)))
            return Figure(_with_arrays(whole))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise LoadError(f"the stored bytes are no plotly figure: {error}") from error

    def describe(self, value: Any) -> Description:
        return {"traces": [trace.type for trace in value.data], "title": value.layout.title.text}


def _with_arrays(node: Any) -> Any:
    """The JSON with its binary arrays as numpy's, where numpy is: plotly itself leaves them packed."""
    if isinstance(node, list):
        return [_with_arrays(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.keys() >= _BINARY and node["dtype"] in _DTYPES and "numpy" in sys.modules:
        array = sys.modules["numpy"].frombuffer(base64.b64decode(node["bdata"], validate=True), node["dtype"])
        shape = [int(length) for length in str(node.get("shape", len(array))).split(",")]
        return array.reshape(shape)
    return {key: _with_arrays(item) for key, item in node.items()}
