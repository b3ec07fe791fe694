"""numpy arrays and scalars, in numpy's own format.

The header is read and its shape and dtype checked against the bytes that are there before anything is allocated; the
array is a read-only view on those bytes (memory-mapped where they are a local file). Order in memory (C or Fortran) is
part of the value's bytes. NPY: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import ast
import io
import math
import sys
import typing
from typing import Any

import numpy as np
from attrs import frozen

from zenflow.artifacts.description.arrays import describe_array
from zenflow.artifacts.hints import class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.errors import LoadError, SaveError

FORMAT = "npy/1"
SCALAR = "numpy-scalar/1"
DATA = "data"
_LONGEST_HEADER = 64 * 1024
_EXHAUSTED = (RecursionError, MemoryError, OverflowError)


def materializer(hint: object) -> Array | Scalar | None:
    """The materializer of `numpy.ndarray`, `NDArray[...]` or a scalar type."""
    cls = class_of(hint)
    if cls is np.ndarray:
        return Array(_dtype_class(hint))
    if cls is not None and issubclass(cls, np.generic) and not issubclass(cls, np.object_ | np.void):
        return Scalar(cls)
    return None


@frozen
class Array:
    """`element` is the declared scalar type (`np.float64` of `NDArray[np.float64]`), `np.generic` where none is.

    Raises:
        SaveError: Object arrays, masked arrays, subclasses, another dtype than the declared one.
        LoadError: Bytes that are no array of the declared dtype.
    """

    element: type
    format: str = FORMAT

    def save(self, value: Any, out: BlobWriter) -> None:
        if type(value) not in (np.ndarray, np.memmap):
            raise SaveError(
                f"a `numpy.ndarray` was declared, and what was returned is `{type_name(type(value))}`",
                help="return `numpy.asarray(value)`, or `value.filled()` for a masked array",
            )
        if value.dtype.hasobject or value.dtype.kind not in "biufcSUVmM":
            raise SaveError(
                f"an array of dtype {value.dtype} can not be stored: its elements are Python objects",
                help="give it a dtype of fixed size (`array.astype(...)`), or return a list",
            )
        self._check(value.dtype, SaveError)
        array = _whole(value)
        header = io.BytesIO()
        try:
            np.lib.format.write_array_header_2_0(header, np.lib.format.header_data_from_array_1_0(array))
        except UnicodeEncodeError as error:
            raise SaveError(
                f"a name among the fields of {value.dtype} is not of Latin letters, which is all that the format has",
                help="rename the fields: `numpy.lib.recfunctions.rename_fields(array, {...})`",
            ) from error
        if header.tell() > _LONGEST_HEADER:
            raise SaveError(
                f"an array can not be stored whose dtype takes {header.tell()} bytes to write down",
                help="give it fewer or shorter field names",
            )
        with out.open(DATA) as file:
            file.write(header.getvalue())
            if array.nbytes:
                flat = array.ravel(order="K").view(np.uint8) if array.ndim else array.reshape(1).view(np.uint8)
                file.write(memoryview(flat))

    def load(self, blobs: BlobReader, hint: type) -> Any:
        array = read_npy(blobs.read(DATA))
        self._check(array.dtype, LoadError)
        return array

    def describe(self, value: Any) -> Description:
        return describe_array(value)

    def _check(self, dtype: np.dtype[Any], error: type[SaveError | LoadError]) -> None:
        if not issubclass(dtype.type, self.element):
            raise error(
                f"an array of `{self.element.__name__}` was declared, and this one is of `{dtype.name}`",
                help=f"convert it (`array.astype(...)`), or declare `NDArray[np.{dtype.type.__name__}]`",
            )


@frozen
class Scalar:
    """A numpy scalar, as an array without dimensions."""

    cls: type
    format: str = SCALAR

    def save(self, value: Any, out: BlobWriter) -> None:
        if not isinstance(value, self.cls):
            raise SaveError(
                f"a `numpy.{self.cls.__name__}` was declared, and what was returned is `{type(value).__name__}`",
                help=f"return `numpy.{self.cls.__name__}(value)`",
            )
        Array(np.generic).save(np.asarray(value), out)

    def load(self, blobs: BlobReader, hint: type) -> Any:
        array = read_npy(blobs.read(DATA))
        if array.shape != () or not issubclass(array.dtype.type, self.cls):
            raise LoadError(
                f"what is stored is no `numpy.{self.cls.__name__}` but {array.dtype} of shape {array.shape}"
            )
        return array[()]

    def describe(self, value: Any) -> Description:
        return {"dtype": str(value.dtype)}


def read_npy(data: memoryview) -> Any:
    """A read-only array on these bytes.

    Raises:
        LoadError: They are no array, are shorter or longer than their header says, or hold Python objects.
    """
    try:
        shape, fortran, dtype, start = _header(data)
        size = math.prod(shape) * dtype.itemsize
        if dtype.hasobject or any(length < 0 for length in shape) or size != data.nbytes - start:
            raise ValueError(f"{data.nbytes - start} bytes for a {dtype} of shape {shape}")
        if size == 0:
            array = np.zeros(shape, dtype)
        else:
            array = np.frombuffer(data, np.uint8, size, start).view(dtype).reshape(shape, order="F" if fortran else "C")
    except (ValueError, TypeError, SyntaxError, LookupError, AttributeError, Warning, *_EXHAUSTED) as error:
        raise LoadError(f"the stored bytes are no numpy array: {error}") from error
    if not _texts_are_text(array):
        raise LoadError("the stored bytes are no numpy array: a text in it has a character that is none")
    array.flags.writeable = False
    return array


def _header(data: memoryview) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, order, dtype, and where the elements begin. Read here, since numpy also takes, and warns of, headers of
    Python 2, and refuses long ones that it wrote itself."""
    version = bytes(data[:8])
    if version not in (b"\x93NUMPY\1\0", b"\x93NUMPY\2\0"):
        raise ValueError(f"they begin with {version!r}")
    width = 2 if version[6] == 1 else 4
    start = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    if start > min(len(data), _LONGEST_HEADER):
        raise ValueError(f"a header of {start} bytes")
    header = ast.literal_eval(bytes(data[8 + width : start]).decode("latin1"))
    if not isinstance(header, dict) or header.keys() != {"descr", "fortran_order", "shape"}:
        raise ValueError("no header")
    shape, fortran = header["shape"], header["fortran_order"]
    if type(shape) is not tuple or any(type(length) is not int for length in shape) or type(fortran) is not bool:
        raise ValueError(f"a shape of {shape!r}")
    return shape, fortran, np.lib.format.descr_to_dtype(header["descr"]), start


