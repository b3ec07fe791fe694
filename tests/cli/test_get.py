"""`zenflow get`: a stored value as a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import INLINE, Shell

VALUES = """
from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from zenflow import Artifact, Pickle, pipeline, step


@step
def text() -> str:
    return "naïve\\n"


@step
def raw() -> bytes:
    return b"\\x00\\xff"


@step
def number() -> dict[str, float]:
    return {"accuracy": 0.5, "gap": float("nan")}


@step
def huge() -> int:
    return 2**70


@step
def array() -> NDArray[np.float64]:
    return np.array([[1.0, 2.0], [3.0, 4.0]])


@step
def table() -> pa.Table:
    return pa.table({"x": [1, 2], "y": ["a", "b"]})


@step
def frame() -> pd.DataFrame:
    return pd.DataFrame({"x": [1, 2]})


@step
def polar() -> pl.DataFrame:
    return pl.DataFrame({"x": [1, 2]})


@step
def file() -> Path:
    Path("made.txt").write_text("made")
    return Path("made.txt")


@step
def folder() -> Path:
    Path("made").mkdir(exist_ok=True)
    Path("made/a.txt").write_text("a")
    return Path("made")


@step(output=Pickle)
def pickled() -> object:
    return {1, 2}


@step
def halves() -> tuple[int, str]:
    return 1, "b"
"""


PICTURES = """
from collections.abc import Iterator

import datasets
import plotly.graph_objects as go
from matplotlib.figure import Figure
from PIL import Image

from zenflow import step


@step
def stream() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


@step
def image() -> Image.Image:
    return Image.new("L", (2, 2), 7)


@step
def drawing() -> Figure:
    return Figure(figsize=(1, 1), dpi=50)


@step
def chart() -> go.Figure:
    return go.Figure(go.Bar(y=[1, 2]))


@step
def rows() -> datasets.Dataset:
    return datasets.Dataset.from_dict({"x": [1, 2]})
