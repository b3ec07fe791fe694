"""ZF504, ZF505: what the stack can not give, or can not be used for. `check.stack` judges by its facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zenflow.check.facts import Demand
from zenflow.check.rules.registry import explained
from zenflow.check.source import option_span
from zenflow.graph.expression import StepSpec
from zenflow.stacks.nodes import requested

explained(
    "ZF504",
    "resources that no node can give",
    why="""A step runs on one node, and all workers of a gang at once. What asks for more than there is would wait for
    ever, so it is refused at once.""",
    bad='@step(memory="500TiB")\ndef train(data: pa.Table) -> Forest: ...',
    good='@step(memory="1GiB")\ndef train(data: pa.Table) -> Forest: ...',
)
explained(
    "ZF505",
    "a stack that can not be used from where the run would be",
    why="""Workers write what steps return, and the driver writes what happened. Where these are other machines, a
    folder or a SQLite file of this one is out of their reach.""",
    bad='Stack("cluster", "runs/store", "sqlite:///zenflow.db", ray="http://head:8265")',
    good='Stack("cluster", "s3://bucket/zenflow", "postgresql+psycopg://db/zenflow", ray="http://head:8265")',
)


def demands(specs: Iterable[StepSpec]) -> Iterator[Demand]:
    """What steps ask of their nodes; those that any machine can serve are left out."""
    for spec in specs:
        wanted, workers = requested(spec.options), spec.options.workers
        if set(wanted) - {"CPU"} or wanted.get("CPU", 0) * workers > 1:
            yield Demand(spec.name, tuple(wanted.items()), option_span(spec.function.fn, _OPTIONS), workers)


_OPTIONS = ("workers", "gpus", "accelerator", "resources", "memory", "cpus")
