"""Hostile bytes that chance does not find, by family and blob: each is loaded before the mutants are."""

from __future__ import annotations

import functools
import json
import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.msgpack import Ext

from zenflow.artifacts import wire

Crafted = tuple[str, bytes]

_encode = msgspec.msgpack.encode
DEPTHS = (100, 900, 5_000, 60_000)


def _plain() -> Iterable[bytes]:
    for depth in DEPTHS:
        yield b"\x91" * depth + b"\xc0"
        yield b"\x81\xa1a" * depth + b"\xc0"
    for code in (wire.TUPLE, wire.SET, wire.FROZENSET, wire.MAP, wire.NAMED):
        for depth in (100, 400, 3_000):
            inner = b"\x90"
            for _ in range(depth):
                inner = _encode([Ext(code, inner)])
            yield inner
    for header in (b"\xdd", b"\xdf", b"\xdb", b"\xc6"):
        yield header + b"\xff\xff\xff\xff"
        yield header + b"\x7f\xff\xff\xff" + b"\xc0" * 100
    yield _encode(Ext(wire.DECIMAL, b"1E+999999999999999999"))
    yield _encode(Ext(wire.DECIMAL, b"9" * 10_000))
    yield _encode(Ext(wire.FRACTION, b"1/0"))
    yield _encode(Ext(wire.FRACTION, b"f" * 50_000 + b"/1"))
    yield _encode(Ext(wire.INT, b"\x7f" * 100_000))
    yield _encode(Ext(wire.RANGE, _encode([0, 2**63 - 1, 1])))
    yield _encode(Ext(wire.RANGE, _encode([0, 1, 0])))
    yield _encode(Ext(wire.DATETIME, _encode(["2024-01-01", "../../etc/passwd", 0])))
    yield _encode(Ext(wire.DATETIME, _encode(["2024-01-01", [10**9, 0, 0], 7])))
    yield _encode(Ext(wire.TIMEDELTA, _encode([2**62, 2**62, 2**62])))
    yield _encode(Ext(wire.NAMED, _encode(["os.system", "true"])))
    yield _encode({"a": Ext(99, b"")})
    yield b"\xa4\xff\xfe\xfd\xfc"


def _numpy() -> Iterable[bytes]:
    headers = (
        *("(" * depth for depth in DEPTHS),
        *("-" * depth + "1" for depth in DEPTHS),
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 0)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}",
        "{'descr': '<U2147483647', 'fortran_order': False, 'shape': (0,)}",
        "{'descr': [('a', '<f8', (99999, 99999))], 'fortran_order': False, 'shape': (0,)}",
        "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (0,)}",
        "{'descr': [('a', 'f8'), ('a', 'f8')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': ('<f8', (0,)), 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|V0', 'fortran_order': False, 'shape': (5,)}",
        "{'descr': 'f8L', 'fortran_order': False, 'shape': (5L,)}",
        "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 90 + "1," + ")" * 90 + "}",
        "9" * 60_000,
        "{" + "1:1," * 9_000 + "}",
    )
    for header in headers:
        text = header.encode()
        yield b"\x93NUMPY\2\0" + struct.pack("<I", len(text)) + text + bytes(16)
    yield b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1)


def _arrow() -> Iterable[bytes]:
    import pyarrow

    pa: Any = pyarrow
    zeros = pa.table({"x": pa.array([0] * 4_000_000)})
    coded = pa.table({"x": pa.array(["a"] * 1_000_000).dictionary_encode()})
    for codec in ("lz4", "zstd"):
        for table in (zeros, coded, pa.table({"x": ["text"]})):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
                writer.write_table(table)
            data = sink.getvalue().to_pybytes()
            yield data
            size = struct.pack("<q", 32_000_000)
            for lie in (2**31, 2**40, 2**62, -1, -2):
                yield data.replace(size, struct.pack("<q", lie))
    pickled = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": b"cos\nsystem\n(S'x'\ntR.",
    }
    deep = functools.reduce(lambda inner, _: pa.list_(inner), range(500), pa.int8())
    fields = [pa.field("x", pa.int64(), metadata=pickled), pa.field("x", deep), pa.field("x", pa.null())]
    for field in fields:
        schema = pa.schema([field])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, schema):
            pass
        yield sink.getvalue().to_pybytes()
        yield schema.serialize().to_pybytes()


def _manifests() -> Iterable[bytes]:
    names = (
        *("../x", "/x", "a/../../x", "..", ".", "", "a//b", "a/", "\\x", "..\\x", "C:\\x", "C:/x", "a\0b", "x" * 300),
        *("a/" * 150 + "a", "a/" * 1_900 + "a", "./a", "a/./b", "~/x", "files", "\u202ea", "x" * 5_000),
    )
    for name in names:
        yield _encode(["directory", "directory", [name], []])
        yield _encode(["directory", "directory", [], [name]])
        yield _encode(["file", name, [name], []])
        yield _encode(["directory", name, [], []])
    yield _encode(["directory", "directory", ["a", "a"], []])
    yield _encode(["directory", "directory", ["a", "a/b"], []])
    yield _encode(["directory", "directory", ["a/b"], ["a/b", "a"]])
    yield _encode(["directory", "directory", [], ["a", "a/b"]])
    yield _encode(["file", "a", ["b"], []])
    yield _encode(["file", "a", ["a"], ["c"]])
    yield _encode(["device", "a", ["a"], []])
    yield b"\x94\xa9directory\xa9directory\x91\xa2\xff\xfe\x90"  # a name that is not UTF-8


