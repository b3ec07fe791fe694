"""What a step asks of the world it runs in, parsed once where it is written."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping
from functools import cached_property

from attrs import field, frozen

from zenflow.errors import DefinitionError

_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BYTES |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@frozen
class Options:
    """The options of a step, in base units: bytes and seconds.

    `retry_on` are the exception types worth another attempt; `output` is an explicit materializer (or
    `Pickle`) for the result, where the declared type should not decide. What is asked of a node is asked for each of
    the `workers`; `fresh_process` is for code that leaves a process unfit for what comes next.
    """

    cpus: float | None = None
    gpus: float | None = None
    memory: int | None = None
    accelerator: str | None = None
    resources: Mapping[str, float] = field(factory=dict)
    retries: int = 0
    retry_on: tuple[type[BaseException], ...] = (Exception,)
    timeout: float | None = None
    cache: bool = True
    version: str | None = None
    effect: bool = False
    name: str | None = None
    workers: int = 1
    fresh_process: bool = False
    env: Mapping[str, object] = field(factory=dict)
    output: object = None

    @cached_property
    def resources_key(self) -> Hashable:
        """Equal for steps that ask for the same of the process they run in."""
        custom = tuple(sorted(self.resources.items()))
        env = repr(sorted(self.env.items())) if self.env else ""
        process = (self.workers, self.fresh_process, env)
        return (1 if self.cpus is None else self.cpus, self.gpus or 0, self.memory, self.accelerator, custom, process)

    @property
    def demanding(self) -> bool:
        """Whether it asks for anything that not every process can give: resources, an environment, a time limit."""
        asked = (self.cpus, self.gpus, self.memory, self.accelerator, self.resources, self.env, self.timeout)
        return self.separate or any(bool(one) for one in asked)

    @property
    def separate(self) -> bool:
        """Whether each call has a process of its own, or several."""
        return self.workers > 1 or self.fresh_process

    @property
    def reusable(self) -> bool:
        """Whether an equal call may be merged with this one or answered from the cache."""
        return self.cache and not self.effect


def parse_bytes(text: str | int, *, option: str = "memory") -> int:
    """A number of bytes: an int, or a text such as `512MiB` or `4GB`.

    >>> parse_bytes("4GiB"), parse_bytes("1.5 kB"), parse_bytes(10)
    (4294967296, 1500, 10)
    """
    if isinstance(text, int) and not isinstance(text, bool) and text > 0:
        return text
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text) if isinstance(text, str) else None
    if match is None or match[2].upper() not in _BYTES or float(match[1]) <= 0:
        raise DefinitionError(f"`{option}={text!r}` is not a size", help='write it as "512MiB", "4GiB" or in bytes')
    return int(float(match[1]) * _BYTES[match[2].upper()])


def parse_seconds(text: str | float, *, option: str = "timeout") -> float:
    """A length of time in seconds: a number, or a text such as `30m` or `1h30m`.

    >>> parse_seconds("30m"), parse_seconds("1h30m"), parse_seconds(2.5)
    (1800.0, 5400.0, 2.5)
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool) and math.isfinite(text) and text > 0:
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text) if isinstance(text, str) else []
    total = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if not parts or "".join(n + u for n, u in parts) != str(text).replace(" ", "") or total <= 0:
        raise DefinitionError(f"`{option}={text!r}` is not a length of time", help='write it as "90s", "30m" or "2h"')
    return total


def amount(value: float | None, option: str) -> float | None:
    """A non-negative, finite number of CPUs, GPUs or custom resources."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise DefinitionError(f"`{option}={value!r}` is not an amount", help="give a number of 0 or more")
    if option == "gpus" and value > 1 and value != int(value):
        raise DefinitionError(
            f"`gpus={value!r}`: a share of more than one GPU", help="give a share up to 1, or whole GPUs"
        )
    return value
