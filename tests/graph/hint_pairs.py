"""Pairs of hints: what may go where, what certainly may not, what hints can not settle. Read as `source -> target`."""

from __future__ import annotations

YES = """
int -> int
bool -> int
bool -> float
int -> float
int -> complex
float -> complex
Count -> int
Count -> float
Level -> int
Level -> float
Name -> str
None -> None
int -> object
list[int] -> object
Cat -> Animal
int -> int | str
int | str -> str | int
int | str -> int | str | None
None -> int | None
Optional[int] -> int | None
list[Optional[float]] -> list[float | None]
int | None -> Optional[int]
Cat | Dog -> Animal
bool | None -> int | None
list[int] -> list
dict[str, int] -> dict
list[int] -> Sequence[int]
List[int] -> list[int]
list[int] -> List[int]
list[bool] -> Sequence[int]
list[Cat] -> Iterable[Animal]
tuple[int, ...] -> Sequence[int]
tuple[int, str] -> Sequence[int | str]
tuple[bool, Cat] -> tuple[int, Animal]
tuple[int, int] -> tuple[int, ...]
tuple[int, str] -> tuple[object, ...]
tuple[()] -> tuple[()]
tuple[()] -> tuple[int, ...]
tuple[int] -> tuple
dict[str, int] -> Mapping[str, int]
dict[str, bool] -> Mapping[str, int]
dict[str, int] -> Iterable[str]
dict[str, int] -> Collection[str]
defaultdict[str, int] -> dict[str, int]
Counter[str] -> Mapping[str, int]
Counter[str] -> dict[str, int]
OrderedDict[str, int] -> Mapping[str, float]
str -> Sequence[str]
str -> Iterable[str]
bytes -> Sequence[int]
range -> Sequence[int]
set[int] -> AbstractSet[int]
frozenset[bool] -> frozenset[int]
set[Cat] -> AbstractSet[Animal]
deque[int] -> MutableSequence[int]
list[list[int]] -> Sequence[Sequence[int]]
list[int | str] -> list[str | int]
list[int | None] -> list[Optional[int]]
Generator[int, None, None] -> Iterator[int]
Generator[bool, str, None] -> Iterable[int]
Literal["a"] -> str
Literal["a"] -> Literal["a", "b"]
Literal["a", "b"] -> Literal["b", "a", "c"]
Literal[1, 2] -> Literal[1] | Literal[2]
Literal[1, "x"] -> int | str
Literal[True] -> bool
Literal[True] -> int
Literal[Color.red] -> Color
bool -> Literal[True, False]
bool -> Literal[True] | Literal[False]
Color -> Literal[Color.red, Color.blue]
None -> Literal[None, "x"]
Literal[1] -> float
UserId -> int
UserId -> float
UserId -> UserId
UserId -> UserId | None
Meters -> float
CountedIds -> Sequence[int]
list[UserId] -> Sequence[int]
Annotated[int, "metres"] -> int
int -> Annotated[int, "metres"]
Annotated[UserId, "key"] -> UserId
list[Annotated[int, "x"]] -> Sequence[int]
Movie -> Movie
MovieWithYear -> Movie
MovieWithYear -> Mapping[str, object]
Person -> tuple[str, int]
Person -> Person
Person -> tuple[object, ...]
Callable[[int], str] -> Callable[[int], str]
Callable[[int], bool] -> Callable[[int], int]
Callable[[Animal], int] -> Callable[[Cat], int]
Callable[[float], int] -> Callable[[int], float]
Callable[[], None] -> Callable[[], None]
Callable[[int], str] -> Callable
type[bool] -> type[int]
type[Cat] -> type[Animal]
type[Cat | Dog] -> type[Animal]
type[Cat] -> type[Cat | Dog]
type[int] -> type
Registry -> type
Box[int] -> Box[int]
Box[int] -> Box
BoxOfInt -> Box[int]
Source[bool] -> Source[int]
Source[Cat] -> Source[Animal | None]
Sink[Animal] -> Sink[Cat]
Sink[object] -> Sink[int]
Pair[str, bool] -> Mapping[str, int]
PairOfStr[int] -> Mapping[str, int]
PairOfStr[int] -> Pair[str, int]
TaggedList[str, int] -> list[int]
TaggedList[str, int] -> Sequence[float]
Words -> list[str]
Words -> Sequence[str]
Tally -> Mapping[str, int]
Tally -> Iterable[str]
Runs[[int], str] -> Runs[[int], str]
int -> T
list[int] -> list[T]
dict[str, int] -> Mapping[str, T]
bool -> Whole
list[bool] -> list[Whole]
str -> AnyStr
list[bytes] -> list[AnyStr]
T -> T
Path -> Path
Path -> PurePath
datetime -> date
np.float64 -> float
np.float64 -> np.floating
np.float64 -> np.generic
Float64s -> np.ndarray
Float64s -> Float64s
Square -> object
Never -> int
Validated -> Validated
list[int] -> Sized
int -> Hashable
Callable[[int], str] -> object
"""

