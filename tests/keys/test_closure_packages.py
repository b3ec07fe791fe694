"""Installed packages enter a closure by version, and are never imported for it."""

from __future__ import annotations

import sys

import pytest

from tests.keys.conftest import ClosureOf


def _installed(version: str, module: str = "thing", distribution: str = "thing_dist") -> dict[str, str]:
    record = f"{module}/__init__.py,,\n{distribution}-{version}.dist-info/RECORD,,\n"
    return {
        f"site-packages/{module}/__init__.py": "def g(x):\n    return x\nclass Logger:\n    pass\nlogger = Logger()\n",
        f"site-packages/{distribution}-{version}.dist-info/RECORD": record,
        f"site-packages/{distribution}-{version}.dist-info/METADATA": f"Name: {distribution}\nVersion: {version}\n",
        f"site-packages/{module}-0.0.dist-info/RECORD": "other/__init__.py,,\n",
    }


@pytest.mark.parametrize(
    "flow",
    [
        "import thing\ndef f(x): return thing.g(x)",
        "from thing import g\ndef f(x): return g(x)",
        "def f(x):\n    import thing\n    return thing.g(x)",
        "from thing import logger\ndef f(x): return logger",
        "import thing\ndef f(x: thing.Logger): return x",
        "import thing\nclass C(thing.Logger): ...\ndef f(x): return C()",
        "import thing\ndef f(x): return getattr(thing, x)",
    ],
)
def test_package_enters_by_the_version_of_the_distribution_that_owns_it(closure_of: ClosureOf, flow: str) -> None:
    before = closure_of({"flow": flow, **_installed("1.0")}, site="site-packages")
    after = closure_of({"flow": flow, **_installed("1.1")}, site="site-packages")
    assert before.problems == ()
    assert (before.parts["package thing-dist"], after.parts["package thing-dist"]) == ("1.0", "1.1")
    assert not any(part.startswith("thing") for part in before.parts)
    assert before.digest != after.digest


def test_package_that_is_only_imported_inside_is_not_imported_for_its_version(closure_of: ClosureOf) -> None:
    files = _installed("1.0") | {"site-packages/thing/__init__.py": "raise RuntimeError('imported')"}
    found = closure_of({"flow": "def f(x):\n    import thing\n    return thing.g(x)", **files}, site="site-packages")
    assert found.parts["package thing-dist"] == "1.0"
    assert "thing" not in sys.modules
