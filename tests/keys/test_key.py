"""Cache keys tell calls apart, and explain what changed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from blake3 import blake3

from zenflow.keys import key as keys
from zenflow.keys.closure import Closure
from zenflow.keys.frames import count, frame, text
from zenflow.keys.key import CacheKey, artifact, constant, explain, list_digest, prefix

CODE = Closure(b"\1" * 32, {"flow.f": "aa", "flow.helpers.clean": "bb", "package numpy": "2.4.5"}, {})


DEPTH = {"depth": constant(3)}


def key(
    function: str = "flow.f",
    code: Closure | str = CODE,
    arguments: Mapping[str, bytes] = DEPTH,
    output: str = "int msgpack/1",
    env: bytes | None = None,
) -> CacheKey:
    return prefix(function=function, code=code, output=output).key(arguments, env)


def test_every_ingredient_counts() -> None:
    keys = [
        key(),
        key(code=Closure(b"\2" * 32, {}, {})),
        key(code="1"),
        key(code="2"),
        key(code="1", function="flow.g"),
        key(arguments={}),
        key(arguments={"depth": constant(4)}),
        key(arguments={"width": constant(3)}),
        key(output="float msgpack/1"),
        key(env=b""),
        key(env=b"pip"),
    ]
    assert len({one.digest for one in keys}) == len(keys)


def test_texts_that_run_together_differ() -> None:
    one = key(arguments={"a": constant("1b2"), "b": constant("")})
    other = key(arguments={"a": constant("1"), "b": constant("2b")})
    assert one.digest != other.digest


def test_order_of_arguments_does_not_count() -> None:
    one, other = constant(1), constant(2)
    assert key(arguments={"a": one, "b": other}) == key(arguments={"b": other, "a": one})


def test_equal_code_under_another_name_shares_its_key() -> None:
    assert key(function="flow.g").digest == key().digest


def test_kinds_of_arguments_differ() -> None:
    text = "ab" * 32
    parts = [artifact(text)]
    digests = [constant(text), artifact(text), list_digest("list", parts), list_digest("tuple", parts)]
    digests += [list_digest("dict", parts), list_digest("list", []), list_digest("list", parts * 2)]
    assert all(one != other for one, other in itertools.combinations(digests, 2))


def test_keys_are_what_they_have_always_been(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of schema 1 under Python 3.11. Where these change, everything that is cached is lost: raise the schema."""
    monkeypatch.setattr(keys, "_HEAD", b"zenflow key" + count(1) + text("3.11"))
    code = Closure(b"\1" * 32, {"flow.f": "aa"}, {})
    one = key(code=code, arguments={"b": constant(3), "a": artifact("ab" * 32)})
    display = list_digest("builtins.list", [artifact("ab" * 32), constant("s")])
    other = key(code="2", arguments={"x": display}, env=b"pip")
    assert keys.SCHEMA == 1
    assert one.digest == "2467977ee3d08dfb50f1479067271105059fd8d6fc9443870e89609c06e13746"
    assert other.digest == "78d45a4a97c662bec404850e70fabe738ac5719c95ac5fb594b5fd001c657e63"


@pytest.mark.parametrize("env", [None, b"pip"])
def test_a_recipe_filled_in_is_the_key(env: bytes | None) -> None:
    made = ["cd" * 32, "ef" * 32]
    begun = prefix(function="flow.f", code=CODE, output="int msgpack/1")
    recipe = begun.recipe({"c": 1, "a": 0, "b": constant(3), "d": artifact("ab" * 32)}, env)
    filled = b"".join(frame(artifact(made[piece])) if isinstance(piece, int) else piece for piece in recipe)
    arguments = {"a": artifact(made[0]), "b": constant(3), "c": artifact(made[1]), "d": artifact("ab" * 32)}
    assert blake3(filled).hexdigest() == key(arguments=arguments, env=env).digest
    assert [piece for piece in recipe if isinstance(piece, int)] == [0, 1]


def test_a_family_is_code_and_result_whatever_the_name_and_the_arguments() -> None:
    def family(**changes: object) -> str:
        return prefix(**({"function": "flow.f", "code": CODE, "output": "int"} | changes)).family  # type: ignore[arg-type]

    assert family(function="flow.g", code=Closure(CODE.digest, {"flow.g": "aa"}, {})) == family()
    others = [family(code=Closure(b"\2" * 32, CODE.parts, {})), family(output="str"), family(code="1")]
    assert len({family(), *others}) == 4


def test_nothing_earlier_is_a_first_run() -> None:
    assert explain(key(), []) == "first run of this step"


def test_nearest_earlier_key_is_the_one_compared() -> None:
    far = key(arguments={"depth": constant(9)}, output="str").components
    near = key(arguments={"depth": constant(9)}).components
    assert explain(key(), [far, near, far]) == "argument `depth` changed"


def test_each_kind_of_change_is_said_in_words() -> None:
    changed = Closure(b"\2" * 32, {"flow.f": "aa", "flow.helpers.clean": "cc", "package numpy": "2.4.6"}, {})
    assert explain(key(code=changed), [key().components]) == (
        "`flow.helpers.clean` changed; package numpy changed (2.4.5 → 2.4.6)"
    )
    assert explain(key(output="str"), [key().components]) == "output type changed (int msgpack/1 → str)"
    assert explain(key(env=b"x"), [key().components]) == "environment is new"
    assert explain(key(code="2"), [key(code="1").components]) == "version changed (1 → 2)"
    assert explain(key(code="2"), [key().components]) == "version 2 stands for the code now"
    assert explain(key(), [key(code="1").components]) == "the code counts now, no longer a version"
    assert explain(key(arguments={}), [key().components]) == "argument `depth` is gone"


def test_edited_code_is_said_before_what_it_newly_uses() -> None:
    parts = {"flow.f": "cc", "flow.added": "dd", "flow.helpers.clean": "bb", "package numpy": "2.4.5"}
    reason = explain(key(code=Closure(b"\3" * 32, parts, {})), [key().components])
    assert reason == "`flow.f` changed; `flow.added` is used now"


def test_many_changes_are_cut_short() -> None:
    arguments = {f"a{index}": constant(index) for index in range(9)}
    reason = explain(key(arguments=arguments), [key(arguments={name: constant("") for name in arguments}).components])
    assert reason == "argument `a0` changed; argument `a1` changed; argument `a2` changed; and 6 more"
