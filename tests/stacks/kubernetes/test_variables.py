"""A stack as variables of pods: what it refers to is never resolved here, what is plain arrives as it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenflow.stacks.kubernetes.variables import StackTexts, Variable, pod_variables

SECRETS = {"DB_USER": "anna", "KEY": "k$(DB_USER)"}


def in_a_pod(variables: list[Variable]) -> dict[str, str]:
    """What the processes of a pod see: `$(NAME)` of what stands before it, `$$` for `$`, all else as it is."""
    seen: dict[str, str] = {}
    for one in variables:
        if "valueFrom" in one:
            seen[one["name"]] = SECRETS[one["valueFrom"]["secretKeyRef"]["key"]]
        else:
            seen[one["name"]] = re.sub(
                r"\$\$|\$\(([^)]*)\)",
                lambda m, known=dict(seen): "$" if m[0] == "$$" else known.get(m[1], m[0]),  # type: ignore[misc]
                one["value"],
            )
    return seen


@given(st.text(st.sampled_from("$(){}ab")))
def test_a_plain_text_arrives_as_it_is(text: str) -> None:
    plain = text.replace("${", "")
    stack = StackTexts("s", f"s3://b/{text}", "postgresql://db", variables=(("A", plain),))
    if "${" not in text:
        seen = in_a_pod(pod_variables(stack, "secret"))
        assert (seen["A"], seen["ZENFLOW_ARTIFACTS"]) == (plain, f"s3://b/{text}")


def test_what_is_referred_to_comes_from_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "never to be seen")
    stack = StackTexts(
        "s",
        "s3://b",
        "postgresql://${env:DB_USER}@db",
        variables=(("AWS_KEY", "${env:KEY}"), ("BOTH", "<${env:DB_USER}> $${x} ${env:KEY}"), ("KEY", "${env:KEY}")),
    )
    found = pod_variables(stack, "secret")
    assert "never" not in str(found)
    seen = in_a_pod(found)
    assert seen["AWS_KEY"] == seen["KEY"] == SECRETS["KEY"]
    assert seen["BOTH"] == f"<anna> ${{x}} {SECRETS['KEY']}"
    assert seen["ZENFLOW_METADATA"] == stack.metadata


def test_the_driver_has_the_whole_stack_by_its_variables() -> None:
    seen = in_a_pod(pod_variables(StackTexts("s", "s3://b", "postgresql://db", allow_pickle=True), None))
    ours = {name.removeprefix("ZENFLOW_"): text for name, text in seen.items() if name.startswith("ZENFLOW_")}
    assert ours == {
        "STACK": "local",
        "ARTIFACTS": "s3://b",
        "METADATA": "postgresql://db",
        "ALLOW_PICKLE": "1",
        "RAY": "auto",
    }
