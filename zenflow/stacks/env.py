"""The environment of what runs on a stack: the packages, variables and container image that its processes have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

Installer = Literal["uv", "pip"]


@frozen
class Env:
    """What the processes of a stack's cluster are given besides the code.

    Args:
        requirements: Packages as pip takes them (`scikit-learn==1.9.0`), installed on the cluster before a run.
        installer: What installs them.
        variables: Environment variables of everything that runs on the stack; its own clients of the store read them
            too.
        image: A container image that workers run in.

    >>> Env(variables={"AWS_REGION": "eu-central-1"}).image is None
    True
    """

    requirements: tuple[str, ...] = ()
    installer: Installer = "uv"
    # A variable may well be a secret.
    variables: Mapping[str, str] = field(factory=dict, repr=lambda variables: repr(sorted(variables)))
    image: str | None = None

    def __bool__(self) -> bool:
        return bool(self.requirements or self.variables or self.image)