def _texts_are_text(array: Any) -> bool:
    """Whether every text is one: numpy hands out what it finds, and Python's strings then break where they are used."""
    if array.dtype.fields:
        return all(_texts_are_text(array[name]) for name in array.dtype.names)
    if array.dtype.kind != "U" or not array.size or not array.dtype.itemsize:
        return True
    letters = np.ascontiguousarray(array).reshape(-1).view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
    return bool(letters.max() <= sys.maxunicode)


def _dtype_class(hint: object) -> type:
    """`np.float64` of `np.ndarray[..., np.dtype[np.float64]]`."""
    args = typing.get_args(hint)
    inner = typing.get_args(args[1]) if len(args) == 2 else ()
    cls = class_of(inner[0]) if inner else None
    return cls if cls is not None and issubclass(cls, np.generic) else np.generic


def _whole(value: Any) -> Any:
    """Contiguous, and without the undefined bytes between the fields of an aligned record."""
    array = np.asarray(value)
    if array.dtype.fields and sum(field[0].itemsize for field in array.dtype.fields.values()) != array.dtype.itemsize:
        clean = np.zeros(array.shape, array.dtype)
        clean[...] = array
        return clean
    return array if array.flags.c_contiguous or array.flags.f_contiguous else np.ascontiguousarray(array)
