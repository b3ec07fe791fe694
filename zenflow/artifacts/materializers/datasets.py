"""Data sets of Hugging Face, as one Arrow IPC file a split: the rows as they are stored, with their features.

Not by `save_to_disk`: it writes a fingerprint that is random, or tells how the data set was made, and the names of the
shards that came of the number of processes; the same rows would be other bytes. Here rows are written in their order,
`BATCH` at a time, whatever indices (`select`, `shuffle`) or files they came from, and the fingerprint of what is loaded
is a digest of its bytes. Files that rows only point to (images, audio) are put into the rows. Nothing is fetched.
Arrow IPC: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, TypedDict

import pyarrow as pa
from attrs import frozen
from blake3 import blake3
from datasets import Dataset, DatasetDict, DatasetInfo, Features, NamedSplit
from datasets.features.features import require_storage_embed
from datasets.table import InMemoryTable, embed_table_storage

from zenflow.artifacts import wire
from zenflow.artifacts.hints import class_of, type_name
from zenflow.artifacts.materializer import BlobReader, BlobWriter, Description
from zenflow.artifacts.materializers.arrow import MALFORMED, read_table, without_rest
from zenflow.artifacts.materializers.plain import plain
from zenflow.artifacts.misfit import NotPlain
from zenflow.errors import LoadError, SaveError

FORMAT = "datasets/1"
DICT = "datasets-dict/1"
DATA = "data"
META = "meta"
SPLITS = "splits"

BATCH = 1000
"""Rows that are held at once while saving: what the library itself writes at once."""

_INFO = ("description", "citation", "homepage", "license", "builder_name", "dataset_name", "config_name")


def materializer(hint: object) -> Rows | Splits | None:
    """The materializer of `datasets.Dataset` or `datasets.DatasetDict`."""
    cls = class_of(hint)
    return Rows() if cls is Dataset else Splits() if cls is DatasetDict else None


class _Form(TypedDict):
    type: str
    columns: list[str] | None
    output_all_columns: bool
    format_kwargs: dict[str, Any]


class _Meta(TypedDict):
    info: dict[str, str]
    split: str | None
    form: _Form | None
    fingerprint: str


@frozen
class Rows:
    """Rows, features, split, the format set on it, and what its info says of where it is from. Left out is how it came
    to be: indices, cache files, sizes of downloads.

    Raises:
        SaveError: A value of another class, one with a transform of its own, or a row's file that is not there.
        LoadError: Bytes that are no data set, or a format whose library is not installed.
    """

    format: str = FORMAT

    def save(self, value: Any, out: BlobWriter) -> None:
        if type(value) is not Dataset:
            raise SaveError(
                f"a `datasets.Dataset` was declared, and what was returned is `{type_name(type(value))}`",
                help="name a split (`splits['train']`), or declare what is returned",
            )
        form = _form(value)
        schema = value.features.arrow_schema
        hashed = blake3()
        with out.open(DATA) as file, pa.ipc.new_file(pa.PythonFile(_Hashed(file, hashed), "w"), schema) as writer:
            for table in _tables(value, schema):
                writer.write_table(table)
        said = {name: getattr(value.info, name) for name in _INFO}
        info = {name: text for name, text in said.items() if text}
        if value.info.version is not None:
            info["version"] = str(value.info.version)
        split = None if value.split is None else str(value.split)
        meta = _Meta(info=info, split=split, form=form, fingerprint=hashed.hexdigest()[:16])
        try:
            out.write(META, plain(_Meta).encode(meta))
        except NotPlain as error:
            raise SaveError(
                "the format set on the data set has options that are no plain values",
                help="return `data.with_format(None)`",
            ) from error

    def load(self, blobs: BlobReader, hint: type) -> Any:
        meta: Any = plain(_Meta).decode(blobs.read(META))
        try:
            table = read_table(blobs.read(DATA))
            info = DatasetInfo(**meta["info"], features=Features.from_arrow_schema(table.schema))
            split = None if meta["split"] is None else NamedSplit(meta["split"])
            data = Dataset(InMemoryTable(table), info, split, fingerprint=meta["fingerprint"])
            if meta["form"] is not None:
                data.set_format(**_options(meta["form"]))
        except (*MALFORMED, AttributeError) as error:
            raise LoadError(f"the stored bytes are no `datasets.Dataset`: {error}") from error
        return data

    def describe(self, value: Any) -> Description:
        return {"rows": len(value), "columns": {name: str(feature) for name, feature in value.features.items()}}


@frozen
class Splits:
    """The data sets of a `DatasetDict` by name, in its order.

    Raises:
        SaveError, LoadError: See `Rows`.
    """

    format: str = DICT

    def save(self, value: Any, out: BlobWriter) -> None:
        if type(value) is not DatasetDict:
            raise SaveError(
                f"a `datasets.DatasetDict` was declared, and what was returned is `{type_name(type(value))}`",
                help="return `datasets.DatasetDict(value)`, or declare what is returned",
            )
        out.write(SPLITS, wire.encode([str(name) for name in value]))
        for i, (name, data) in enumerate(value.items()):
            try:
                Rows().save(data, out.child(str(i)))
            except SaveError as error:
                raise SaveError(f"in split {str(name)!r}: {error.message}", help=error.help) from error

    def load(self, blobs: BlobReader, hint: type) -> Any:
        names: Any = plain(list[str]).decode(blobs.read(SPLITS))
        return DatasetDict({name: Rows().load(blobs.child(str(i), FORMAT), Dataset) for i, name in enumerate(names)})

    def describe(self, value: Any) -> Description:
        return {"splits": {str(name): len(data) for name, data in value.items()}}


def _tables(value: Any, schema: Any) -> Iterator[Any]:
    embed = any(require_storage_embed(feature) for feature in value.features.values())
    try:
        for table in value.with_format("arrow").iter(BATCH):
            yield without_rest((embed_table_storage(table) if embed else table).combine_chunks().cast(schema))
    except OSError as error:
        raise SaveError(
            f"a file that a row points to can not be read: {error}", help="leave the row out, or put the file there"
        ) from error


def _form(value: Any) -> _Form | None:
    form = value.format
    if form["type"] is None and len(form["columns"]) == len(value.column_names):
        return None
    if form["type"] == "custom":
        raise SaveError(
            "the data set has a transform of its own, which is a function and no data",
            help="return `data.with_format(None)`, and set the transform in the step that uses it",
        )
    whole = set(form["columns"]) == set(value.column_names)
    return _Form(
        type=form["type"] or "python",
        columns=None if whole else list(form["columns"]),
        output_all_columns=form["output_all_columns"],
        format_kwargs=dict(form["format_kwargs"]),
    )


def _options(form: _Form) -> dict[str, Any]:
    named = {key: form[key] for key in ("type", "columns", "output_all_columns")}
    return {**named, **form["format_kwargs"]}


class _Hashed:
    """A file that is hashed as it is written."""

    closed = False

    def __init__(self, file: BinaryIO, hashed: Any) -> None:
        self._file, self._hashed = file, hashed

    def write(self, data: bytes) -> int:
        self._hashed.update(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        """What is written is with the store already."""

    def close(self) -> None:
        """The store's to close."""
