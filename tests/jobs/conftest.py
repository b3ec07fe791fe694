"""Projects for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.cluster import Cluster
from tests.jobs.submitting import Project


@pytest.fixture(scope="module")
def project(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with stores of its own on the cluster."""
    found = Project(tmp_path_factory.mktemp("project"), cluster)
    yield found
    found.close()