"""


def _made(shell: Shell, name: str, source: str = VALUES) -> None:
    shell.write("values.py", source)
    ended = shell("run", "--quiet", *INLINE, f"values.py:{name}")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        ("text", "out.txt", "naïve\n".encode()),
        ("text", "out.json", b'"na\xc3\xafve\\n"\n'),
        ("raw", "out", b"\x00\xff"),
        ("huge", "out.json", b"1180591620717411303424\n"),
        ("array", "out.csv", b"1.0,2.0\n3.0,4.0\n"),
        ("table", "out.csv", b'"x","y"\n1,"a"\n2,"b"\n'),
        ("frame", "out.csv", b'"x"\n1\n2\n'),
        ("polar", "out.csv", b'"x"\n1\n2\n'),
        ("file", "copy.txt", b"made"),
    ],
)
def test_value_is_written_in_its_natural_form(shell: Shell, name: str, file: str, expected: bytes) -> None:
    _made(shell, name)
    ended = shell("get", "@latest", "-o", file)
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert ended.err.startswith(f"wrote {file} (")
    assert (shell.folder / file).read_bytes() == expected


def test_value_is_found_without_the_code_that_made_it(shell: Shell) -> None:
    for name, file in (("array", "out.npy"), ("table", "out.parquet"), ("number", "out.json")):
        _made(shell, name)
        (shell.folder / "values.py").unlink()
        assert shell("get", "@latest", "-o", file).code == 0


def test_arrays_and_tables_come_back(shell: Shell) -> None:
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    _made(shell, "array")
    assert shell("get", "@latest", "-o", "-").out == "1.0,2.0\n3.0,4.0\n"
    shell("get", "@latest/array", "-o", "out.npy")
    assert np.load(shell.folder / "out.npy").tolist() == [[1.0, 2.0], [3.0, 4.0]]
    _made(shell, "table")
    for name in ("out.parquet", "out.arrow", "out.json"):
        assert shell("get", "@latest", "-o", name).code == 0
    rows = [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]
    assert parquet.read_table(shell.folder / "out.parquet").to_pylist() == rows
    with pa.OSFile(str(shell.folder / "out.arrow")) as source:
        assert pa.ipc.open_file(source).read_all().to_pylist() == rows
    assert json.loads((shell.folder / "out.json").read_text()) == rows


def test_numbers_that_json_has_no_word_for_are_null(shell: Shell) -> None:
    _made(shell, "number")
    ended = shell("get", "@latest", "-o", "-")
    assert ended.json == {"accuracy": 0.5, "gap": None}
    assert ended.err == ""


@pytest.mark.parametrize(
    ("name", "file", "begins"),
    [
        ("stream", "out.bin", b"onetwo"),
        ("image", "out.png", b"\x89PNG"),
        ("image", "out.jpg", b"\xff\xd8"),
        ("drawing", "out", b"\x89PNG"),
        ("drawing", "out.svg", b"<?xml"),
        ("chart", "out.json", b'{"data"'),
        ("chart", "out.html", b"<!doctype html>"),
        ("rows", "out.csv", b'"x"\n1\n2\n'),
    ],
)
def test_picture_stream_or_data_set_is_a_file_that_others_read(
    shell: Shell, name: str, file: str, begins: bytes
) -> None:
    _made(shell, name, PICTURES)
    (shell.folder / "values.py").unlink()
    ended = shell("get", "@latest", "-o", file)
    assert ended.code == 0, ended.err
    assert (shell.folder / file).read_bytes().startswith(begins)


def test_picture_is_not_written_as_what_it_is_not(shell: Shell) -> None:
    _made(shell, "image", PICTURES)
    ended = shell("get", "@latest", "-o", "out.csv")
    assert (ended.code, ".png, .jpg" in ended.err) == (2, True)


def test_folder_is_written_as_a_folder(shell: Shell) -> None:
    _made(shell, "folder")
    assert shell("get", "@latest", "-o", "copy").code == 0
    assert (shell.folder / "copy/a.txt").read_text() == "a"
    (shell.folder / "copy/a.txt").write_text("mine")  # a copy is its owner's to change
    ended = shell("get", "@latest", "-o", "copy", "--force")
    assert (ended.code, "copy is a folder that is there already" in ended.err) == (2, True)
    assert shell("get", "@latest", "-o", "-").code == 2


def test_pickle_is_written_as_it_is_and_not_opened(shell: Shell) -> None:
    import pickle

    _made(shell, "pickled")
    assert shell("get", "@latest", "-o", "out.pkl").code == 0
    assert pickle.loads((shell.folder / "out.pkl").read_bytes()) == {1, 2}


def test_one_of_several_results_is_taken_by_name_or_position(shell: Shell) -> None:
    _made(shell, "halves")
    ended = shell("get", "@latest", "-o", "-")
    assert ended.code == 2
    assert "has 2 results" in ended.err
    assert "take one: @latest/0, @latest/1" in ended.err
    assert shell("get", "@latest/1", "-o", "-").out == "b"
    assert shell("get", "@latest/halves[0]", "-o", "-").out == "1\n"


def test_element_of_a_map_and_registered_version(trained: Shell) -> None:
    assert trained("get", "@latest/train[1]", "-o", "-").json == {"depth": 2, "score": 5.0}
    assert trained("get", "forest@1", "-o", "-").json == {"depth": 1, "score": 10.0}
    assert trained("get", "forest", "-o", "-").json == {"depth": 1, "score": 10.0}


def test_file_that_is_there_is_replaced_only_by_force(shell: Shell) -> None:
    _made(shell, "text")
    mine = shell.write("out.txt", "mine")
    ended = shell("get", "@latest", "-o", "out.txt")
    assert (ended.code, mine.read_text()) == (2, "mine")
    assert "out.txt is there already" in ended.err
    assert "--force" in ended.err
    assert shell("get", "@latest", "-o", "out.txt", "--force").code == 0
    assert mine.read_text() == "naïve\n"


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        ("array", "out.xlsx", "is not written as `.xlsx`"),
        ("table", "out.npy", "end the file's name in one of .parquet, .arrow"),
        ("text", "nowhere/out.txt", "nowhere/out.txt can not be written: No such file or directory"),
        ("text", ".", ". is a folder that is there already"),
    ],
)
def test_file_that_can_not_be_written_is_a_clear_error(shell: Shell, name: str, file: str, expected: str) -> None:
    _made(shell, name)
    before = {path.name for path in Path.cwd().iterdir()}
    ended = shell("get", "@latest", "-o", file)
    assert (ended.code, ended.out) == (2, "")
    assert expected in ended.err
    assert "internal error" not in ended.err
    assert {path.name for path in Path.cwd().iterdir()} == before


def test_bytes_go_to_stdout_as_they_are(shell: Shell) -> None:
    _made(shell, "raw")
    command = [sys.executable, "-m", "zenflow", "get", "@latest", "-o", "-"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=shell.folder, capture_output=True, check=True, env=environment)
    assert done.stdout == b"\x00\xff"
