"""Pairs of structures: new types, aliases, enums, typed dicts, named tuples, protocols."""

from __future__ import annotations

YES = """
AdminId -> UserId
AdminId -> int
Tokens -> tuple[int, ...]
Tokens -> Sequence[float]
type[UserId] -> type[int]
UserId | None -> int | None
dict[UserId, int] -> Mapping[UserId, float]
Ints -> list[int]
Ints -> Ints
list[int] -> Ints
Ints -> Sequence[float]
Listed[int] -> list[int]
list[int] -> Listed[int]
Listed[int] -> Listed[int]
Listed[int] -> Sequence[int]
Table[str, int] -> dict[str, list[int]]
Table[str, int] -> Mapping[str, Sequence[int]]
Weekday -> str
Weekday -> Sequence[str]
Literal[Weekday.monday] -> str
Literal[Weekday.monday] -> Weekday
Rights -> int
Literal[Level.low] -> int
Level -> Literal[Level.low, Level.high]
Color | None -> Literal[Color.red, Color.blue, None]
Color -> Literal[Color.red] | Literal[Color.blue]
type[Color] -> type[enum.Enum]
Point -> PointRead
Point -> PointReadMaybe
PointMaybe -> PointReadMaybe
Point3 -> Point
Point -> Empty
NestedDeep -> NestedRead
Nested -> NestedRead
Cell[int] -> Cell[int]
Cell[int] -> Mapping[str, object]
Point -> Mapping[str, object]
Point -> Iterable[str]
Point -> Iterable[object]
Point -> Sized
Point -> object
list[Point3] -> Sequence[Point]
Entry[int] -> Entry[int]
Entry[int] -> tuple[str, int]
Entry[int] -> tuple[str, float]
Entry[int] -> Sequence[object]
Entry[int] -> Sequence[str | int]
Range -> tuple[float, float]
Range -> tuple[float, ...]
Range -> Sequence[float]
Range -> Iterable[complex]
Person -> tuple
Person -> Sequence[str | int]
Reader -> Reads[int]
Reader -> Reads[float]
Reads[bool] -> Reads[int]
Reads[int] -> Reads[int]
Writes[object] -> Writes[int]
Holds[int] -> Holds[int]
Closes -> object
Maps[object, bool] -> Maps[int, int]
"""

NO = """
UserId -> AdminId
int -> AdminId
Tokens -> list[int]
Literal[1] -> UserId
bool -> UserId
list[AdminId] -> list[UserId]
dict[UserId, int] -> Mapping[int, int]
Ints -> list[str]
Listed[int] -> list[str]
Table[str, int] -> dict[int, list[int]]
str -> Weekday
Weekday -> Literal["monday", "tuesday"]
Literal["monday"] -> Weekday
Access -> int
int -> Rights
Literal[Level.low] -> Literal[1]
Level -> Literal[1, 2]
Color -> Literal[Color.red] | str
Point -> PointMaybe
PointMaybe -> Point
Point -> PointHalf
PointHalf -> PointMaybe
PointRead -> Point
Empty -> PointReadMaybe
Point -> PointReadText
Point -> Point3
Empty -> Point
Nested -> NestedDeep
NestedDeep -> Nested
Cell[int] -> Cell[str]
Cell[bool] -> Cell[int]
Point -> dict[str, Any]
Point -> dict[str, int]
Point -> dict
Point -> MutableMapping[str, object]
Point -> Mapping[int, object]
Point -> Iterable[int]
Point -> Sequence[str]
Point -> list[str]
Point -> str
Mapping[str, int] -> Point
dict[str, int] -> PointMaybe
Point | None -> PointMaybe | None
list[Point] -> list[PointMaybe]
list[Point3] -> list[Point]
Point -> Person
Entry[int] -> Entry[str]
Entry[bool] -> Entry[int]
Entry[int] -> tuple[str, str]
Entry[int] -> Sequence[str]
Range -> tuple[int, int]
Range -> tuple[float]
Range -> Person
Person -> Iterable[str]
tuple[float, float] -> Range
Reader -> Reads[str]
Reads[int] -> Reads[bool]
Writes[int] -> Writes[object]
Holds[bool] -> Holds[int]
Mismatched -> Closes
int -> Closes
Cat -> Reads[int]
Ledger -> Holds[int]
Maps[int, int] -> Maps[object, bool]
Callable[[int], int] -> Closes
Cat -> Adds
int -> Maps[int, str]
"""

UNKNOWN = """
Tree -> Tree
int -> Tree
str -> Tree
dict[str, int] -> Tree
Access -> Literal[Access.read, Access.write]
type[Color] -> Sized
Point -> Mapping[str, int]
Point -> Mapping[str, Any]
Point -> Hashable
Entry -> tuple[str, int]
Person -> NamedTuple
Structural -> Reads[int]
Structural -> Reads[str]
Structural -> Writes[int]
Structural -> Closes
Structural -> Shows
Structural -> Resets
Mismatched -> Reads[str]
Mismatched -> Shows
Dynamic -> Closes
Record[int] -> Holds[int]
Held[int] -> Holds[int]
Box[int] -> Holds[int]
StringIO -> Closes
Closes -> Structural
Closes -> Reads[int]
Reads[int] -> Closes
Closes -> int
Adder -> Adds
Adder -> Callable[[int], int]
Adder -> Callable[[int, int], int]
Adder -> Callable[[str], int]
Adds -> Callable[[int], int]
Adds -> Callable[[str], int]
AddsNamed -> Callable[[int], int]
Maps[int, str] -> Callable[[int], str]
Callable[[int], str] -> Maps[int, str]
Callable[[int], str] -> Maps[str, str]
Callable[..., int] -> Adds
Callable[[int], int] -> Adds
"""
