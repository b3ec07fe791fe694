"""What all tests share: the Hypothesis profiles, an empty project to stand in, and one Ray for the whole session.

A session may be of several processes (pytest-xdist); its fixtures are then each process's own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.faults import tally as faults
from tests.storage import tally as storage
from zenflow.language.secret import revealed

if TYPE_CHECKING:
    from tests.cluster.cluster import Cluster
    from tests.storage.s3 import S3
    from tests.storage.server import Server

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

# What is started in the background, or by nohup, ignores signals, and so would all that the tests start.
for _ignored in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_ignored) is signal.SIG_IGN:
        signal.signal(_ignored, signal.default_int_handler if _ignored is signal.SIGINT else signal.SIG_DFL)

# Deadlines and slow generation measure the machine, not the code. A failure on CI must be one that everybody can see
# again, so the examples are the same there every time; at home they are new every time.
settings.register_profile("home", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("ci", settings.get_profile("home"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "home")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the suites of faults and of storage did, by whichever process of the session each of their tests was run."""
    kills, figures = faults.Tally(), storage.Tally()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                told = dict(report.user_properties)
                kills.add(told.get(faults.PROPERTY, faults.Tally().plain()))
                figures.lines += told.get(storage.PROPERTY, ())
    for title, lines in (("faults", kills.lines() if kills.kills else ()), ("storage", figures.lines)):
        if lines:
            terminalreporter.section(title)
            terminalreporter.write("".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="session")
def _cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _no_settings_of_the_outside(monkeypatch: pytest.MonkeyPatch, _cache_of_the_session: Path) -> None:
    """No test sees the stack, the database, the credentials or the colours that the caller's shell asks for, or leaves
    anything in the user's caches."""
    for name in [*os.environ]:
        if name.startswith(("ZENFLOW_", "AWS_", "AZURE_", "GOOGLE_")) or name in {
            "NO_COLOR",
            "FORCE_COLOR",
            "RAY_ADDRESS",
        }:
            monkeypatch.delenv(name)
    monkeypatch.setenv("ZENFLOW_CACHE", str(_cache_of_the_session))


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    """What a test has revealed is for the process to hide until its end; the next test prints it as it likes."""
    yield
    revealed.clear()


@pytest.fixture(scope="session", autouse=True)
def _a_user_without_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a user keeps at home, the key that pickles are signed with above all, is made anew for each session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_cache_of_mypy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What mypy knows of the standard library is worked out once a session."""
    before = os.environ.get("MYPY_CACHE_DIR")
    os.environ["MYPY_CACHE_DIR"] = str(tmp_path_factory.mktemp("mypy"))
    yield
    if before is None:
        del os.environ["MYPY_CACHE_DIR"]
    else:
        os.environ["MYPY_CACHE_DIR"] = before


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the current one: what a run keeps by default stays in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    """A Ray of two CPUs in this process, started once: runs use the one they find initialised."""
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """An S3 server, started once."""
    from tests.storage.s3 import running_s3

    with running_s3() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server, started once; whoever uses it makes a database of its own."""
    from tests.storage.server import server

    with server() as found:
        yield found


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A Ray of a head and two workers that asks for a token, with an S3 and a PostgreSQL server, started once; whoever
    kills a part of it brings it back (`add_worker`, `restart_ray`), and keeps things in stores of its own (`fresh`)."""
    from tests.cluster.cluster import Cluster

    started = Cluster.start()
    yield started
    started.stop()
