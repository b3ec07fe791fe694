"""Figures of matplotlib, as what people see: a PNG in the figure's own size and resolution, and an SVG.

matplotlib has no format of its own for a figure but pickle, which runs code on load and breaks between versions. So
the picture is stored, twice: pixels for eyes and for `load`, vectors for print. What is loaded is a `Figure` of the
same size and resolution that shows those pixels; its axes, lines and texts are not there to be changed. Consumers are
given that in every case, so that a step finds the same whether the one before it ran just now or was cached.

Drawing is by Agg and by matplotlib's SVG backend: no window system, no `pyplot`, and the figure keeps its canvas.
"""

from __future__ import annotations

import io
import math
from typing import Any

import matplotlib
from attrs import frozen
from matplotlib.figure import Figure
from PIL import Image

from zenflow.artifacts import wire
from zenflow.artifacts.hints import class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.errors import LoadError, SaveError

FORMAT = "matplotlib-figure/1"
META = "meta"
PNG = "figure.png"
SVG = "figure.svg"

PIXELS = 89_478_485
"""Pixels of a figure, at most: Pillow's own bound at which it warns of a decompression bomb."""

# Random names of clip paths, the date and matplotlib's version would make the same figure other bytes.
_STYLE: Any = {"svg.hashsalt": "zenflow", "svg.id": None, "savefig.bbox": None, "savefig.dpi": "figure"}


def materializer(hint: object) -> Drawing | None:
    """The materializer of `matplotlib.figure.Figure`; not of its subclasses: a SubFigure is a part of one."""
    return Drawing() if class_of(hint) is Figure else None


class StoredFigure(Figure):
    """A figure that was loaded: the stored picture on an empty figure. Saved again, it is the same artifact."""

    def __init__(self, png: bytes, svg: bytes, size: tuple[float, float], dpi: float) -> None:
        super().__init__(figsize=size, dpi=dpi, frameon=False)
        self.png = png
        """The stored picture, in pixels."""
        self.svg = svg
        """The stored picture, in vectors."""
        self.figimage(_pixels(png, [inches * dpi for inches in size]))


@frozen
class Drawing:
    """A PNG, an SVG, the size in inches and the resolution in dots per inch.

    Raises:
        SaveError: A value that is no figure, one that can not be drawn, or one of more than `PIXELS` pixels.
        LoadError: Bytes that are no such picture.
    """

    format: str = FORMAT

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, Figure):
            raise SaveError(
                f"a `matplotlib.figure.Figure` was declared, and what was returned is `{type_name(type(value))}`",
                help="return the figure: `axes.figure`, or the first of what `pyplot.subplots()` gives",
            )
        out.reread = True
        size, dpi = tuple(map(float, value.get_size_inches())), float(value.dpi)
        if math.prod(size) * dpi**2 > PIXELS:
            raise SaveError(
                f"a figure of {size[0]:g} x {size[1]:g} inches at {dpi:g} dpi is more than {PIXELS} pixels",
                help="make it smaller: `figure.set_dpi(...)`, `figure.set_size_inches(...)`",
            )
        png = _drawn(value, "png")
        svg = value.svg if isinstance(value, StoredFigure) and png == value.png else _drawn(value, "svg")
        out.write(META, wire.encode([*size, dpi]))
        out.write(PNG, png)
        out.write(SVG, svg)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        match wire.decode(blobs.read(META)):
            case [float(width), float(height), float(dpi)]:
                pass
            case _:
                raise LoadError("the stored size of a figure is none")
        try:
            return StoredFigure(bytes(blobs.read(PNG)), bytes(blobs.read(SVG)), (width, height), dpi)
        except (OSError, SyntaxError, ValueError, OverflowError, Warning, Image.DecompressionBombError) as error:
            raise LoadError(f"the stored bytes are no figure: {error}") from error

    def describe(self, value: Any) -> Description:
        width, height = (round(inches * value.dpi) for inches in value.get_size_inches())
        titles = [axes.get_title() for axes in value.axes]
        return {"width": width, "height": height, "dpi": float(value.dpi), "titles": [t for t in titles if t]}


def _drawn(figure: Any, kind: str) -> bytes:
    data = io.BytesIO()
    metadata = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    backend = "agg" if kind == "png" else "svg"
    try:
        with matplotlib.rc_context(_STYLE):
            figure.savefig(data, format=kind, backend=backend, dpi="figure", metadata=metadata)
    except (ValueError, TypeError, RuntimeError, OverflowError, MemoryError) as error:
        raise SaveError(
            f"the figure can not be drawn: {error}", help="draw it with `figure.savefig(...)` to see"
        ) from error
    return data.getvalue()


def _pixels(png: bytes, size: list[float]) -> Any:
    import numpy as np

    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        if math.prod(image.size) > PIXELS:
            raise ValueError(f"{image.size[0]} x {image.size[1]} pixels are too many")
        if not all(abs(one - other) <= 1 for one, other in zip(image.size, size, strict=True)):
            raise ValueError(f"{image.size[0]} x {image.size[1]} pixels for a figure of {size[0]:g} x {size[1]:g}")
        return np.asarray(image.convert("RGBA"))
