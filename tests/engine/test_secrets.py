"""A secret reaches the step that it is given to, and nothing that is kept or shown."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.running import Runner
from zenflow import Run, Secret, StepFailed, each, report, run, step
from zenflow.engine.working.scrubbing import forms, scrubbed
from zenflow.errors import SecretMissing, ZenFlowError
from zenflow.language.secret import revealed
from zenflow.stacks.stack import Stack, stack_in

NAME = "TEST_DATABASE_PASSWORD"
SECRET = Secret(NAME)
TEXT = 'hunter2!"\\x/&'


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    before = dict(revealed)
    yield
    revealed.clear()
    revealed.update(before)


@step
def tells(password: str) -> int:
    """Says a secret in every way there is."""
    print("half a line:", password, end="")  # noqa: T201
    print(" and", repr(password))  # noqa: T201
    print(*password, sep="", end="\n")  # noqa: T201
    print(base64.b64encode(f"user:{password}".encode()).decode())  # noqa: T201
    print("x" * 9_000 + password + "y" * 9_000)  # noqa: T201
    logging.getLogger("told").warning("with %s", password)
    report(password=password)
    return len(password)


@step(retries=1)
def raises(password: str) -> int:
    try:
        raise KeyError(password)
    except KeyError as error:
        error.add_note(f"a note: {password}")
        raise ConnectionError(f"user:{password}@host", {"password": password}) from error


@step
def returns(password: str, size: int) -> list[str]:
    return ["x" * size, password]


@step
def hands_over(secret: Secret, others: list[str]) -> int:
    return len(secret.value()) + sum(map(len, others))


@step
def lengths(password: str) -> int:
    return len(password)


def kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def told(done: Run[Any]) -> str:
    """All that history says of a run."""
    parts = [repr(done.params), repr(done.graph), repr(done)]
    for one in done.steps.values():
        parts += [repr(one), repr(one.logs), repr(one.metrics), repr(one.error)]
    return "\n".join(parts)


def absent(text: str, *places: str | bytes) -> None:
    for place in places:
        data = place if isinstance(place, bytes) else place.encode()
        for form in forms(text):
            assert form.encode() not in data, form


def with_secret(tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch, chosen: Any) -> Any:
    """A step that finds the secret in a file, in whatever process it runs."""
    folder = tmp_path / "secrets"
    folder.mkdir(exist_ok=True)
    (folder / NAME).write_text(TEXT)
    monkeypatch.setenv("ZENFLOW_SECRETS_DIR", str(folder))
    if runner.engine == "inline":
        return chosen
    return chosen.with_options(env={"env_vars": {"ZENFLOW_SECRETS_DIR": str(folder)}})


def test_a_secret_is_told_nowhere(
    either: Runner, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = either.run(with_secret(tmp_path, either, monkeypatch, tells)(SECRET))
    assert done.output == len(TEXT)
    assert f"<secret {NAME}>" in done.steps["tells"].logs
    absent(TEXT, told(done), kept(tmp_path / "kept"))


def test_an_error_tells_no_secret(
    either: Runner, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StepFailed) as failed:
        either.run(with_secret(tmp_path, either, monkeypatch, raises)(SECRET))
    assert isinstance(failed.value.__cause__, ConnectionError)
    shown = "".join(traceback.format_exception(failed.value))
    assert f"user:<secret {NAME}>@host" in shown
    absent(TEXT, shown, repr(failed.value.__cause__.args), told(failed.value.run), kept(tmp_path / "kept"))
    variables: list[object] = []
    trace = failed.value.__cause__.__traceback__
    while trace is not None:
        variables.append(trace.tb_frame.f_locals)
        trace = trace.tb_next
    absent(TEXT, repr(variables))


@pytest.mark.parametrize("size", [1, 20_000])
def test_a_result_that_holds_a_secret_is_refused(
    size: int, inline: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StepFailed, match=f"holds the secret `{NAME}`") as failed:
        inline.run(with_secret(tmp_path, inline, monkeypatch, returns)(SECRET, size))
    absent(TEXT, str(failed.value), kept(tmp_path / "kept"))


def test_a_formal_says_whether_it_takes_the_text(inline: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "swordfish")
    monkeypatch.setenv("OTHER", "tuna")
    assert inline.run(hands_over(SECRET, [Secret("OTHER"), "plain", SECRET])).output == 9 + 4 + 5 + 9
    assert inline.run(lengths.map(each([SECRET, Secret("OTHER")]))).output == [9, 4]


def test_the_name_is_what_counts(inline: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def status(name: str, text: str) -> str:
        monkeypatch.setenv(name, text)
        return inline.run(lengths(Secret(name))).steps["lengths"].status

    found = [status(NAME, "swordfish"), status(NAME, "other text"), status("OTHER", "swordfish")]
    assert found == ["ran", "cached", "ran"]
    monkeypatch.delenv(NAME)
    assert inline.run(lengths(SECRET)).steps["lengths"].status == "cached"


def test_a_missing_secret_is_an_error_before_anything_runs(inline: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    ran: list[int] = []

    @step(cache=False)
    def first(x: int) -> str:
        ran.append(x)
        return str(x)

    with pytest.raises(SecretMissing):
        inline.run((first(1), lengths(SECRET)))
    assert ran == []


def test_a_secret_missing_on_a_worker_is_told_there(on_ray: Runner) -> None:
    with pytest.raises(StepFailed, match="not known here") as failed:
        on_ray.run(lengths(Secret("NO_SUCH_SECRET")))
    assert isinstance(failed.value.__cause__, ZenFlowError)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=8, max_size=40).filter(
    lambda text: text.strip() == text and len(set(text)) > 6
)


@settings(max_examples=6, deadline=None)
@given(TEXTS)
def test_no_text_of_a_secret_is_kept(text: str) -> None:
    revealed.clear()
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv(NAME, text)
        here = stack_in(Path(folder) / "kept")
        done = run(tells(SECRET), stack=here, engine="inline")
        with pytest.raises(StepFailed) as failed:
            run(raises(SECRET), stack=here, engine="inline")
        with pytest.raises(StepFailed):
            run(returns(SECRET, 1), stack=here, engine="inline")
        shown = "".join(traceback.format_exception(failed.value))
        absent(text, told(done), shown, told(failed.value.run), kept(Path(folder)))


@given(TEXTS, st.text(max_size=5), st.binary(max_size=5))
def test_every_common_form_of_a_secret_is_found(text: str, beside: str, before: bytes) -> None:
    revealed.clear()
    revealed[text] = NAME
    for written in (beside + text + beside, repr(beside + text), base64.b64encode(before + text.encode()).decode()):
        assert f"<secret {NAME}>" in scrubbed(written)
