"""numpy arrays and scalars, in numpy's own format.

The header is read and its shape and dtype checked against the bytes that are there before anything is allocated; the
array is a read-only view on those bytes (memory-mapped where they are a local file). Order in memory (C or Fortran) is
part of the value's bytes. NPY: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io
import math
import typing
from tokenize import TokenError
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
        np.lib.format.write_array_header_2_0(header, np.lib.format.header_data_from_array_1_0(array))
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
    file = io.BytesIO(data[: 64 * 1024])
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version}")
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = reader(file)
        start = file.tell()
        size = math.prod(shape) * dtype.itemsize
        if dtype.hasobject or any(length < 0 for length in shape) or size != data.nbytes - start:
            raise ValueError(f"{data.nbytes - start} bytes for a {dtype} of shape {shape}")
        if size == 0:
            array = np.zeros(shape, dtype)
        else:
            array = np.frombuffer(data, np.uint8, size, start).view(dtype).reshape(shape, order="F" if fortran else "C")
    except (ValueError, TypeError, SyntaxError, TokenError, RecursionError, MemoryError) as error:
        raise LoadError(f"the stored bytes are no numpy array: {error}") from error
    array.flags.writeable = False
    return array


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
