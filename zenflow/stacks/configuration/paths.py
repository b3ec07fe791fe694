"""Folders and files in texts of the configuration: relative ones are so to the file that names them."""

from __future__ import annotations

from pathlib import Path

_SQLITE = ("sqlite:///", "sqlite+pysqlite:///")


def placed_store(text: str, folder: Path) -> str:
    """A folder made absolute; a URL as it is.

    >>> placed_store(".zenflow/store", Path("/work")), placed_store("s3://bucket", Path("/work"))
    ('/work/.zenflow/store', 's3://bucket')
    """
    return text if "://" in text else placed(text, folder)


def placed_database(url: str, folder: Path) -> str:
    """The URL of a SQLite database with its file made absolute; another as it is.

    >>> placed_database("sqlite:///zenflow.db?timeout=9", Path("/work"))
    'sqlite:////work/zenflow.db?timeout=9'
    """
    prefix = next((start for start in _SQLITE if url.startswith(start)), None)
    if prefix is None:
        return url
    file, mark, query = url.removeprefix(prefix).partition("?")
    if not file or file.startswith((":memory:", "file:")):
        return url
    return f"{prefix}{placed(file, folder)}{mark}{query}"


def placed(path: str, folder: Path) -> str:
    """A path made absolute. One that begins with a reference is what that says."""
    return path if path.startswith("${") else str(folder / Path(path).expanduser())
