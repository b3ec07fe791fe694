"""What a step may ask of the environment it runs in: Ray's runtime environments, checked where they are written.

Ray checks them when the first worker starts, and some of it not at all: a key that it does not know is passed over. See
https://docs.ray.io/en/latest/ray-core/handling-dependencies.html#api-reference.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path

from zenflow.errors import DefinitionError

INSTALLERS = ("uv", "pip", "conda")
"""The keys under which packages are asked for; an environment has one of them at most."""

_WHOLE_RUN = ("working_dir", "py_modules", "excludes")
"""What Ray takes for a whole run alone."""


def _texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)


def _packages(value: object) -> bool:
    return _texts(value) or isinstance(value, str) or (isinstance(value, Mapping) and _texts(value.get("packages")))


def _variables(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, str) for pair in value.items() for one in pair)


_KINDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "uv": (_packages, 'a list of packages, a requirements file, or {"packages": [...]}'),
    "pip": (_packages, 'a list of packages, a requirements file, or {"packages": [...]}'),
    "conda": (lambda value: isinstance(value, (str, Mapping)), "the name of an environment, a file, or its content"),
    "env_vars": (_variables, "texts by name"),
    "image_uri": (lambda value: isinstance(value, str), "the address of an image"),
    "container": (lambda value: isinstance(value, Mapping), "Ray's description of a container"),
    "py_executable": (lambda value: isinstance(value, str), "a command"),
    "nsight": (lambda value: isinstance(value, (str, Mapping)), "Ray's options of Nsight"),
    "rocprof-sys": (lambda value: isinstance(value, (str, Mapping)), "Ray's options of rocprof-sys"),
    "mpi": (lambda value: isinstance(value, Mapping), "Ray's options of MPI"),
    "worker_process_setup_hook": (lambda value: isinstance(value, str) or callable(value), "a function"),
    "config": (lambda value: isinstance(value, Mapping), "Ray's options of how it is made"),
}


def parse_environment(env: Mapping[str, object]) -> dict[str, object]:
    """A step's `env`, with the packages of requirements files in place of their paths.

    The lines of a file enter the step's cache key, so that a changed file is seen.

    Raises:
        DefinitionError: A key is not known, or a value is none for its key.

    >>> parse_environment({"pip": ["attrs==25.1"]})
    {'pip': ['attrs==25.1']}
    """
    for key, value in env.items():
        if key in _WHOLE_RUN:
            raise DefinitionError(
                f"`env` asks for `{key}`, which holds for a whole run",
                help="the project is shipped as it is; leave it out",
            )
        if key not in _KINDS:
            close = difflib.get_close_matches(str(key), _KINDS, n=1, cutoff=0.5)
            did = f"; did you mean `{close[0]}`?" if close else ""
            raise DefinitionError(f"`env` has no `{key}`{did}", help="it may have " + ", ".join(_KINDS))
        fits, what = _KINDS[key]
        if not fits(value):
            raise DefinitionError(f"`{key}={value!r}` in `env` is not {what}", help=f"give {what}")
    asked = [key for key in INSTALLERS if key in env]
    if len(asked) > 1:
        raise DefinitionError(f"`env` asks for packages by {' and by '.join(asked)}", help="use one of them")
    return {key: _listed(key, value) for key, value in env.items()}


def _listed(key: str, value: object) -> object:
    if key == "conda" or key not in INSTALLERS or not isinstance(value, str):
        return value
    try:
        lines = Path(value).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(
            f"the requirements file `{value}` in `env` can not be read: {error}",
            help="give a path from the folder that the run starts in, or a list of packages",
        ) from error
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
