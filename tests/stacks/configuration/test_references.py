"""References in any text."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from zenflow.stacks.configuration.references import escaped, has_references, resolved, resolved_url

NAMES = st.text(st.characters(exclude_characters="}"), min_size=1)


@given(st.text())
def test_any_text_can_be_written_so_that_it_means_itself(text: str) -> None:
    assert resolved(escaped(text), Path(), {}) == text
    assert not has_references(escaped(text))


@given(st.text(), NAMES, st.text(), st.text())
def test_a_reference_is_replaced_and_what_is_around_it_stays(before: str, name: str, text: str, after: str) -> None:
    before = escaped(before).rstrip("$")
    written = f"{before}${{env:{name}}}{escaped(after)}"
    assert has_references(written)
    assert resolved(written, Path(), {name: text}) == resolved(before, Path(), {}) + text + after


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_password_in_a_url_arrives_as_it_is(word: str) -> None:
    url = resolved_url("postgresql+psycopg://anna:${env:WORD}@db:5432/zenflow", Path(), {"WORD": word})
    parsed = make_url(url)
    assert (parsed.username, parsed.password, parsed.host, parsed.database) == ("anna", word, "db", "zenflow")
