"""ZF504: resources that no node can give. Found where the run would be, when a step is submitted."""

from __future__ import annotations

from zenflow.check.rules.registry import explained

explained(
    "ZF504",
    "resources that no node can give",
    why="A step runs on one node. What asks for more than any node has would wait for ever, so it is refused at once.",
    bad='@step(memory="500GiB")\ndef train(data: pa.Table) -> Forest: ...',
    good='@step(memory="50GiB")\ndef train(data: pa.Table) -> Forest: ...',
)
