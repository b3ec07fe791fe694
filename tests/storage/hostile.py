"""Loading what somebody forged: a table of formats, and a process of its own that loads mutants of each.

A mutant has got past every digest: whoever can write a record writes one that fits the bytes. Loading it must come to
a `ZenFlowError` or to a value of the declared type that can be used; to no other exception, no crash, no endless loop,
and no more memory than `MOST`.

A family of formats is a line in `samples.FAMILIES`: values with their declared types, made in the child. Bytes that
chance does not find are in `crafted`.

    python -m tests.storage.hostile FAMILY SEED FIRST COUNT FOLDER    (what `assault` starts)
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, evolve, frozen

from tests.storage.crafted import crafted
from tests.storage.mutators import mutated
from tests.storage.samples import FAMILIES, used
from tests.storage.tally import FULL
from zenflow.artifacts.content import SMALL, Blob, Content, content_digest
from zenflow.artifacts.saving import load, save
from zenflow.artifacts.store import Store, open_store
from zenflow.errors import ZenFlowError

ROOT = Path(__file__).parents[2]

COUNT = 10_000 if FULL else 1_000
"""Mutants of each format."""

SLOW = {"sklearn/1": COUNT // 5, "transformers-*": COUNT // 5, "datasets-*": COUNT // 2, "torch-*": COUNT // 2}
"""Mutants of formats that take several milliseconds to read."""

ADDRESS_SPACE = 6 * 2**30
"""Bytes that a child may have mapped, libraries included."""

MOST = 256.0
"""MiB that a child may grow by, whatever it is given: bombs that are planted here would come to gigabytes."""

SECONDS = 20.0
"""A load that takes longer does not end."""

FRAME = 500
"""Mutants between two words of a child on how far it is."""


@define
class Tally:
    """What became of the mutants of one format. `findings` tell of those that must not be."""

    format: str
    mutated: int = 0
    loaded: int = 0
    refused: int = 0
    peak: float = 0.0
    findings: tuple[str, ...] = ()

    def line(self) -> str:
        """As it is printed: `peak` is how much the process grew, in MiB."""
        return (
            f"{self.format:<18} mutated {self.mutated:>6}, loaded {self.loaded:>6}, refused {self.refused:>6}, "
            f"peak {self.peak:.0f} MiB"
        )


def assault(family: str, seed: int, count: int, folder: Path) -> Tally:
    """Load so many mutants of a family of formats, in children that may fall: each goes on where the last one fell."""
    tally = Tally(family)
    first = 0
    while first < count and len(tally.findings) < 20:
        words = [str(word) for word in (family, seed, first, count, folder)]
        command = [sys.executable, "-W", "error", "-X", "faulthandler", "-m", "tests.storage.hostile", *words]
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
            code, said, errors = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as late:
            code, said, errors = -signal.SIGKILL, (late.stdout or b"").decode(), "it did not end"
        reports = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        for report in reports[-1:]:
            tally.mutated, tally.loaded = tally.mutated + report["mutated"], tally.loaded + report["loaded"]
            tally.refused, tally.peak = tally.refused + report["refused"], max(tally.peak, report["peak"])
            tally.findings += tuple(report["findings"])
        if code == 0:
            break
        fallen = int((folder / "at").read_text() or 0)
        tally.findings += (f"{family}, seed {seed}, mutant {fallen}: exit {code}\n{_stack(errors)}",)
        first = fallen + 1
    return tally


def _stack(errors: str) -> str:
    """What faulthandler says of where a child fell, without the modules that it had loaded."""
    return errors.partition("\nExtension modules")[0][-3_000:]


# -------------------------------------------------------------------------------------------------- in the child


@frozen
class Base:
    """A stored value with its declared type, to be mutated."""

    content: Content
    hint: Any
    blobs: dict[str, bytes]


class Loading:
    """Loads mutants and remembers what came of them."""

    def __init__(self, family: str, seed: int, folder: Path) -> None:
        self._family = family
        self._seed = seed
        self._store = open_store(folder / "store")
        self._folder = folder
        self._bases = [_base(value, hint, self._store) for value, hint in FAMILIES[family]()]
        self._others = [data for base in self._bases for data in base.blobs.values()]
        self._crafted = crafted(family)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins here: making good values takes memory, too
        self._start = _peak()
        self.counts: Counter[str] = Counter()
        self.findings: list[str] = []
        for base in self._bases:  # what a good value needs is no growth
            used(load(base.content, base.hint, self._store), base.hint)

    def run(self, first: int, count: int) -> None:
        place = os.open(self._folder / "at", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in range(first, count):
            os.pwrite(place, f"{number:<12}".encode(), 0)
            random = Random(f"{self._seed}-{self._family}-{number}")
            self._load(number, *self._mutant(number, random))
        os.close(place)

    def _mutant(self, number: int, random: Random) -> tuple[Content, Any]:
        base = self._bases[number % len(self._bases)]
        if number < len(self._crafted):
            name, data = self._crafted[number]
            bases = [base for base in self._bases if name in base.blobs]
            base = bases[number % len(bases)]
            return _content(base, base.blobs | {name: data}, self._store), random.choice((base.hint, Any))
        blobs = dict(base.blobs)
        name = random.choice(sorted(blobs))
        if random.random() < 0.02:
            blobs[random.choice(("0/data", "files/0", "../../x", "/x", "", "data", "skeleton"))] = blobs.pop(name)
        else:
            blobs[name] = mutated(blobs[name], number, random, self._others)
        hint = base.hint if random.random() < 0.9 else Any
        content = _content(base, blobs, self._store)
        if random.random() < 0.02:
            content = evolve(content, format=random.choice(self._bases).content.format)
        return content, hint

    def _load(self, number: int, content: Content, hint: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            value = load(content, hint, self._store)
            used(value, hint)
        except ZenFlowError:
            self.counts["refused"] += 1
        except BaseException as error:
            lines = "".join(traceback.format_exception(error)[-3:])
            self.findings.append(
                f"{self._family}, seed {self._seed}, mutant {number}: {content.format}\n{lines[-1500:]}"
            )
        else:
            self.counts["loaded"] += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def report(self) -> str:
        counts = self.counts
        return json.dumps(
            {
                "mutated": counts.total() + len(self.findings),
                "loaded": counts["loaded"],
                "refused": counts["refused"],
                "peak": (_peak() - self._start) / 2**20,
                "findings": self.findings[:20],
            }
        )


def _base(value: object, hint: Any, store: Store) -> Base:
    content = save(value, hint, store)
    small = content.small
    blobs = {b.name: bytes(small[b.digest] if b.digest in small else store.get(b.digest)) for b in content.blobs}
    return Base(content, hint, blobs)


def _content(base: Base, blobs: dict[str, bytes], store: Store) -> Content:
    """The record that somebody forges who can write both: everything fits."""
    from blake3 import blake3

    named, small = [], {}
    for name, data in sorted(blobs.items()):
        digest = blake3(data).hexdigest()
        named.append(Blob(name, digest, len(data)))
        if len(data) <= SMALL:
            small[digest] = data
        else:
            store.put(data, digest)
    size = sum(blob.size for blob in named)
    digest = content_digest(base.content.format, named)
    return evolve(base.content, digest=digest, size=size, blobs=tuple(named), small=small)


def _peak() -> int:
    """Bytes that this process has held at most; `ru_maxrss` would begin with what its parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _late(*_: object) -> None:
    raise TimeoutError(f"a load took more than {SECONDS:.0f} s")


def main(arguments: Sequence[str]) -> Iterator[str]:
    family, seed, first, count, folder = arguments
    signal.signal(signal.SIGALRM, _late)
    loading = Loading(family, int(seed), Path(folder))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    for start in range(int(first), int(count), FRAME):
        loading.run(start, min(start + FRAME, int(count)))
        yield loading.report()


if __name__ == "__main__":
    for said in main(sys.argv[1:]):
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
