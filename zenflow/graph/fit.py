"""The three answers to "does this fit there?", and how they combine."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Fit(enum.Enum):
    """An answer: certainly, certainly not, or not to be told from the hints."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def every(fits: Iterable[Fit]) -> Fit:
    """All must fit: one NO is NO, else one UNKNOWN is UNKNOWN.

    >>> every([Fit.YES, Fit.UNKNOWN]), every([])
    (<Fit.UNKNOWN: 'unknown'>, <Fit.YES: 'yes'>)
    """
    worst = Fit.YES
    for fit in fits:
        if fit is Fit.NO:
            return Fit.NO
        if fit is Fit.UNKNOWN:
            worst = Fit.UNKNOWN
    return worst


def some(fits: Iterable[Fit]) -> Fit:
    """One must fit: one YES is YES, else one UNKNOWN is UNKNOWN.

    >>> some([Fit.NO, Fit.UNKNOWN]), some([])
    (<Fit.UNKNOWN: 'unknown'>, <Fit.NO: 'no'>)
    """
    best = Fit.NO
    for fit in fits:
        if fit is Fit.YES:
            return Fit.YES
        if fit is Fit.UNKNOWN:
            best = Fit.UNKNOWN
    return best


def unless_certain(fit: Fit, *, no: bool = False, yes: bool = False) -> Fit:
    """The answer with its NO or its YES taken back to UNKNOWN, where a rule can not vouch for it."""
    doubted = (fit is Fit.NO and no) or (fit is Fit.YES and yes)
    return Fit.UNKNOWN if doubted else fit
