"""Random pairs of hints, as text: a type, and another that is often near to it.

Two types drawn at random hardly ever fit. So the target is mostly the source with a few of its parts changed for near
ones: a wider or a narrower class, another collection, one member of a union more or less.
"""

from __future__ import annotations

from random import Random

import attrs

ATOMS = [
    "int", "bool", "float", "complex", "str", "bytes", "bytearray", "None", "object", "Any", "Never", "Cat", "Dog",
    "Animal", "Count", "Level", "Color", "Rights", "Access", "Name", "UserId", "AdminId", "Meters", "Person", "Range",
    "Movie", "MovieWithYear", "Point", "PointRead", "PointMaybe", "Point3", "Nested", "Path", "FilePath", "Square",
    "Circle", "Shape", "Both", "HasArea", "Closes", "Shows", "Structural", "Mismatched", "Reader", "Adder", "Adds",
    "Weekday", "LiteralString", "Text", "Ledger", "Words", "Tally", "BoxOfInt", "HeldCats", "Ints", "Tree",
    "Counting", "Decimal", "datetime", "date", "np.float64", "np.floating", "np.int64", "Float64s", "Int64s",
    "StringIO", "TextIO", "BytesIO", "ValueError", "Exception", "Class", "Registry", "Hashable", "Sized",
]  # fmt: skip
VALUES = ['"a"', '"b"', "1", "0", "True", "None", 'b"a"', "Color.red", "Level.low", "Weekday.monday", "Access.read"]
CLASSES = ["int", "bool", "str", "float", "Cat", "Animal", "Level", "Color", "Person", "Circle", "Shape", "Exception"]
VARIABLES = ["T", "Whole", "AnyStr", "Numeric", "Beast"]
NEAR = [
    ["bool", "int", "float", "complex", "object", "Count", "UserId", "AdminId", "Meters", "Level", "Rights"],
    ["str", "Name", "Text", "Weekday", "LiteralString", "object", "Hashable", "bytes"],
    ["Cat", "Dog", "Animal", "object", "Hashable"],
    ["Circle", "Both", "Shape", "Square", "HasArea", "object"],
    ["Point", "Point3", "PointRead", "PointMaybe", "Nested", "Movie", "MovieWithYear"],
    ["Person", "Range", "Sized", "Hashable"],
    ["Path", "FilePath", "str", "object"],
    ["datetime", "date"],
    ["np.float64", "np.floating", "np.int64", "float", "int"],
    ["Structural", "Closes", "Shows", "Reader", "StringIO", "Mismatched"],
    ["Words", "Ints", "Tally", "Sized"],
    ["Float64s", "Int64s"],
    ["ValueError", "Exception"],
]
ONE = [
    "list", "set", "frozenset", "Sequence", "Iterable", "Collection", "AbstractSet", "MutableSequence", "deque",
    "Iterator", "Container", "Box", "Source", "Sink", "Held", "Frozen", "Record", "Linked", "Listed", "Reads",
    "Writes", "Holds", "Entry", "Cell", "Counter", "HeldPair", "Awaitable", "Reversible", "List",
]  # fmt: skip
TWO = ["dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict", "Pair", "Table", "TaggedList", "Maps", "Dict"]


@attrs.frozen
class Term:
    """A hint as a tree: a head and its arguments."""

    head: str
    parts: tuple[Term, ...] = ()

    def __str__(self) -> str:
        texts = [str(part) for part in self.parts]
        if not texts:
            return self.head
        if self.head == "|":
            return " | ".join(texts)
        if self.head == "Callable":
            return f"Callable[[{', '.join(texts[:-1])}], {texts[-1]}]"
        if self.head == "tuple...":
            return f"tuple[{texts[0]}, ...]"
        return f"Annotated[{texts[0]}, 1]" if self.head == "Annotated" else f"{self.head}[{', '.join(texts)}]"


def random_pairs(random: Random, count: int) -> list[tuple[str, str]]:
    """So many different pairs `source, target`."""
    found: dict[tuple[str, str], None] = {}
    while len(found) < count:
        source = _term(random, 3)
        target = source if random.random() < 0.85 else _term(random, 3)
        for _ in range(random.randint(1, 3)):
            target = _changed(random, target)
        if random.random() < 0.15:
            source, target = target, source
        found.setdefault((str(source), str(_with_variables(random, target))))
    return list(found)


def _term(random: Random, depth: int) -> Term:
    kind = random.random()
    if depth == 0 or kind < 0.3:
        return _leaf(random)
    inner = [_term(random, depth - 1) for _ in range(random.randint(1, 3))]
    if kind < 0.6:
        return Term(random.choice(ONE), (inner[0],))
    if kind < 0.7:
        return Term(random.choice(TWO), (_leaf(random), inner[0]))
    if kind < 0.8:
        return _union((*inner, _leaf(random)))
    if kind < 0.87:
        return Term("tuple", tuple(inner))
    return (
        Term(random.choice(["tuple...", "Annotated"]), (inner[0],)) if kind < 0.93 else Term("Callable", tuple(inner))
    )


def _leaf(random: Random) -> Term:
    kind = random.random()
    if kind < 0.1:
        return Term("Literal", tuple(Term(value) for value in random.sample(VALUES, random.randint(1, 3))))
    if kind < 0.15:
        return Term("type", (Term(random.choice(CLASSES)),))
    return Term(random.choice(ATOMS))


def _union(parts: tuple[Term, ...]) -> Term:
    flat = [one for part in parts for one in (part.parts if part.head == "|" else (part,))]
    distinct = tuple(dict.fromkeys(flat))
    return Term("|", distinct) if len(distinct) > 1 else distinct[0]


def _changed(random: Random, term: Term) -> Term:
    """The term with one of its parts, or itself, changed."""
    fixed = term.head in ("Literal", "type")
    if term.parts and not fixed and random.random() < 0.7:
        at = random.randrange(len(term.parts))
        parts = (*term.parts[:at], _changed(random, term.parts[at]), *term.parts[at + 1 :])
        return _union(parts) if term.head == "|" else attrs.evolve(term, parts=parts)
    kind = random.random()
    if kind < 0.25:
        return _union((term, _leaf(random)))
    if term.head == "|":
        return _union(tuple(random.sample(term.parts, len(term.parts) - 1)))
    return _near(random, term) if kind < 0.85 else _term(random, 1)


def _near(random: Random, term: Term) -> Term:
    if term.head in ONE:
        return attrs.evolve(term, head=random.choice(ONE))
    if term.head in TWO:
        return attrs.evolve(term, head=random.choice(TWO))
    if term.head == "Literal":
        return Term("Literal", tuple(Term(value) for value in random.sample(VALUES, random.randint(1, 4))))
    if term.head == "tuple":
        return Term(random.choice(["tuple...", "Sequence", "Iterable"]), (_union(term.parts),))
    rows = [row for row in NEAR if term.head in row]
    return Term(random.choice(random.choice(rows))) if rows else _leaf(random)


def _with_variables(random: Random, term: Term) -> Term:
    if random.random() > 0.08 or term.head in ("Literal", "type"):
        return term
    if not term.parts:
        return Term(random.choice(VARIABLES))
    at = random.randrange(len(term.parts))
    return attrs.evolve(term, parts=(*term.parts[:at], Term(random.choice(VARIABLES)), *term.parts[at + 1 :]))