NO = """
Floats -> Float64s
Words -> Sized2D[str]
float -> int
int -> bool
str -> int
int -> str
complex -> float
int -> None
None -> int
None -> str
object -> int
Animal -> Cat
Cat -> Dog
int | str -> int
int | None -> int
Optional[str] -> str
Cat | None -> Animal
list[int] -> list[str]
list[bool] -> list[int]
list[int] -> list[float]
list[Cat] -> list[Animal]
list[int] -> tuple[int, ...]
list[int] -> set[int]
list[int] -> dict[int, int]
list[int] -> int
list[int] -> list[int | None]
list[int | None] -> list[int]
list[int] -> list[object]
list[list[bool]] -> list[list[int]]
Sequence[int] -> list[int]
Iterable[int] -> Sequence[int]
Sequence[int] -> Sequence[str]
tuple[int, str] -> tuple[str, int]
tuple[int, str] -> tuple[int]
tuple[int] -> tuple[int, int]
tuple[int, ...] -> tuple[int, int]
tuple[int, str] -> tuple[int, ...]
tuple[int, str] -> Sequence[int]
tuple[int] -> tuple[()]
tuple[int, ...] -> list[int]
dict[str, int] -> dict[str, float]
dict[str, int] -> dict[str, str]
dict[int, str] -> Mapping[str, str]
dict[str, bool] -> dict[str, int]
dict[str, int] -> list[str]
dict[str, int] -> Iterable[int]
Mapping[str, int] -> dict[str, int]
Counter[str] -> Mapping[str, str]
set[int] -> frozenset[int]
set[bool] -> set[int]
frozenset[int] -> frozenset[bool]
str -> list[str]
str -> Sequence[int]
str -> bytes
bytes -> str
str -> Path
Path -> str
list[int] -> Hashable
int -> Iterable[int]
int -> Sized
str -> Literal["a"]
Literal["a", "b"] -> Literal["a"]
Literal["a"] -> int
Literal[1] -> Literal["1"]
Literal[1] -> Literal[True]
bool -> Literal[True]
Color -> Literal[Color.red]
Color -> str
None -> Literal["x"]
int -> UserId
UserId -> str
UserId -> Meters
list[UserId] -> list[int]
list[int] -> list[UserId]
int -> Annotated[UserId, "key"]
Annotated[str, "x"] -> int
Movie -> MovieWithYear
MovieWithYear -> Partial
Exact -> Movie
dict[str, str] -> Movie
Movie -> dict[str, str]
Movie -> int
tuple[str, int] -> Person
Person -> tuple[int, str]
Person -> tuple[str, int, int]
Callable[[int], str] -> Callable[[int], int]
Callable[[Cat], int] -> Callable[[Animal], int]
Callable[[int], str] -> Callable[[int, int], str]
Callable[[int], str] -> Callable[[], str]
int -> Callable[[], int]
Animal -> Callable[[], int]
type[Animal] -> type[Cat]
type[int] -> type[str]
type[int] -> int
int -> type[int]
int -> type
Box[int] -> Box[str]
Box[bool] -> Box[int]
BoxOfInt -> Box[str]
Source[int] -> Source[bool]
Sink[Cat] -> Sink[Animal]
Pair[str, int] -> Mapping[int, int]
PairOfStr[int] -> Mapping[str, str]
TaggedList[str, int] -> list[str]
Words -> list[int]
Words -> Sequence[int]
Tally -> Mapping[str, str]
str -> Whole
list[str] -> list[Whole]
float -> Whole
bytes -> Numeric
int -> AnyStr
str -> SupportsInt
Animal -> HasArea
int -> Named
Animal -> Parses
Level -> str
np.int64 -> int
np.float32 -> float
int -> np.int64
Float64s -> Int64s
Float64s -> list[float]
np.float64 -> np.integer
list[np.float64] -> list[float]
date -> datetime
Callable[[int], str] -> int
MovieWithYear -> list[str]
Decimal -> float
int -> Decimal
"""

UNKNOWN = """
type[int] -> Hashable
OneColor -> Literal[OneColor.only]
Any -> int
int -> Any
list[Any] -> list[int]
list[int] -> list[Any]
list -> list[int]
dict -> dict[str, int]
tuple -> tuple[int, int]
tuple[Any, ...] -> tuple[int, int]
int | Any -> int
type -> type[int]
"int" -> int
int -> "int"
Self -> int
Square -> HasArea
Square -> HasName
type[Square] -> HasName
type[Color] -> Iterable[Color]
type[Class] -> Registry
HasArea -> Square
HasArea -> HasName
int -> SupportsInt
Parses -> Callable[[str], int]
Callable[[str], int] -> Parses
Callable[P, int] -> Callable[[int], int]
Callable[..., int] -> Callable[[int], int]
int -> Real
bool -> Integral
Box -> Box[int]
Runs[[int], str] -> Runs[[str], str]
dict[str, int] -> dict[T, T]
str | bytes -> AnyStr
list[int | float] -> list[float]
np.ndarray -> Float64s
np.ndarray -> Validated
Validated -> np.ndarray
Float64s -> Iterable[float]
np.float64 -> np.floating[Any]
BytesIO -> BinaryIO
BytesIO -> IO[bytes]
Json -> Json | bytes
Json -> dict[str, Json] | list[Json] | str | int | None
dict[str, int] -> Json
T -> int
Movie -> Mapping[str, str]
"""


def pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of a block."""
    return [(source, target) for line in text.split("\n") if line for source, target in [line.split(" -> ")]]
