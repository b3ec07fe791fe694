"""The probe job: what only the cluster's side can tell, found out there by a small job that leaves nothing behind.

A cluster may write down the state of a job once more after it was told to forget it (its monitor looks every second),
and takes its time to stop one that has not begun. So the job is taken away beside everything else, until it stays
away; only the end of the process waits for that.

Its driver is `python` as a run's driver is, in the environment that the stack's runs have. It is written for any
Python, needs nothing of ours to tell what is missing, and takes the configuration as a run does: with the texts of
references in place of what they refer to, so that nothing secret is in what the cluster's dashboard shows.
"""

from __future__ import annotations

import json
import shlex
import threading
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from attrs import frozen

from zenflow.errors import ClusterError
from zenflow.stacks.jobs_server import Job, JobsServer
from zenflow.stacks.probes.versions import Versions

_MARK = "zenflow-probe:"
_SCRIPT = f"""\
import json, platform, sys
said = {{"python": platform.python_version(), "executable": sys.executable, "ray": None, "zenflow": None}}
try:
    import importlib.metadata
    said["ray"] = importlib.metadata.version("ray")
except Exception: pass
try:
    import zenflow
    said["zenflow"] = zenflow.__version__
    from zenflow.stacks.probes.there import findings
    said["findings"] = findings(sys.argv[1], float(sys.argv[2]))
except ImportError as error:
    said["missing"] = str(error)
print("{_MARK}" + json.dumps(said), flush=True)
"""
_OFTEN = 0.1
_MARGIN = 1.0
"""Seconds that the probes there have less than the job."""

_GONE, _TIDYING = 2.5, 15.0
"""Seconds for which a job has to stay away, and in which it is taken away at most; it ends by itself then."""


@frozen
class Report:
    """What a probe job told: the versions of its side, and what came of the probes there (empty where none ran)."""

    versions: Versions
    findings: tuple[Mapping[str, Any], ...]
    seconds: float


def probe_job(server: JobsServer, configuration: str, environment: Mapping[str, Any], limit: float) -> Report:
    """Run a probe job; it is gone from the cluster soon afterwards.

    Args:
        server: The Jobs server of the cluster.
        configuration: The text of a `zenflow.toml` whose default stack is tried out there.
        environment: Ray's runtime environment of the stack's runs.
        limit: Seconds in which it has to end.

    Raises:
        ClusterError: It could not be run, or did not tell anything in time.
    """
    began = time.monotonic()
    id_ = f"zf-check-{uuid4().hex[:12]}"
    entrypoint = shlex.join(["python", "-c", _SCRIPT, configuration, f"{max(1.0, limit - _MARGIN):g}"])
    server.submit(id_, entrypoint, runtime_env=environment, metadata={"zenflow": "stack check"})
    try:
        job = _ended(server, id_, began + limit)
        log = server.log(id_)
    finally:
        threading.Thread(target=_take_away, args=(server, id_), name="zenflow-probe-job").start()
    told = [line.partition(_MARK)[2] for line in log.splitlines() if line.startswith(_MARK)]
    if told:
        return _report(json.loads(told[-1]), time.monotonic() - began)
    raise _silent(server, job, log, limit)


def _ended(server: JobsServer, id: str, deadline: float) -> Job | None:
    while True:
        job = server.job(id)
        if job is None or job.over or time.monotonic() > deadline:
            return job
        time.sleep(_OFTEN)


def _take_away(server: JobsServer, id: str) -> None:
    now = time.monotonic()
    give_up, last_seen = now + _TIDYING, now
    try:
        while now < min(give_up, last_seen + _GONE):
            job = server.job(id)
            if job is not None:
                last_seen = now
                if job.over:
                    server.delete(id)
                else:
                    server.stop(id)
            time.sleep(3 * _OFTEN)
            now = time.monotonic()
    except ClusterError:
        return  # it does not answer any more; the probes tell that


def _report(told: Mapping[str, Any], seconds: float) -> Report:
    versions = Versions(told["python"], told["ray"], told["zenflow"], told["executable"])
    return Report(versions, tuple(told.get("findings", ())), seconds)


def _silent(server: JobsServer, job: Job | None, log: str, limit: float) -> ClusterError:
    where = f"the probe job on {server.address}"
    last = (log.strip() or (job.message if job else "")).splitlines()
    said = f": {last[-1].strip()}" if last else ""
    if job is None or not job.over:
        state = "was forgotten by the cluster" if job is None else f"was {job.status.lower()} after {limit:g} s"
        return ClusterError(
            f"{where} {state}{said}",
            reason="time",
            help="the cluster is busy, or makes the stack's environment for the first time: "
            "`zenflow stack check --within 120` gives it more time",
        )
    if job.exit_code == 127:
        return ClusterError(
            f"{where} found no `python`{said}",
            reason="version",
            help="put it on the PATH that the head is started with",
        )
    return ClusterError(
        f"{where} ended without a word ({job.error or job.status.lower()}){said}",
        reason="refused",
        help="its driver is `python` on the head, in the environment of the stack's `env`: can that be made there?",
    )
