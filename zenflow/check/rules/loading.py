"""ZF001, ZF002: files that can not be checked, and comments that silence nothing."""

from __future__ import annotations

from zenflow.check.rules.registry import explained

explained(
    "ZF001",
    "a file that can not be imported or traced",
    why="""Pipelines are found by importing the file that defines them, and checked by calling them. Syntax errors,
    failing or endless imports, and pipelines whose own code raises end that.""",
    bad="import pandsa as pd",
    good="import pandas as pd",
)
explained(
    "ZF002",
    "a comment that silences nothing",
    why="""`# zenflow: ignore[CODE]` hides what a line is found to be wrong with. One that hides nothing is left over,
    and would hide the next mistake on its line.""",
    bad="return train(load())  # zenflow: ignore[ZF201]",
    good="return train(load())",
    severity="warning",
)
