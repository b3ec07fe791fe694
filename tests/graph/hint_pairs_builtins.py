"""Pairs of builtin types and their abstractions: numbers, Never, classes, callables, collections, files."""

from __future__ import annotations

YES = """
bytearray -> Sequence[int]
memoryview -> Sequence[int]
bytes -> Iterable[int]
str -> Container[str]
str -> Collection[object]
str -> Reversible[str]
range -> Iterable[float]
range -> Reversible[int]
bool -> complex
Level -> complex
Rights -> float
Count -> complex
Fraction -> Rational
Fraction -> Real
Never -> list[int]
NoReturn -> str
Never -> Never
list[Never] -> Sequence[int]
Sequence[Never] -> Sequence[int]
LiteralString -> str
Literal["a"] -> LiteralString
LiteralString -> LiteralString
list[LiteralString] -> Sequence[str]
type[int] -> object
type[int] -> type[float]
type[bool] -> type[int | str]
type[bool] | type[str] -> type[int | str]
type[Level] -> type[int]
type[None] -> type
type[None] -> type[None]
type[list[int]] -> type[list[int]]
type[list[int]] -> type[Sequence[int]]
type[Class] -> type
Loud -> type
type[T] -> type[T]
type[int] -> type[T]
type[Point] -> type
type[Person] -> type[tuple[str, int]]
Callable[..., int] -> Callable[..., int]
Callable[[int], None] -> Callable[[int], object]
Callable[[object], int] -> Callable[[str], object]
Callable[[int | str], int] -> Callable[[int], int]
Callable[[Callable[[int], str]], int] -> Callable[[Callable[[int], str]], int]
Callable[[Callable[[Cat], int]], int] -> Callable[[Callable[[Animal], int]], int]
Callable[[int], int] -> object
Callable[[int], int] -> Hashable
types.LambdaType -> types.FunctionType
Callable -> Callable
Callable[[int], int] | None -> Callable[[int], int] | None
Callable[P, int] -> Callable[P, int]
Callable[P, bool] -> Callable[P, int]
Callable[Concatenate[int, P], int] -> Callable[Concatenate[int, P], int]
Callable[[Unpack[Ts]], int] -> Callable[[Unpack[Ts]], int]
Callable[[T], T] -> Callable[[T], T]
Callable[[object], TypeIs[int]] -> Callable[[object], TypeIs[int]]
Check -> Callable[[object], object]
Callable[[], Awaitable[int]] -> Task
Job -> Task
Awaitable[int] -> Awaitable[float]
Coroutine[Any, Any, int] -> Awaitable[int]
Generator[int, str, bool] -> Iterable[int]
Generator[int, str, bool] -> Generator[int, str, bool]
Generator[int, str, bool] -> Generator[float, str, int]
Generator[int, object, None] -> Generator[int, str, None]
Generator[int] -> Iterator[int]
AsyncGenerator[int, None] -> AsyncIterator[int]
AsyncGenerator[int, None] -> AsyncIterable[float]
KeysView[str] -> AbstractSet[str]
KeysView[str] -> Iterable[str]
ValuesView[int] -> Iterable[int]
ValuesView[int] -> Collection[int]
ItemsView[str, int] -> Iterable[tuple[str, int]]
ItemsView[str, int] -> AbstractSet[tuple[str, int]]
Iterator[int] -> Iterable[int]
list[int] -> Container[int]
list[int] -> Container[object]
set[int] -> MutableSet[int]
MutableSet[int] -> AbstractSet[object]
frozenset[int] -> AbstractSet[int]
frozenset[int] -> Hashable
tuple[int, ...] -> Hashable
deque[int] -> Sequence[int]
deque[bool] -> Iterable[int]
dict[str, int] -> MutableMapping[str, int]
defaultdict[str, list[int]] -> dict[str, list[int]]
OrderedDict[str, int] -> dict[str, int]
ChainMap[str, int] -> Mapping[str, int]
ChainMap[str, int] -> MutableMapping[str, int]
UserDict[str, int] -> Mapping[str, int]
UserList[int] -> Sequence[int]
Counter[str] -> Counter[str]
Counter[str] -> Iterable[str]
MappingProxyType[str, int] -> Mapping[str, int]
MappingProxyType[str, int] -> Mapping[str, float]
Mapping[str, list[int]] -> Mapping[str, Sequence[int]]
DefaultDict[str, int] -> defaultdict[str, int]
Dict[str, int] -> dict[str, int]
Tuple[int, str] -> tuple[int, str]
TSet[int] -> set[int]
Type[int] -> type[int]
TSequence[int] -> Sequence[int]
re.Pattern[str] -> re.Pattern[str]
re.Match[str] -> re.Match[str]
re.Pattern[str] -> re.Pattern[AnyStr]
os.PathLike[str] -> os.PathLike[str]
Path -> os.PathLike[str]
Path -> os.PathLike
Path -> str | os.PathLike[str]
FilePath -> os.PathLike[str]
TextIO -> IO[str]
BinaryIO -> IO[bytes]
IO[str] -> IO[str]
contextlib.AbstractContextManager[int] -> contextlib.AbstractContextManager[int]
contextlib.AbstractContextManager[bool] -> contextlib.AbstractContextManager[int]
"""

