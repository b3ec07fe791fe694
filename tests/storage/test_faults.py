"""Nothing is lost, wrong or waited for without end while a third of all requests goes wrong."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late

import pytest
from blake3 import blake3

from tests.storage.conftest import Opener
from tests.storage.proxy import FAULTS, Proxy
from tests.storage.s3 import S3
from tests.storage.tally import Tally
from zenflow.artifacts.content import Blob
from zenflow.artifacts.objects.bucket import blob_path
from zenflow.artifacts.objects.requests import LANES
from zenflow.artifacts.objects.store import ObjectStore
from zenflow.errors import BlobDamaged, StoreError, ZenFlowError

SEED = 11
SIZES = [
    *[1, 2, 16 * 1024, 16 * 1024 + 1, 1024 * 1024 + 1, 8 * 1024 * 1024 - 1, 8 * 1024 * 1024 + 1, 20 * 1000 * 1000],
    *[int(10 ** random.Random(SEED).uniform(0, 5.3)) for _ in range(2)],
]
MOSTLY = [fault for fault in FAULTS for _ in range(1 if fault == "held" else 8)]
"""Every fault, but seldom the one that takes a second to find out."""


def blobs(number: int) -> list[bytes]:
    """Blobs of 1 B to 20 MB, most of them small, as artifacts are."""
    generator = random.Random(SEED)
    sizes = [*SIZES, *(int(10 ** generator.uniform(0, 5)) for _ in range(number - len(SIZES)))]
    return [generator.randbytes(size) for size in sizes]


@pytest.mark.timeout(240)
def test_three_hundred_blobs_survive_thirty_percent_of_faults(
    proxied: Proxy, direct: S3, elsewhere: Opener, figures: Tally
) -> None:
    url = direct.bucket()
    proxied.rate, proxied.faults = 0.3, MOSTLY
    data = blobs(310)
    writer, reader = elsewhere(url), elsewhere(url)
    lost = wrong = hangs = 0
    with ThreadPoolExecutor(4) as threads:
        written = [threads.submit(writer.put, blob) for blob in data]
        for future, blob in zip(written, data, strict=True):
            try:
                wrong += future.result(200) != blake3(blob).hexdigest()
            except Late:
                hangs += 1
            except ZenFlowError:
                lost += 1
        read = [threads.submit(reader.get, blake3(blob).hexdigest()) for blob in data]
        for answer, blob in zip(read, data, strict=True):
            try:
                wrong += answer.result(200) != blob
            except Late:
                hangs += 1
            except ZenFlowError:
                lost += 1
    proxied.rate = 0.0
    lost += len(reader.missing([Blob("", blake3(blob).hexdigest(), len(blob)) for blob in data]))
    figures.tell(
        f"object store: {len(data)} blobs, {sum(map(len, data)) / 1e6:.0f} MB, written and read by 4 threads, "
        f"{proxied.line()}: {lost} lost, {wrong} wrong, {hangs} hangs"
    )
    assert (lost, wrong, hangs) == (0, 0, 0)
    assert proxied.done.keys() == set(FAULTS)
    assert proxied.done.total() > 0.25 * proxied.requests.total()


def test_an_upload_that_fails_leaves_no_parts(proxied: Proxy, direct: S3) -> None:
    url = direct.bucket()
    proxied.answer = lambda method, path: (400, b"<Code>EntityTooOdd</Code>") if "partNumber=2" in path else None
    with pytest.raises(StoreError, match="400 EntityTooOdd"):
        ObjectStore(url).put(bytes(20_000_000))
    assert b"<Upload>" not in direct.ask("GET", f"/{url.removeprefix('s3://')}?uploads")[1]


def test_an_answer_that_was_lost_is_no_failure(proxied: Proxy, direct: S3) -> None:
    """The store has done it, and nobody heard."""
    store = ObjectStore(direct.bucket())
    for size in (1000, 3_000_000, 20_000_000):
        data = random.Random(size).randbytes(size)
        proxied.faults, proxied.rate, proxied.limit = ["lost"], 1.0, 3
        digest = store.put(data)
        proxied.rate = 0.0
        assert store.missing([Blob("", digest, size)]) == set()


def test_bytes_that_are_harmed_on_the_way_are_asked_for_once_more(
    proxied: Proxy, direct: S3, elsewhere: Opener
) -> None:
    url = direct.bucket()
    data = bytes(range(256)) * 100
    digest = ObjectStore(url).put(data)
    harms = iter([b"\x07"])
    proxied.harm = lambda body: next(harms, body[:1]) + body[1:]
    assert elsewhere(url).get(digest) == data
    assert proxied.harmed == 1
    proxied.harm = lambda body: b"\x07" + body[1:]
    reader = elsewhere(url)
    with pytest.raises(BlobDamaged, match=digest):
        reader.get(digest)
    assert reader.bucket.status(f"damaged/{digest}") is not None
    assert reader.bucket.status(blob_path(digest)) is None


def test_waiting_has_an_end(proxied: Proxy, direct: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENFLOW_STORE_TIMEOUT", "2")
    store = ObjectStore(direct.bucket())
    proxied.rate, proxied.faults = 1.0, ["held"]
    with pytest.raises(StoreError, match=r"failed, \d+ times in \d s: it did not answer in time"):
        store.put(bytes(1000))


INTERRUPTED = """
import sys
from zenflow.artifacts.store import open_store
with open_store(sys.argv[1]).batch():
    for number in range(40):
        open_store(sys.argv[1]).put(bytes(20_000 + number))
    print("all on their way", flush=True)
"""


def test_an_interrupt_does_not_wait_for_what_is_on_its_way(proxied: Proxy, direct: S3) -> None:
    """The store answers nothing; the process ends when the requests that have begun have had their time."""
    proxied.rate, proxied.faults = 1.0, ["held"]
    command = [sys.executable, "-c", INTERRUPTED, direct.bucket()]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "all on their way\n"
        writer.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in writer.communicate(timeout=15)[1]
    finally:
        writer.kill()
        writer.wait(10)
    assert proxied.requests.total() <= 3 * LANES
