"""A stored value as a file that other programs read."""

from __future__ import annotations

import importlib
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from zenflow.cli.documents import to_json
from zenflow.cli.pictures import Write, forms_of
from zenflow.cli.terminal import size
from zenflow.errors import UsageError
from zenflow.language.artifact import Artifact

_LIBRARIES = {
    "npy": "numpy",
    "numpy": "numpy",
    "arrow": "pyarrow",
    "pandas": "pandas",
    "polars": "polars",
    "image": "PIL.Image",
    "matplotlib": "matplotlib.figure",
    "plotly": "plotly.graph_objects",
    "datasets": "datasets",
}
"""By the beginning of a format: what its values are loaded with."""


def export(artifact: Artifact[Any], out: Path, *, force: bool = False) -> str:
    """Write the value of an artifact to a file, or to stdout for `-`; gives what was written, in a few words.

    The file appears whole or not at all.

    Raises:
        UsageError: There is something at `out` already, it can not be written, or the value has no such form.
        LoadError: The value can not be loaded here, or is a pickle that nobody with the project's key has signed.
    """
    to_stdout = str(out) == "-"
    if not to_stdout and out.is_dir():
        raise UsageError(f"{out} is a folder that is there already", help="give the name of something new")
    if not to_stdout and not force and (out.exists() or out.is_symlink()):
        raise UsageError(f"{out} is there already", help="give another file, or --force to replace it")
    value = _stored_bytes(artifact) if artifact.info.format.startswith("pickle/") else _load(artifact)
    if isinstance(value, PurePath):
        return _copy(Path(value), out, to_stdout=to_stdout)
    name, write = _form(value, "" if to_stdout else out.suffix.lower(), file=not to_stdout)
    if to_stdout:
        write(value, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return name
    _whole(out, lambda part: _write(value, write, part))
    return f"{name}, {size(out.stat().st_size)}"


def _load(artifact: Artifact[Any]) -> Any:
    library = _LIBRARIES.get(artifact.info.format.partition("-")[0].partition("/")[0])
    if library is not None:
        with suppress(ImportError):  # loading says which library it needs
            importlib.import_module(library)
    return artifact.load()


def _stored_bytes(artifact: Artifact[Any]) -> bytes:
    """A pickle as it is stored: writing it to a file does not open it. Who asks for it will, so it has to be signed."""
    from zenflow.artifacts.blobs import Reading
    from zenflow.artifacts.store import open_store

    resolution = artifact._resolution()
    if resolution.untrusted is not None:
        raise resolution.untrusted
    (content,) = resolution.contents
    reading = Reading(open_store(resolution.store), content.format, content.blobs, content.small)
    return bytes(reading.read(reading.names()[0]))


def _form(value: Any, suffix: str, *, file: bool) -> tuple[str, Write]:
    """What a value is written as, for a file name that ends so; for stdout, something to read."""
    kind = type(value).__module__.partition(".")[0]
    forms: Mapping[str, tuple[str, Write]] = forms_of(value)
    if forms:
        default = suffix or next(iter(forms))
    elif kind in ("pyarrow", "pandas", "polars") or (kind, type(value).__name__) == ("datasets", "Dataset"):
        forms, default = _TABLES, ".csv" if suffix == "" else suffix
    elif kind == "numpy" and value.ndim:
        forms, default = _ARRAYS, suffix or (".npy" if file else ".csv" if value.ndim <= 2 else ".json")
    elif isinstance(value, Iterator):
        return "bytes", _pieces
    elif isinstance(value, (str, bytes)) and suffix != ".json":
        return "text" if isinstance(value, str) else "bytes", _raw
    else:
        return "JSON", _json
    if default not in forms:
        raise UsageError(
            f"a `{type(value).__module__.partition('.')[0]}.{type(value).__name__}` is not written as `{suffix}`",
            help=f"end the file's name in one of {', '.join(forms)}",
        )
    return forms[default]


def _raw(value: str | bytes, out: BinaryIO) -> None:
    out.write(value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value)


def _pieces(value: Iterator[bytes], out: BinaryIO) -> None:
    out.writelines(value)


def _json(value: Any, out: BinaryIO) -> None:
    out.write(to_json(value) + b"\n")


def _npy(value: Any, out: BinaryIO) -> None:
    import numpy as np

    np.save(out, value, allow_pickle=False)


def _text_array(value: Any, out: BinaryIO) -> None:
    import numpy as np

    if value.ndim > 2:
        raise UsageError(f"an array of {value.ndim} dimensions is not written as .csv", help="write .npy or .json")
    np.savetxt(out, value, delimiter=",", fmt="%s")


def _arrow_table(value: Any) -> Any:
    """Whatever kind of table or column it is, as a pyarrow table."""
    pa: Any = importlib.import_module("pyarrow")
    if type(value).__module__.startswith("datasets"):
        return value.with_format("arrow")[:]
    if type(value).__module__.startswith("polars"):
        value = value.to_frame() if hasattr(value, "to_frame") else value
        return value.to_arrow()
    if type(value).__module__.startswith("pandas"):
        frame = value if hasattr(value, "columns") else value.to_frame()
        return pa.Table.from_pandas(frame)
    if isinstance(value, pa.RecordBatch):
        return pa.Table.from_batches([value])
    if isinstance(value, (pa.Array, pa.ChunkedArray)):
        return pa.table({"value": value})
    if isinstance(value, pa.Table):
        return value
    raise UsageError(f"a `{type(value).__name__}` is no table", help="load it in Python: Run.open(...).output")


def _parquet(value: Any, out: BinaryIO) -> None:
    parquet: Any = importlib.import_module("pyarrow.parquet")
    parquet.write_table(_arrow_table(value), out)


def _ipc(value: Any, out: BinaryIO) -> None:
    pa: Any = importlib.import_module("pyarrow")
    table = _arrow_table(value)
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)


def _csv(value: Any, out: BinaryIO) -> None:
    csv: Any = importlib.import_module("pyarrow.csv")
    csv.write_csv(_arrow_table(value), out)


def _rows(value: Any, out: BinaryIO) -> None:
    _json(_arrow_table(value).to_pylist(), out)


_TABLES: dict[str, tuple[str, Write]] = {
    ".parquet": ("Parquet", _parquet),
    ".arrow": ("Arrow", _ipc),
    ".feather": ("Arrow", _ipc),
    ".csv": ("CSV", _csv),
    ".json": ("JSON", _rows),
}
_ARRAYS: dict[str, tuple[str, Write]] = {
    ".npy": ("NumPy array", _npy),
    ".csv": ("CSV", _text_array),
    ".json": ("JSON", _json),
}


def _copy(source: Path, out: Path, *, to_stdout: bool) -> str:
    if source.is_dir():
        if to_stdout:
            raise UsageError("a folder can not be written to stdout", help="give a folder: -o FOLDER")
        _whole(out, lambda part: shutil.copytree(source, part, copy_function=shutil.copyfile))
        return "a folder"
    if to_stdout:
        with source.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return "a file"
    _whole(out, lambda part: shutil.copyfile(source, part))
    return f"a file, {size(out.stat().st_size)}"


def _write(value: Any, write: Write, part: Path) -> None:
    with part.open("xb") as file:
        write(value, file)


def _whole(out: Path, write: Callable[[Path], object]) -> None:
    """Write beside the place and move there: what was there stays until the new is whole."""
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:
        write(part)
        part.replace(out)
    except OSError as error:
        raise UsageError(f"{out} can not be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)
