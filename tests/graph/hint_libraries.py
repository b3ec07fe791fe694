"""Hints of other libraries for the pairs: frames, tables, schemas of pandera; arrays of jaxtyping."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
import polars as pl
import pyarrow as arrow
from jaxtyping import Bool, Complex, Float, Float32, Float64, Inexact, Int, Int32, Integer, Num, Shaped, UInt8
from pandera.typing import DataFrame, Series

__all__ = [
    "Bool",
    "Complex",
    "DataFrame",
    "Float",
    "Float32",
    "Float64",
    "Frame",
    "Inexact",
    "Int",
    "Int32",
    "Integer",
    "Num",
    "Other",
    "Priced",
    "Sales",
    "Series",
    "Shaped",
    "UInt8",
    "arrow",
    "np",
    "npt",
    "pd",
    "pl",
]


class Sales(pa.DataFrameModel):
    amount: int


class Priced(Sales):
    price: float


class Other(pa.DataFrameModel):
    name: str


class Frame(pd.DataFrame):
    """Of somebody who derives from pandas."""
