"""A gang: one call of a step that several processes run together, as ranks that know of each other.

The function says that it can be one by a parameter annotated `Gang`. Nobody passes it: a call is bound as if it were
not there, and each rank is handed its own. What the call is recorded with is a gang of the size that was asked for, so
the size is part of the cache key like any argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from attrs import field, fields, frozen
from attrs.validators import ge

from zenflow.errors import DefinitionError
from zenflow.graph.options import Options

_LOOPBACK = "127.0.0.1"


@frozen(repr=False)
class Gang:
    """Which of the ranks of a step this is, and where they meet. `Gang()` is a gang of one.

    `rank` counts from 0 to `size - 1`. `address` is the host of rank 0 and `port` was free there when the gang
    started; 0 stands for any port that is free.

    >>> Gang()
    Gang()
    >>> Gang(rank=1, size=4, address="10.0.0.7", port=29500).init_method
    'tcp://10.0.0.7:29500'
    """

    rank: int = field(default=0, validator=ge(0))
    size: int = field(default=1, validator=ge(1))
    address: str = _LOOPBACK
    port: int = 0

    def __repr__(self) -> str:
        told = (f"{f.name}={value!r}" for f in fields(Gang) if (value := getattr(self, f.name)) != f.default)
        return f"Gang({', '.join(told)})"

    @property
    def init_method(self) -> str:
        """Where ranks meet, as `torch.distributed.init_process_group(init_method=...)` takes it."""
        return f"tcp://{self.address}:{self.port or free_port(self.address)}"

    def environment(self) -> dict[str, str]:
        """The variables that launchers such as `torchrun` set.

        Each rank sees the devices that are its own and no others, so it is the only one there: `LOCAL_RANK` is 0.

        >>> Gang(rank=1, size=4, address="10.0.0.7", port=29500).environment()["RANK"]
        '1'
        """
        return {
            "MASTER_ADDR": self.address,
            "MASTER_PORT": str(self.port or free_port(self.address)),
            "RANK": str(self.rank),
            "WORLD_SIZE": str(self.size),
            "LOCAL_RANK": "0",
            "LOCAL_WORLD_SIZE": "1",
        }


def free_port(address: str) -> int:
    """A TCP port that is free now at an address of this machine."""
    import socket

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def gang_parameter(fn: Callable[..., Any]) -> str | None:
    """The parameter by which a function takes its gang, or None.

    Raises:
        DefinitionError: There are several, or it is `*args` or `**kwargs`.
    """
    parameters = [p for p in inspect.signature(fn).parameters.values() if _is_gang(p, fn)]
    name = getattr(fn, "__name__", repr(fn))
    if len(parameters) > 1:
        listed = " and ".join(f"`{p.name}`" for p in parameters)
        raise DefinitionError(
            f"`{name}` has {len(parameters)} parameters for a gang: {listed}",
            help="keep one: a call is run by one gang",
        )
    if parameters and parameters[0].kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        raise DefinitionError(
            f"`{parameters[0]}` of `{name}` stands for several gangs", help="write it as `gang: Gang = Gang()`"
        )
    return parameters[0].name if parameters else None


def require_gang(name: str, parameter: str | None, options: Options) -> None:
    """Refuse options that ask for a gang where there can be none.

    Raises:
        DefinitionError: The function takes no gang, or the step acts on the world.
    """
    if options.workers == 1:
        return
    if parameter is None:
        raise DefinitionError(
            f"`{name}` has workers={options.workers}, and no parameter that tells its ranks apart",
            help="add one: `gang: Gang = Gang()`, with `from zenflow import Gang`",
        )
    if options.effect:
        raise DefinitionError(
            f"`{name}` has workers={options.workers} and effect=True: each rank would act on the world",
            help="let the gang compute, and give what it returns to a step with effect=True",
        )


def _is_gang(parameter: inspect.Parameter, fn: Callable[..., Any]) -> bool:
    hint = parameter.annotation
    if not isinstance(hint, str):
        return hint is Gang
    first, *others = hint.strip().strip("'\"").split(".")
    found = getattr(fn, "__globals__", {}).get(first)
    for other in others:
        found = getattr(found, other, None)
    return found is Gang
