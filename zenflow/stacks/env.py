"""The environment of what runs on a stack: the packages, variables and container image that its processes have."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

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

    def for_ray(self) -> dict[str, Any]:
        """The packages and the image as Ray's runtime environment has them:
        https://docs.ray.io/en/latest/ray-core/handling-dependencies.html.

        Variables are not in it: Ray shows its runtime environments to whoever sees its dashboard, and a variable may be
        a key. They go to the workers with the work.

        >>> Env(requirements=("attrs",)).for_ray()
        {'uv': {'packages': ['attrs']}}
        """
        made: dict[str, Any] = {}
        if self.requirements:
            made[self.installer] = {"packages": list(self.requirements)}
        if self.image:
            made["image_uri"] = self.image
        return made


@contextmanager
def in_effect(variables: Mapping[str, str]) -> Iterator[None]:
    """Have variables in this process's environment for a while.

    >>> with in_effect({"ZENFLOW_DB_USER": "1"}):
    ...     os.environ["ZENFLOW_DB_USER"]
    '1'
    >>> "ZENFLOW_DB_USER" in os.environ
    False
    """
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
