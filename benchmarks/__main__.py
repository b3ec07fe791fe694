"""`python -m benchmarks`: every measurement beside its yardstick, as a table and as JSON.

Each case runs in a process of its own. Ours and the yardstick take turns, and the medians are compared. It ends with 1
where a case broke; a budget that is missed is a finding and no failure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.alone import Broken, alone
from benchmarks.cases import ALL, chosen
from benchmarks.measured import Case, Measured, Scale
from benchmarks.report import Failure, broken_row, described, document, heading, load, machine, row

RESULTS = Path(__file__).with_name("results.json")
QUICK = 0.02


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; the process's exit code."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.list:
        for case in ALL:
            print(f"{case.name:22}{case.about}")
        return 0
    try:
        cases = chosen(asked.only)
    except ValueError as error:
        parser.error(str(error))
    scale = Scale(QUICK) if asked.quick else Scale()
    before = load()
    print(described(machine()), end="\n\n")
    found, failures = measure(cases, scale)
    loads = (before, load())
    asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(document(found, failures, scale, loads))) + b"\n")
    print(f"\n{_summary(found, failures, scale)}")
    print(f"load {loads[0]:.1f} before and {loads[1]:.1f} after; every sample is in {asked.json}")
    return 1 if failures else 0


def measure(
    cases: Iterable[Case], scale: Scale, how: Callable[[Case, Scale], Iterable[Measured]] = alone
) -> tuple[list[Measured], list[Failure]]:
    """Measure and print each case, whatever becomes of the ones before it."""
    found, failures = [], []
    print(heading(), flush=True)
    for case in cases:
        try:
            for one in how(case, scale):
                found.append(one)
                print(row(one), flush=True)
        except Broken as error:
            failures.append(Failure(case.name, str(error)))
            print(broken_row(failures[-1]), flush=True)
            print(f"{case.name} broke:\n{error}\n", file=sys.stderr)
    return found, failures


def _summary(found: Sequence[Measured], failures: Sequence[Failure], scale: Scale) -> str:
    verdicts = [one.met for one in found if one.met is not None]
    small = "" if scale.is_full else f", at {scale.share:.0%} of the size: nothing to hold against the budgets"
    return f"{sum(verdicts)} of {len(verdicts)} budgets met, {len(failures)} cases broken{small}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="cases, or how their names begin")
    parser.add_argument("--list", action="store_true", help="print the names of all cases, and measure nothing")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:.0%} of each size, once: does everything work?")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="where every sample is written")
    return parser


if __name__ == "__main__":
    sys.exit(main())
