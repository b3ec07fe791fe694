"""Encodings of arrays and tables of libraries that the user's program has imported already.

numpy enters by type, shape and bytes in C order; pyarrow by the bytes of its IPC format over one chunk. Data
frames are refused: what is large or has many equal forms belongs in an artifact, hashed once, stored and traced.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from zenflow.keys.frames import Refused, count, frame, text
from zenflow.keys.names import qualified

if TYPE_CHECKING:
    from zenflow.keys.encoding import Encoder

_SIMPLE_KINDS: Final = frozenset("biufcmMSU")
_FRAMES: Final = frozenset({"pandas", "polars", "torch", "xarray", "dask", "scipy", "jax", "jaxlib"})


def arrays(encoder: Encoder, value: object) -> bytes | None:
    """A numpy scalar, array or dtype, or a pyarrow table, array, scalar, type or schema."""
    library = type(value).__module__.partition(".")[0]
    if library in _FRAMES:
        name = qualified(type(value))
        raise Refused(
            f"a `{name}` is data rather than a parameter",
            help="pass it as an artifact: return it from a step, or annotate the pipeline's parameter "
            f"`Artifact[{type(value).__name__}]`",
        )
    numpy, pyarrow = sys.modules.get("numpy"), sys.modules.get("pyarrow")
    if numpy is not None:
        if isinstance(value, numpy.dtype):
            return b"n" + _dtype(value)
        if isinstance(value, numpy.ndarray):
            return _ndarray(numpy, value)
        if isinstance(value, numpy.generic):
            return _scalar(numpy, value)
    if library == "pyarrow" and pyarrow is not None:
        return _arrow(pyarrow, value)
    return None


def _dtype(dtype: Any) -> bytes:
    if dtype.names is not None:
        fields = [text(name) + _dtype(dtype.fields[name][0]) for name in dtype.names]
        return b"{" + text(str(dtype.itemsize)) + count(len(fields)) + b"".join(fields)
    if dtype.subdtype is not None:
        item, shape = dtype.subdtype
        return b"[" + text(repr(tuple(map(int, shape)))) + _dtype(item)
    if dtype.hasobject or dtype.kind not in _SIMPLE_KINDS | {"V"} or dtype.char in "gG":
        raise Refused(
            f"numpy's dtype `{dtype}` does not hold its values in its bytes alone",
            help="use a numeric, fixed-length string or datetime dtype, or pass the array as an artifact",
        )
    return b"." + text(dtype.str)


def _ndarray(numpy: Any, value: Any) -> bytes:
    if type(value) not in (numpy.ndarray, numpy.memmap):
        raise Refused(
            f"a `{qualified(type(value))}` may hold more than an array", help="pass `numpy.asarray(...)` of it"
        )
    shape = b"".join(count(int(length)) for length in value.shape)
    return b"A" + _dtype(value.dtype) + count(value.ndim) + shape + _cells(numpy, value)


def _cells(numpy: Any, value: Any) -> bytes:
    if value.dtype.names is not None:  # field by field: the padding between fields is not part of the value
        return b"".join(_cells(numpy, value[name]) for name in value.dtype.names)
    return frame(value.tobytes(order="C"))


def _scalar(numpy: Any, value: Any) -> bytes:
    dtype = _dtype(value.dtype)
    if value.dtype.kind == "f" and value != value:
        return b"a" + dtype + b"N"
    return b"a" + dtype + b"V" + _cells(numpy, numpy.asarray(value))


def _arrow(pyarrow: Any, value: Any) -> bytes | None:
    name = text(type(value).__name__)
    if isinstance(value, pyarrow.DataType):
        value = pyarrow.field("", value)
    if isinstance(value, pyarrow.Field):
        value = pyarrow.schema([value])
    if isinstance(value, pyarrow.Schema):
        return b"t" + name + frame(value.serialize().to_pybytes())
    if isinstance(value, pyarrow.Scalar):
        value = pyarrow.array([value.as_py()], type=value.type)
    if isinstance(value, pyarrow.RecordBatch):
        value = pyarrow.Table.from_batches([value])
    if isinstance(value, pyarrow.Array | pyarrow.ChunkedArray):
        value = pyarrow.table({"": value})
    if not isinstance(value, pyarrow.Table):
        return None
    return b"t" + name + frame(_ipc(pyarrow, value.combine_chunks()))


def _ipc(pyarrow: Any, table: Any) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