def _skeletons() -> Iterable[bytes]:
    part = ["msgpack/1", b"\x01"]
    yield _encode(["list", [], [["pickle/1", b"cos\nsystem\n(S'touch pwned'\ntR."]]])
    yield _encode(["list", [], [["pickle/1"]]])
    yield _encode(["dict", [b"\x90"], [part]])  # a key that has no hash
    yield _encode(["dict", [b"\xa1a", b"\xa1a"], [part, part]])
    yield _encode(["dict", [1], [part]])
    yield _encode(["dict", [], [part]])
    yield _encode(["record", ["array", "array"], [part, part]])
    yield _encode(["record", [["array"]], [part]])
    yield _encode(["record", ["__class__"], [part]])
    yield _encode(["list", [], [["container/1", b""]]])
    yield _encode(["list", [], [["container/1"]] * 1_000])
    yield _encode(["list", [], [["nothing/9"], [""], ["npy/1", b""]]])
    yield _encode(["list", [], [["msgpack/1", b"\x91" * 2_000]] * 3])


def _pngs() -> Iterable[bytes]:
    packer = zlib.compressobj(9)  # a piece at a time: the process that makes it is measured
    zeros = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    end = (b"IEND", b"")
    for width, height in ((9, 7), (15, 10), (9_000, 9_000), (2**31 - 1, 2**31 - 1), (0, 0), (2**32 - 1, 1)):
        for depth, colour in ((8, 2), (16, 6), (1, 0), (8, 3)):
            head = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
            yield _png(head, (b"IDAT", zeros), end)
            yield _png(head, (b"iCCP", b"a\0\0" + zeros), (b"IDAT", zeros), end)
            yield _png(head, (b"zTXt", b"a\0\0" + zeros), (b"IDAT", zeros), end)
            yield _png(head, (b"iTXt", b"a\0\1\0\0\0" + zeros), (b"IDAT", zeros), end)
            yield _png(head, (b"PLTE", bytes(3 * 300)), (b"tRNS", bytes(9_000)), (b"IDAT", zeros), end)
            yield _png(head, (b"acTL", struct.pack(">II", 2**31 - 1, 0)), (b"fcTL", bytes(26)), (b"IDAT", zeros), end)


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = (struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _safetensors() -> Iterable[bytes]:
    def entry(**changed: object) -> str:
        return json.dumps({"0": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | changed})

    headers = (
        *(entry(shape=shape) for shape in ([2**62], [2**63, 2], [0, 2**64 - 1], [-1], [2.0], [2**70], [1] * 5_000, 2)),
        *(entry(data_offsets=offsets) for offsets in ([0, 2**63], [8, 0], [2**64 - 4, 4], [-8, 0], [0], [4, 12])),
        *(entry(dtype=dtype) for dtype in ("F4", "F8_E8M0", "C64", "BOOL", "", None, "F32" * 1_000)),
        *("[" * depth for depth in DEPTHS),
        *('{"a":' * depth for depth in DEPTHS),
        "{" + ",".join(f'"{i}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}' for i in range(20_000)) + "}",
        '{"__metadata__":{"a":1}}',
    )
    for header in headers:
        text = header.encode()
        for length in (len(text), len(text) + 1, 2**62, 2**64 - 1, 0):
            yield struct.pack("<Q", length) + text + bytes(8)


def _json() -> Iterable[bytes]:
    for depth in DEPTHS:
        yield b"[" * depth
        yield b'{"a":' * depth + b"1" + b"}" * depth
        yield b'{"data":' + b"[" * depth + b"]" * depth + b"}"
        yield b'{"layout":{"meta":' + b"[" * depth + b"]" * depth + b"}}"
    for shape in ("9223372036854775807,9223372036854775807", "-1,-1", "0,9999999999999", "1," * 100 + "1"):
        array = {"dtype": "f8", "bdata": "AAAAAAAAAAA=", "shape": shape}
        yield json.dumps({"data": [{"type": "heatmap", "z": array}]}).encode()
    for word in ("NaN", "1e999999", "9" * 5_000, '"\\ud800"'):
        yield f'{{"data":[{{"type":"bar","x":[{word}]}}]}}'.encode()
    yield b'{"data":[{"type":"__class__"}],"layout":{"__init__":1}}'
    yield b'{"data":[{"type":"bar"},{"type":"bar"}],"frames":[{"data":[{"type":"none"}]}]}'


_MADE: dict[str, tuple[str, Callable[[], Iterable[bytes]]]] = {
    "msgpack/1": ("data", _plain),
    "npy, numpy-scalar": ("data", _numpy),
    "arrow-*": ("data", _arrow),
    "pandas-*": ("data", _arrow),
    "polars-*": ("data", _arrow),
    "path/1": ("manifest", _manifests),
    "container/1": ("skeleton", _skeletons),
    "image/1": ("pixels.png", _pngs),
    "matplotlib-figure/1": ("figure.png", _pngs),
    "torch-*": ("tensors", _safetensors),
    "plotly-figure/1": ("figure.json", _json),
    "sklearn/1": ("schema.json", _json),
    "datasets-*": ("data", _arrow),
}
"""The table: by family, the blob, and what is put in its place."""


def crafted(family: str) -> list[Crafted]:
    """The crafted blobs of a family, if there are any."""
    if family not in _MADE:
        return []
    name, make = _MADE[family]
    return [(name, data) for data in make()]
