"""Images and figures: what is refused and why, what hostile bytes end in, what is drawn with."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from zenflow.artifacts import wire
from zenflow.artifacts.blobs import Writing
from zenflow.artifacts.content import Content
from zenflow.artifacts.materializers import pillow
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store
from zenflow.errors import LoadError, NoMaterializer, SaveError


def stored(format: str, **blobs: bytes) -> Content:
    out = Writing(None, format)
    for name, data in blobs.items():
        out.write(name.replace("_", "."), data)
    return out.content("t", {})


def meta(mode: str, size: tuple[int, int]) -> bytes:
    return wire.encode({"mode": mode, "size": size, "palette": None, "info": {}})


def png(size: tuple[int, int]) -> bytes:
    data = io.BytesIO()
    Image.new("L", size).save(data, "PNG")
    return data.getvalue()


def test_an_opened_file_comes_back_with_its_exif_and_profile_but_no_file(store: Store) -> None:
    data = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a description"
    Image.new("RGB", (8, 8), "red").save(data, "JPEG", exif=exif, icc_profile=b"profile", dpi=(300, 300))
    opened = Image.open(data)
    content = save(opened, Image.Image, store)
    assert content.description == {"width": 8, "height": 8, "mode": "RGB", "format": "JPEG"}
    loaded = load(content, Image.Image, store)
    assert type(loaded) is Image.Image
    assert loaded.tobytes() == opened.tobytes()
    assert loaded.getexif()[0x010E] == "a description"
    assert (loaded.info["icc_profile"], loaded.info["dpi"]) == (b"profile", (300, 300))


@dataclass(frozen=True)
class Report:
    title: str
    picture: Image.Image
    curves: list[Figure]


def test_pictures_come_back_in_records(store: Store) -> None:
    report = Report("r", Image.new("LA", (3, 3), (1, 2)), [Figure(figsize=(1, 1)), Figure(figsize=(2, 1))])
    loaded = load(save(report, Report, store), Report, store)
    assert (loaded.title, loaded.picture) == ("r", report.picture)
    assert [tuple(figure.get_size_inches()) for figure in loaded.curves] == [(1, 1), (2, 1)]


def test_an_image_beyond_the_bound_is_stored_raw_and_loads(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow, "PIXELS", 100)
    large = Image.new("RGB", (11, 10), "blue")
    content = save(large, Image.Image, store)
    assert {blob.name for blob in content.blobs} == {"meta", "pixels"}
    assert load(content, Image.Image, store) == large


def test_a_film_is_refused_with_the_fix(store: Store) -> None:
    data = io.BytesIO()
    frames = [Image.new("L", (4, 4), grey) for grey in (0, 100, 200)]
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(SaveError, match="3 frames"):
        save(Image.open(data), Image.Image, store)


def test_a_file_that_is_cut_short_is_an_error_when_saved(store: Store) -> None:
    with pytest.raises(SaveError, match="can not be read"):
        save(Image.open(io.BytesIO(png((64, 64))[:-30])), Image.Image, store)


@pytest.mark.parametrize(
    "content",
    [
        stored("image/1", meta=meta("L", (100_000, 100_000)), pixels_png=png((1, 1))),
        stored("image/1", meta=meta("L", (2, 2)), pixels_png=png((3, 3))),
        stored("image/1", meta=meta("L", (64, 64)), pixels_png=png((64, 64))[:60]),
        stored("image/1", meta=meta("L", (100_000, 100_000)), pixels=b""),
        stored("image/1", meta=meta("L", (-1, -4)), pixels=b"1234"),
        stored("image/1", meta=meta("none", (2, 2)), pixels=b"1234"),
        stored("image/1", meta=meta("L", (3, 2)), pixels=b"1234"),
        stored("image/1", meta=b"", pixels=b"1234"),
        stored("image/1", meta=meta("L", (3, 2))),
    ],
    ids=["bomb", "another size", "cut short", "empty", "negative", "no mode", "too few", "no header", "no pixels"],
)
def test_bytes_that_are_no_image_end_in_a_load_error(content: Content) -> None:
    with pytest.raises(LoadError):
        load(content, Image.Image, None)


@given(st.binary(max_size=30), st.integers(0, 80))
def test_damaged_pixels_are_a_load_error_or_an_image_of_the_same_size(junk: bytes, at: int) -> None:
    good = bytearray(png((16, 16)))
    good[at : at + len(junk)] = junk
    try:
        image = load(stored("image/1", meta=meta("L", (16, 16)), pixels_png=bytes(good)), Image.Image, None)
    except LoadError:
        return
    assert image.size == (16, 16)


def test_pillows_own_bound_is_an_error_and_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    content = save(Image.new("L", (30, 30)), Image.Image, None)
    for bound in (500, 100):  # over the bound, Pillow warns; over twice the bound, it raises
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", bound)
        with pytest.raises(LoadError, match="no image"):
            load(content, Image.Image, None)


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        (np.zeros((2, 2)), Image.Image, "fromarray"),
        ({"data": []}, go.Figure, r"Figure\(value\)"),
        (Figure().add_subplot(), Figure, r"axes\.figure"),
        (Figure(figsize=(1000, 1000), dpi=100), Figure, "set_dpi"),
        (go.Figure(go.Scatter(meta=object())), go.Figure, "JSON"),
    ],
    ids=["array", "dict", "axes", "large figure", "object in a chart"],
)
def test_what_is_no_picture_is_refused_with_the_fix(value: Any, hint: Any, message: str) -> None:
    with pytest.raises(SaveError, match=message):
        save(value, hint, None)


def test_a_declared_subclass_has_no_materializer() -> None:
    with pytest.raises(NoMaterializer, match="PngImageFile"):
        save(Image.new("L", (1, 1)), PngImageFile, None)


def test_a_loaded_figure_shows_the_stored_picture_and_takes_more_paint(store: Store) -> None:
    figure = Figure(figsize=(2, 2), dpi=60)
    figure.add_subplot(title="loss").plot([1, 2])
    content = save(figure, Figure, store)
    assert content.description == {"width": 120, "height": 120, "dpi": 60.0, "titles": ["loss"]}
    assert {blob.name for blob in content.blobs} == {"figure.png", "figure.svg", "meta"}
    loaded = load(content, Figure, store)
    assert b"<svg" in loaded.svg
    loaded.text(0.5, 0.5, "seen")
    assert save(loaded, Figure, store).digest != content.digest


def test_a_figure_is_drawn_without_a_window_or_pyplot() -> None:
    code = (
        "import sys; from matplotlib.figure import Figure; from zenflow.artifacts.saving import load, save\n"
        "import tempfile; from zenflow.artifacts.store import open_store; store = open_store(tempfile.mkdtemp())\n"
        "load(save(Figure(), Figure, store), Figure, store); print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"


def test_the_users_own_style_of_saving_does_not_change_the_bytes(store: Store) -> None:
    digests = set()
    for style in ({}, {"savefig.bbox": "tight", "savefig.dpi": 20, "svg.hashsalt": "mine"}):
        figure = Figure(figsize=(2, 2), dpi=60)
        figure.add_subplot().plot([1, 2])
        rc: Any = style
        with matplotlib.rc_context(rc):
            digests.add(save(figure, Figure, store).digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("format", "hint", "name"),
    [("plotly-figure/1", go.Figure, "figure_json"), ("matplotlib-figure/1", Figure, "meta")],
)
@pytest.mark.parametrize(
    "junk", [b"", b"{", b"[1]", b'{"data": 3}', b'{"data": [{"x": {"dtype": "f8", "bdata": "?"}}]}']
)
def test_bytes_that_are_no_figure_end_in_a_load_error(format: str, hint: Any, name: str, junk: bytes) -> None:
    with pytest.raises(LoadError):
        load(stored(format, **{name: junk}), hint, None)
