"""Images of Pillow, figures of plotly and matplotlib."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import plotly.graph_objects as go
import sklearn.datasets
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from tests.artifacts.families.case import Case

_BYTES = ("1", "L", "LA", "RGB", "RGBA", "RGBX", "RGBa", "La", "CMYK", "YCbCr", "LAB", "HSV")
MODES = (*_BYTES, "P", "PA", "I", "F", "I;16", "I;16B", "I;16L")


@st.composite
def _images(draw: st.DrawFn) -> Any:
    mode = draw(st.sampled_from(MODES))
    size = draw(st.tuples(st.integers(0, 9), st.integers(0, 9)))
    length = len(Image.new(mode, size).tobytes())
    image = (
        Image.frombytes(mode, size, draw(st.binary(min_size=length, max_size=length)))
        if length
        else Image.new(mode, size)
    )
    if mode in ("P", "PA"):
        kind = draw(st.sampled_from(["RGB", "RGBA"]))
        image.putpalette(
            draw(st.binary(min_size=len(kind), max_size=64).map(lambda b: b[: len(b) // len(kind) * len(kind)])), kind
        )
    image.info = draw(st.fixed_dictionaries({}, optional={
        "dpi": st.tuples(st.floats(1, 600), st.floats(1, 600)),
        "icc_profile": st.binary(max_size=20),
        "exif": st.binary(max_size=20),
        "transparency": st.integers(0, 255) | st.binary(max_size=4),
        "comment": st.text(max_size=5),
    }))  # fmt: skip
    return image


def _same_image(loaded: Any, value: Any) -> None:
    assert loaded == value  # mode, size, info, pixels, and class
    assert loaded.getpalette(None) == value.getpalette(None)
    if value.mode in ("P", "PA") and loaded.tobytes():
        assert loaded.convert("RGBA").tobytes() == value.convert("RGBA").tobytes()


def _fixed_images() -> list[Any]:
    samples: Any = sklearn.datasets
    photograph = Image.fromarray(samples.load_sample_image("china.jpg")).resize((160, 106))
    grey = Image.new("F", (5, 4), 0.1)
    palette = photograph.quantize(16)
    palette.info = {"transparency": 3, "dpi": (72.0, 72.0)}
    return [photograph, photograph.convert("CMYK"), palette, grey, Image.new("1", (9, 9), 1)]


_numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5)


@st.composite
def _charts(draw: st.DrawFn) -> Any:
    figure = go.Figure(layout={"title": draw(st.text(max_size=5)), "width": draw(st.none() | st.integers(10, 500))})
    for numbers in draw(st.lists(_numbers, max_size=2)):
        figure.add_scatter(x=np.array(numbers), y=numbers, name=draw(st.text(max_size=3)))
        figure.add_heatmap(z=np.array([numbers, numbers]))
    return figure


def _same_chart(loaded: Any, value: Any) -> None:
    """As plotly has it: an array may come back as one of fewer bits."""
    assert loaded.to_plotly_json().keys() == value.to_plotly_json().keys()
    assert loaded.layout == value.layout
    for one, other in zip(loaded.data, value.data, strict=True):
        assert (one.type, one.name) == (other.type, other.name)
        for key in ("x", "y", "z"):
            assert np.array_equal(one[key], other[key]) if key in other and other[key] is not None else True


def _fixed_charts() -> list[Any]:
    text = {word: word for word in ("alpha", "beta", "gamma")}
    return [go.Figure(go.Bar(x=["a", "b"], y=np.arange(2), meta=text)), go.Figure()]


@st.composite
def _drawings(draw: st.DrawFn) -> Any:
    return draw(_numbers), draw(st.sampled_from([50.0, 72.5, 100.0])), draw(st.text("abc", max_size=5))


def _drawn(how: Any) -> Figure:
    numbers, dpi, title = how
    figure = Figure(figsize=(2, 1.5), dpi=dpi)
    axes = figure.add_subplot(title=title)
    axes.plot(numbers, label="line")
    axes.scatter(range(len(numbers)), numbers, c=range(len(numbers)))
    axes.legend()
    return figure


def _same_drawing(loaded: Any, value: Any) -> None:
    """To the eye: the same pixels."""
    assert (tuple(loaded.get_size_inches()), loaded.dpi) == (tuple(value.get_size_inches()), value.dpi)
    assert np.array_equal(_seen(loaded), _seen(value))


def _seen(figure: Any) -> Any:
    data = io.BytesIO()
    figure.savefig(data, format="png", backend="agg", dpi="figure")
    return np.asarray(Image.open(data))


CASES = (
    Case("image", Image.Image, _images(), _fixed_images, _same_image, examples=100),
    Case("plotly figure", go.Figure, _charts(), _fixed_charts, _same_chart, examples=10),
    Case("matplotlib figure", Figure, _drawings(), lambda: [([1.0, 3.0, 2.0], 90.0, "t")], _same_drawing, _drawn, 3),
)
