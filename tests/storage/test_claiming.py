"""What the driver itself stores is stored after its run is claimed, so that a collection sees a lease on it."""

from __future__ import annotations

from pathlib import Path

from zenflow.artifacts.folder.store import LocalStore
from zenflow.artifacts.saving import load, save
from zenflow.engine.driving.claiming import claiming


def test_a_run_is_claimed_before_its_driver_writes_a_blob_and_not_for_a_small_value(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")
    present: list[int] = []
    claimed = claiming(store, lambda: present.append(len(list(store.listing()))))
    assert load(save("small", str, claimed), str, claimed) == "small"
    assert present == []
    content = save("z" * 50_000, str, claimed)
    assert present == [0]
    with claimed.sink() as sink:
        sink.write(b"s" * 50_000)
        sink.commit()
    assert present == [0, 1]
    assert load(content, str, claimed) == "z" * 50_000
