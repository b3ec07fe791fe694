"""`python -m benchmarks [--json FILE]`: every measurement as a table, and as JSON where asked."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from benchmarks import cases, check
from benchmarks.cases import Measured


def measurements() -> Iterator[Measured]:
    """All measurements, those that need no Ray first."""
    yield cases.importing()
    yield cases.chain_inline()
    yield cases.cached()
    yield cases.array_chain()
    yield from check.measurements()
    yield cases.chain_on_ray()
    yield cases.fan_out_on_ray(1_000)
    yield cases.fan_out_on_ray(10_000)


def main(measured: Callable[[], Iterator[Measured]] = measurements) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    file: Path | None = parser.parse_args().json
    found = []
    print(f"{'':26}{'ours':>10}{'yardstick':>12}{'ratio':>8}{'budget':>8}")
    for one in measured():
        found.append(one)
        verdict = "" if one.ratio <= one.budget else "  missed"
        print(
            f"{one.name:26}{one.ours:9.3f}s{one.theirs:11.3f}s{one.ratio:8.2f}{one.budget:8.2f}{verdict}  "
            f"({one.yardstick})",
            flush=True,
        )
    if file is not None:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


if __name__ == "__main__":
    main()
