"""Columns of polars, as the description of tables takes them: by polars' own functions, so pyarrow is not needed."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl

from zenflow.artifacts.description.tables import Column, describe_column, describe_table, row_places

_TEXTS = (pl.String, pl.Categorical, pl.Enum)


def describe_polars(frame: Any) -> dict[str, object]:
    """What is told of a frame.

    >>> told = describe_polars(pl.DataFrame({"depth": [1, 2, None]}))
    >>> told["rows"], told["columns"]["depth"]["type"], told["columns"]["depth"]["max"]
    (3, 'Int64', 2)
    """
    chosen = row_places(frame.height, frame.width)
    sample = frame if chosen is None else frame[chosen]
    columns = [(series.name, str(series.dtype), partial(column, series)) for series in sample.iter_columns()]
    return describe_table(frame.height, frame.estimated_size(), sample.height, columns, frame.width)


def describe_polars_series(series: Any) -> dict[str, object]:
    """What is told of a series."""
    chosen = row_places(len(series), 1)
    sample = series if chosen is None else series[chosen]
    told: dict[str, object] = {"length": len(series), "dtype": str(series.dtype), "size": series.estimated_size()}
    if len(sample) < len(series):
        told["sampled"] = len(sample)
    return told | describe_column(series.name, partial(column, sample))


def column(series: Any) -> Column:
    """One column of polars'.

    Raises:
        ValueError: Polars panics at it, which it tells by an exception that is no `Exception`.
    """
    try:
        return _column(series)
    except pl.exceptions.PanicException as error:
        raise ValueError("polars panicked") from error


def _column(series: Any) -> Column:
    nulls, dtype = series.null_count(), series.dtype
    known = series.drop_nulls() if nulls else series
    if dtype in _TEXTS:
        known = known.cast(pl.String)
        return Column("text", nulls, known.str.len_chars().to_numpy(), known.n_unique(), partial(_counts, known))
    if dtype.is_decimal():
        known = known.cast(pl.Float64)
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.Date, pl.Datetime, pl.Duration):
        return Column("numbers", nulls, known.to_numpy())
    if dtype == pl.Binary:
        return Column("sized", nulls, known.bin.size().to_numpy())
    if dtype == pl.List:
        return Column("sized", nulls, known.list.len().to_numpy())
    return Column("other", nulls)


def _counts(texts: Any) -> list[tuple[str, int]]:
    return list(texts.value_counts().iter_rows())
