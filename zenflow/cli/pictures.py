"""Images and figures as files: by the ending of the file's name, in the way of their own library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

Write = Callable[[Any, BinaryIO], None]


def forms_of(value: object) -> Mapping[str, tuple[str, Write]]:
    """By ending, what an image or figure is written as; the first is for a name without one. Empty for all else."""
    for base in type(value).__mro__:
        forms = _FORMS.get(f"{base.__module__.partition('.')[0]}.{base.__name__}")
        if forms is not None:
            return forms
    return {}


def _image(kind: str) -> Write:
    return lambda value, out: value.save(out, kind)


def _bytes_of(name: str) -> Write:
    return lambda value, out: _put(getattr(value, name), out)


def _put(data: bytes, out: BinaryIO) -> None:
    out.write(data)


_FORMS: dict[str, dict[str, tuple[str, Write]]] = {
    "PIL.Image": {
        ".png": ("PNG", _image("PNG")),
        ".jpg": ("JPEG", _image("JPEG")),
        ".jpeg": ("JPEG", _image("JPEG")),
        ".tiff": ("TIFF", _image("TIFF")),
        ".webp": ("WebP", _image("WebP")),
    },
    "zenflow.StoredFigure": {".png": ("PNG", _bytes_of("png")), ".svg": ("SVG", _bytes_of("svg"))},
    "plotly.Figure": {
        ".json": ("JSON", lambda value, out: _put(value.to_json().encode(), out)),
        ".html": ("HTML", lambda value, out: _put(value.to_html().encode(), out)),
    },
}
