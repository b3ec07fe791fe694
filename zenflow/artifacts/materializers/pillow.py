"""Images of Pillow: a lossless PNG where PNG has the mode, else the pixels as Pillow holds them.

What PNG would change (`I`, `F`, `CMYK`, a palette with alpha …) is stored raw, and so is an image of more than `PIXELS`
pixels: raw pixels are as many bytes as the header says, so no few bytes can claim to be a large image, and nothing that
can be saved is too large to be loaded. Palette and `info` (EXIF, ICC profile, resolution, transparency) are beside the
pixels, in MessagePack, and not in PNG's own chunks, which hold some of them in another form.
PNG: https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import io
import math
import warnings
from typing import Any, TypedDict

from attrs import frozen
from PIL import Image, TiffImagePlugin

from zenflow.artifacts.hints import type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.plain import Plain, plain
from zenflow.artifacts.misfit import NotPlain
from zenflow.errors import LoadError, SaveError

FORMAT = "image/1"
META = "meta"
PNG = "pixels.png"
RAW = "pixels"

PIXELS = 89_478_485
"""Pixels of an image that may be compressed: Pillow's own bound at which it warns of a decompression bomb."""

_EFFORT = 3
"""Of zlib, from 0 to 9: a ninetieth larger than at Pillow's own 6, in a third of the time (a noisy photograph)."""

_IN_PNG = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
_PALETTES = frozenset({"P", "PA"})


def materializer(hint: object) -> Picture | None:
    """The materializer of `PIL.Image.Image`. A subclass says which file it came from, which is not kept."""
    return Picture() if hint is Image.Image else None


class _Meta(TypedDict):
    mode: str
    size: tuple[int, int]
    palette: tuple[str, bytes] | None
    info: dict[Any, Any]


@frozen
class Picture:
    """Mode, size, pixels, palette, and what of `info` is plain. `format` and `filename` name the file that an image
    was opened from, and are not kept; it comes back as a `PIL.Image.Image` whatever its subclass was.

    Raises:
        SaveError: A value that is no image, or one of several frames.
        LoadError: Bytes that are no such image, are cut short, or are of another size than their header says.
    """

    format: str = FORMAT

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, Image.Image):
            raise SaveError(
                f"a `PIL.Image.Image` was declared, and what was returned is `{type_name(type(value))}`",
                help="return `PIL.Image.fromarray(value)`, or declare what is returned",
            )
        frames = getattr(value, "n_frames", 1)
        if frames > 1:
            raise SaveError(
                f"the image has {frames} frames, and only one would be kept",
                help="return a `list[PIL.Image.Image]`: `[frame.copy() for frame in ImageSequence.Iterator(image)]`",
            )
        try:
            value.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise SaveError(f"the image can not be read from the file it was opened from: {error}") from error
        palette = _palette(value)
        meta = _Meta(mode=value.mode, size=value.size, palette=palette, info=_kept(value.info))
        out.write(META, plain(_Meta).encode(meta))
        if 0 < math.prod(value.size) <= PIXELS and _fits_png(value, palette):
            bare = value.copy()
            bare.info = {}
            data = io.BytesIO()
            bare.save(data, "PNG", compress_level=_EFFORT)
            out.write(PNG, data.getbuffer())
        else:
            out.write(RAW, value.tobytes())

    def load(self, blobs: BlobReader, hint: type) -> Any:
        meta: Any = plain(_Meta).decode(blobs.read(META))
        try:
            image = _from_png(blobs, meta) if PNG in blobs.names() else _from_raw(blobs, meta)
            if meta["palette"] is not None:
                mode, palette = meta["palette"]
                image.putpalette(palette, mode)
        except (OSError, SyntaxError, ValueError, KeyError, TypeError, OverflowError, Warning) as error:
            raise LoadError(f"the stored bytes are no image: {error}") from error
        image.info = meta["info"]
        return image

    def describe(self, value: Any) -> Description:
        known: dict[str, object] = {"width": value.width, "height": value.height, "mode": value.mode}
        return known if value.format is None else {**known, "format": value.format}


def _fits_png(image: Any, palette: tuple[str, bytes] | None) -> bool:
    """Whether PNG has the mode; and, with a palette, only colours without alpha, and no pixel beyond them."""
    if palette is None:
        return image.mode in _IN_PNG
    mode, colours = palette
    return image.mode == "P" and mode == "RGB" and image.getextrema()[1] < len(colours) // len(mode)


def _from_png(blobs: BlobReader, meta: Any) -> Any:
    if math.prod(meta["size"]) > PIXELS or min(meta["size"]) < 0:
        raise ValueError(f"no image of {meta['size'][0]} x {meta['size'][1]} pixels is compressed")
    with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning):
        try:
            opened = Image.open(io.BytesIO(blobs.read(PNG)), formats=["PNG"])
        except Image.DecompressionBombError as error:
            raise ValueError(str(error)) from error
    if (opened.mode, opened.size) != (meta["mode"], meta["size"]):
        raise ValueError(f"its header says {meta['mode']} of {meta['size']}, its pixels {opened.mode} of {opened.size}")
    return opened.copy()


def _from_raw(blobs: BlobReader, meta: Any) -> Any:
    mode, size = meta["mode"], meta["size"]
    data = blobs.read(RAW)
    row = len(Image.new(mode, (size[0], 1)).tobytes()) if 0 < size[0] <= 8 * data.nbytes else 0
    if row * size[1] != data.nbytes or min(size) < 0 or bool(data.nbytes) == (0 in size):
        raise ValueError(f"{data.nbytes} bytes for {mode} of {size[0]} x {size[1]} pixels")
    return Image.frombytes(mode, size, data) if data.nbytes else Image.new(mode, size)


def _palette(image: Any) -> tuple[str, bytes] | None:
    """The mode and the colours of a palette, as many as it has."""
    if image.mode not in _PALETTES:
        return None
    mode = image.im.getpalettemode()
    return mode, bytes(image.im.getpalette(mode, mode))


def _kept(info: dict[Any, Any]) -> dict[Any, Any]:
    """What of an image's `info` is plain: all that Pillow reads of EXIF, profiles, resolution, text, transparency."""
    kept = {}
    for key, value in info.items():
        item = _number(value)
        try:
            _anything().encode({key: item})
        except (NotPlain, SaveError):
            continue
        kept[key] = item
    return kept


def _anything() -> Plain:
    return plain(dict[Any, Any])


def _number(value: Any) -> Any:
    """TIFF's fractions, which resolutions are given in, as floats."""
    if isinstance(value, tuple):
        return tuple(map(_number, value))
    return float(value) if isinstance(value, TiffImagePlugin.IFDRational) else value