NO = """
bytearray -> bytes
memoryview -> bytes
bytes -> bytearray
bytes -> Sequence[str]
bytes -> SupportsIndex
range -> list[int]
Decimal -> complex
Fraction -> float
float -> Fraction
str -> NumberABC
str -> Integral
Cat -> Integral
list[int] -> NumberABC
NumberABC -> int
Integral -> int
float -> SupportsIndex
int -> Never
int -> NoReturn
None -> Never
list[Never] -> list[int]
dict[Never, Never] -> Mapping[str, int]
LiteralString -> int
type[int] -> type[str] | None
type[list[int]] -> type[list[str]]
Made -> Loud
int -> type[T]
type[int] -> str
type[int] -> int | None
type[Cat] -> type[HasArea]
Callable[..., int] -> Callable[..., str]
Callable[..., str] -> Callable[[int], int]
Callable[[int], int] -> Callable[..., str]
Callable[[int], object] -> Callable[[int], None]
Callable[[int], int] -> Callable[[int | str], int]
Callable[[Callable[[Animal], int]], int] -> Callable[[Callable[[Cat], int]], int]
Callable[[Any], int] -> Callable[[str, str], int]
Callable[[int], int] -> type[int]
Callable[[int], int] -> list[int]
Callable[[int], int] -> types.FunctionType
Callable[[int], int] | None -> Callable[[int], int]
Callable[P, str] -> Callable[P, int]
Callable[[int], str] -> Callable[P, int]
Callable[Concatenate[int, P], str] -> Callable[Concatenate[int, P], int]
Callable[[Unpack[Ts]], int] -> Callable[[Unpack[Ts]], str]
Task -> Job
Coroutine[Any, Any, int] -> Awaitable[str]
Generator[int, str, None] -> Generator[int, object, None]
Generator[int, None, None] -> Iterator[str]
AsyncIterator[int] -> AsyncGenerator[int, None]
AsyncGenerator[int, None] -> Iterable[int]
ItemsView[str, int] -> Iterable[str]
KeysView[str] -> Sequence[str]
Iterable[int] -> Iterator[int]
list[int] -> Iterator[int]
Container[int] -> Iterable[int]
set[int] -> MutableSet[float]
frozenset[int] -> set[int]
set[int] -> Hashable
dict[str, int] -> Hashable
deque[int] -> list[int]
deque[bool] -> MutableSequence[int]
dict[str, int] -> MutableMapping[str, float]
dict[str, int] -> MutableMapping[str, int | None]
MutableMapping[str, int] -> dict[str, int]
defaultdict[str, int] -> Mapping[str, str]
dict[str, int] -> OrderedDict[str, int]
ChainMap[str, int] -> dict[str, int]
UserDict[str, int] -> MutableMapping[str, str]
UserList[int] -> list[int]
UserList[int] -> MutableSequence[str]
Counter[str] -> dict[str, str]
Counter[bool] -> Counter[int]
Counter[str] -> Iterable[int]
MappingProxyType[str, int] -> dict[str, int]
Mapping[str, int] -> Mapping[object, int]
Mapping[str, int] -> Mapping[str | int, int]
re.Pattern[str] -> re.Pattern[bytes]
re.Match[str] -> re.Pattern[str]
os.PathLike[str] -> os.PathLike[bytes]
Path -> os.PathLike[bytes]
str -> os.PathLike[str]
str | os.PathLike[str] -> str | Path
FilePath -> os.PathLike[bytes]
FilePath -> Path
StringIO -> BytesIO
TextIO -> IO[bytes]
IO[str] -> IO[bytes]
int -> IO[str]
str -> TextIO
int -> contextlib.AbstractContextManager[int]
"""

UNKNOWN = """
int -> Rational
int -> Integral
float -> Real
bool -> NumberABC
complex -> ComplexABC
Decimal -> NumberABC
np.float64 -> NumberABC
np.int64 -> Integral
int -> SupportsIndex
int -> SupportsAbs[int]
str -> LiteralString
type -> type[Any]
type[Any] -> type[int]
type[int] -> type[Any]
type[int] -> Callable[[], int]
type[int] -> Callable[..., int]
type[int] -> Callable[..., str]
type[int] -> Callable
type[Cat] -> Callable[[], Animal]
type[Cat] -> Callable[[int], Animal]
type[Made] -> Loud
type[int] -> Iterable[int]
type[Level] -> Iterable[Level]
type[Square] -> type[HasArea]
Callable[[], int] -> Callable[..., int]
Callable[..., bool] -> Callable[..., int]
Callable[[int, str], int] -> Callable[..., int]
Callable[[int], Any] -> Callable[[int], str]
Callable[[Any], int] -> Callable[[str], int]
types.FunctionType -> Callable[..., Any]
types.FunctionType -> Callable[[int], int]
types.FunctionType -> Callable
Callable -> Callable[[int], int]
Callable[[int], int] -> Callable[P, int]
Callable[..., int] -> Callable[P, int]
Callable[Concatenate[int, P], int] -> Callable[Concatenate[str, P], int]
Callable[[int, str], int] -> Callable[Concatenate[int, P], int]
Callable[Concatenate[int, ...], int] -> Callable[[int, str], int]
Callable[[int], int] -> Callable[Concatenate[int, ...], int]
Callable[[str], int] -> Callable[Concatenate[int, ...], int]
Callable[[], int] -> Callable[Concatenate[int, ...], int]
Callable[[Unpack[tuple[int, ...]]], int] -> Callable[[int, int], int]
Callable[[int, int], int] -> Callable[[Unpack[tuple[int, ...]]], int]
Callable[[Unpack[tuple[int, str]]], int] -> Callable[[int, str], int]
Callable[[T], T] -> Callable[[int], int]
Callable[[int], int] -> Callable[[T], T]
Callable[[int], TypeIs[int]] -> Callable[[int], bool]
Callable[[object], TypeIs[int]] -> Callable[[object], bool]
Callable[[object], TypeGuard[int]] -> Callable[[object], bool]
Callable[[object], bool] -> Callable[[object], TypeIs[int]]
Callable[[object], TypeIs[int]] -> Callable[[object], TypeIs[str]]
Callable[[object], TypeIs[bool]] -> Callable[[object], TypeIs[int]]
Callable[[object], TypeGuard[bool]] -> Callable[[object], TypeGuard[int]]
Callable[[object], TypeGuard[int]] -> Callable[[object], TypeIs[int]]
Callable[[object], TypeIs[int]] -> Callable[[object], int]
Callable[[object], TypeIs[int]] -> Callable[[object], str]
StringIO -> TextIO
StringIO -> IO[str]
StringIO -> IO[bytes]
BytesIO -> TextIO
IO[str] -> TextIO
IO[str] -> Iterable[str]
TextIO -> Iterator[str]
Path -> IO[str]
io.TextIOWrapper -> TextIO
io.BufferedReader -> BinaryIO
io.BytesIO -> io.BufferedIOBase
io.BytesIO -> io.IOBase
io.StringIO -> io.TextIOBase
io.BytesIO -> Iterable[bytes]
contextlib.ExitStack -> contextlib.AbstractContextManager[Any]
"""
