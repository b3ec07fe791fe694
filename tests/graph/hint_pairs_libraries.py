"""Pairs of numpy, frames and schemas, and of generic classes, unions, literals, variables."""

from __future__ import annotations

YES = """
npt.NDArray[np.float64] -> npt.NDArray[np.float64]
npt.NDArray[np.float64] -> np.ndarray
npt.NDArray[np.float64] -> npt.NDArray[np.generic]
npt.NDArray[np.float64] -> npt.NDArray[np.float64 | np.int64]
npt.NDArray[np.float64] -> npt.NDArray[np.float64] | None
int -> npt.ArrayLike
float -> npt.ArrayLike
str -> npt.ArrayLike
np.float64 -> npt.ArrayLike
npt.ArrayLike -> npt.ArrayLike
np.dtype[np.float64] -> np.dtype[np.float64]
np.dtype[np.float64] -> np.dtype
str -> npt.DTypeLike
np.float64 -> np.float64
np.float32 -> np.floating
np.float32 -> np.inexact
np.float32 -> np.number
np.float64 -> complex
np.float64 -> object
np.complex128 -> complex
np.int64 -> np.integer
np.int64 -> np.signedinteger
np.int64 -> np.number
np.uint8 -> np.integer
np.bool_ -> np.generic
np.str_ -> str
np.bytes_ -> bytes
np.ndarray -> Sized
np.matrix -> np.ndarray
np.ndarray[tuple[int, int], np.dtype[np.float64]] -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]
np.random.Generator -> np.random.Generator
list[np.float64] -> Sequence[float]
list[npt.NDArray[np.float64]] -> Sequence[np.ndarray]
dict[str, npt.NDArray[np.float64]] -> Mapping[str, npt.NDArray[np.float64]]
Iterable[np.float64] -> Iterable[float]
pd.DataFrame -> pd.DataFrame
Frame -> pd.DataFrame
pd.DataFrame -> object
pd.DataFrame -> Sized
pd.DataFrame -> pd.DataFrame | None
pd.Timestamp -> datetime
pd.Timestamp -> date
pl.DataFrame -> pl.DataFrame
arrow.Table -> arrow.Table
list[arrow.Table] -> Sequence[arrow.Table]
DataFrame[Sales] -> DataFrame[Sales]
DataFrame[Sales] -> pd.DataFrame
DataFrame[Sales] -> DataFrame
DataFrame[Sales] -> DataFrame[Sales] | None
list[DataFrame[Sales]] -> Sequence[pd.DataFrame]
Series[int] -> Series[int]
Series[int] -> pd.Series
Sales -> Sales
Priced -> Sales
type[Priced] -> type[Sales]
Held[int] -> Held[int]
HeldCats -> Held[Cat]
HeldPair[int] -> Held[tuple[int, int]]
Frozen[bool] -> Frozen[int]
Frozen[Cat] -> Frozen[Animal]
Record[int] -> Record[int]
Ledger -> Ledger
Linked[int] -> Linked[int]
Linked[Linked[int]] -> Linked[Linked[int]]
Both -> Shape
Both -> Held[int]
Both -> Circle
Both | Circle -> Shape
type[Circle] -> type[Shape]
Rows[int, str] -> Rows[int, str]
tuple[int, Unpack[tuple[str, ...]]] -> tuple[int, Unpack[tuple[str, ...]]]
tuple[int, tuple[int, str]] -> tuple[object, Sequence[object]]
tuple[bool, Literal[1]] -> tuple[int, int]
list[tuple[int, str]] -> list[tuple[int, str]]
list[int] | list[str] -> Sequence[int | str]
int | list[int] -> float | Sequence[float]
int | float -> float
float -> int | float
int | float -> int | complex
list[int | bool] -> list[int]
list[Cat | Animal] -> list[Animal]
list[Animal] -> list[Cat | Animal]
dict[str, int | bool] -> dict[str, int]
list[Literal["a"]] -> Sequence[str]
list[Literal["a", "b"]] -> list[Literal["b", "a"]]
Literal["a", 1] -> str | int
Literal["a", None] -> str | None
None -> Literal["a"] | None
Literal[b"a"] -> bytes
Literal["a"] -> Sequence[str]
Literal["a"] -> Hashable
Literal[True, False] -> bool
list[bool] -> list[Literal[True, False]]
list[Color] -> list[Literal[Color.red, Color.blue]]
Sequence[bool] -> Sequence[Literal[True, False]]
tuple[bool] -> tuple[Literal[True, False]]
Annotated[list[int], 1] -> Annotated[Sequence[float], 2]
Annotated[int | None, 1] -> int | None
T -> object
T -> int | T
list[T] -> list[T]
list[T] -> Sequence[T]
Whole -> int
Whole -> float
Whole -> Whole
Numeric -> int | str
Numeric -> Numeric
Cat -> Beast
list[Cat] -> list[Beast]
Cat | Dog -> Beast
Beast -> Animal
list[Beast] -> Sequence[Animal]
int | None -> T
int | None -> T | None
str -> T | None
dict[str, int] -> dict[str, T]
AnyStr -> str | bytes
AnyStr -> AnyStr
list[str] -> Sequence[AnyStr]
Counting -> Iterator[int]
Counting -> Iterable[float]
Text -> str
Text -> Sequence[str]
Record[int] -> Hashable
Cat -> Hashable
object -> Hashable
Color -> Hashable
Path -> Hashable
Exception -> BaseException
ValueError -> Exception
type[ValueError] -> type[Exception]
types.ModuleType -> object
None -> Hashable
None -> object
int -> int | Any
Color -> enum.Enum
Level -> enum.IntEnum
Level -> enum.Enum
Weekday -> enum.StrEnum
Literal[Color.red] -> Literal[Color.red, Color.blue]
Literal[Color.red, Color.blue] -> Color
property -> object
"""

NO = """
list[bool] -> list[Numeric]
Box[Literal["a"]] -> Box[AnyStr]
npt.NDArray[np.float64] -> npt.NDArray[np.int64]
npt.NDArray[np.float32] -> npt.NDArray[np.float64]
npt.NDArray[np.float64 | np.int64] -> npt.NDArray[np.float64]
npt.NDArray[np.float64] | None -> npt.NDArray[np.float64]
Cat -> npt.ArrayLike
dict[str, int] -> npt.ArrayLike
None -> npt.ArrayLike
npt.ArrayLike -> np.ndarray
np.dtype[np.float64] -> np.dtype[np.int64]
np.float32 -> np.float64
np.float64 -> int
np.complex64 -> complex
np.int64 -> np.unsignedinteger
np.int64 -> float
np.int32 -> np.int64
np.bool_ -> bool
bool -> np.bool_
np.datetime64 -> datetime
np.generic -> np.float64
np.ndarray -> Sequence[float]
np.ndarray -> list[float]
np.ndarray -> np.generic
list[float] -> np.ndarray
np.ndarray[tuple[int], np.dtype[np.float64]] -> np.ndarray[tuple[int, int], np.dtype[np.float64]]
np.random.Generator -> np.random.RandomState
int -> np.random.Generator
np.random.Generator | int | None -> int | None
pd.DataFrame -> pd.Series
pd.Series -> pd.DataFrame
pd.DataFrame -> Frame
pd.DataFrame -> dict[str, Any]
pd.DataFrame | None -> pd.DataFrame
pd.DataFrame -> list[int]
datetime -> pd.Timestamp
pd.Index -> Sequence[Any]
dict[str, list[int]] -> pd.DataFrame
pd.DataFrame -> pl.DataFrame
pl.DataFrame -> pd.DataFrame
pl.DataFrame -> pl.LazyFrame
pl.LazyFrame -> pl.DataFrame
pl.Series -> pl.DataFrame
pl.DataFrame -> arrow.Table
arrow.Table -> pd.DataFrame
arrow.Table -> arrow.RecordBatch
arrow.RecordBatch -> arrow.Table
arrow.Table | None -> arrow.Table
dict[str, int] -> arrow.Table
arrow.Table -> dict[str, Any]
arrow.Schema -> arrow.Table
DataFrame[Sales] | None -> DataFrame[Sales]
None -> DataFrame[Sales]
Sales -> Priced
Held[bool] -> Held[int]
HeldCats -> Held[Animal]
HeldCats -> Held[Dog]
HeldPair[int] -> Held[tuple[int, str]]
Frozen[int] -> Frozen[bool]
Record[bool] -> Record[int]
Ledger -> Record[int]
Linked[int] -> Linked[str]
Both -> Held[str]
Shape -> Circle
Rows[int, str] -> Rows[str, int]
tuple[int, str] | None -> tuple[int, str]
tuple[int | str, int] -> tuple[int, int] | tuple[str, int]
tuple[list[int], int] -> tuple[list[float], int]
list[tuple[int, str]] -> list[tuple[int, ...]]
list[int] | list[str] -> list[int | str]
list[int | str] -> list[int] | list[str]
Sequence[int | str] -> Sequence[int] | Sequence[str]
list[int] -> list[int | float]
list[bool] -> list[int | bool]
dict[str, int | None] -> dict[str, int]
list[Literal["a"]] -> list[str]
Literal["a", None] -> str
Literal[0] -> bool
Literal[b"a"] -> Literal["a"]
Literal[1] -> Name
Literal["a"] -> Text
bool -> Literal[0, 1]
Whole -> str
Numeric -> int
int -> Beast
Cat | int -> Beast
dict[str, int] -> dict[int, T]
Counting -> Iterator[str]
Text -> Sequence[int]
None -> Sized
type[None] -> None
enum.Enum -> Color
Color -> Iterable[Color]
Literal[Color.red] -> Literal[Color.blue]
int -> Callable[..., Any]
str -> Callable
list[int] -> Callable
"""

UNKNOWN = """
int -> AnyStr | int
Name -> Name | Beast | Tree
Sized -> Hashable
list[int] | Any -> Sequence[AnyStr]
int | str -> T | bytes | Hashable
npt.NDArray[np.float64] -> npt.NDArray[np.floating[Any]]
npt.NDArray[np.float64] -> npt.NDArray[np.number[Any]]
npt.NDArray[np.float64] -> npt.NDArray[Any]
npt.NDArray[Any] -> npt.NDArray[np.float64]
list[float] -> npt.ArrayLike
list[list[int]] -> npt.ArrayLike
tuple[int, ...] -> npt.ArrayLike
np.dtype[np.float64] -> np.dtype[np.floating[Any]]
np.int64 -> SupportsIndex
np.ndarray -> Iterable[Any]
np.ndarray[tuple[int, int], np.dtype[np.float64]] -> npt.NDArray[np.float64]
npt.NDArray[np.float64] -> np.ndarray[tuple[int, int], np.dtype[np.float64]]
pd.DataFrame -> Iterable[Any]
pd.DataFrame -> Hashable
DataFrame[Sales] -> DataFrame[Priced]
DataFrame[Priced] -> DataFrame[Sales]
DataFrame[Sales] -> DataFrame[Other]
pd.DataFrame -> DataFrame[Sales]
Frame -> DataFrame[Sales]
DataFrame[Sales] -> Frame
list[DataFrame[Sales]] -> list[pd.DataFrame]
DataFrame[Sales] -> pl.DataFrame
int -> DataFrame[Sales]
DataFrame[Sales] -> int
DataFrame[Sales] -> Series[int]
Series[int] -> Series[str]
pd.Series -> Series[int]
Box[int] -> Box[Any]
Box[Any] -> Box[int]
HeldPair[int] -> Held[Any]
HeldPair -> Held[tuple[int, int]]
Animals[Cat] -> list[Cat]
Animals[Cat] -> Sequence[Animal]
Animals[Cat] -> list[Animal]
Rows[int, str] -> Rows[int]
Rows[bool, str] -> Rows[int, str]
Rows[int] -> Rows[Unpack[tuple[int, ...]]]
tuple[int, str, str] -> tuple[int, Unpack[tuple[str, ...]]]
tuple[int, int] -> tuple[int, Unpack[tuple[str, ...]]]
tuple[int, Unpack[tuple[str, ...]]] -> tuple[int, str]
tuple[int, Unpack[tuple[str, ...]]] -> tuple[int | str, ...]
tuple[int, Unpack[tuple[str, ...]]] -> Sequence[int | str]
tuple[Unpack[tuple[int, str]]] -> tuple[int, str]
tuple[int, ...] -> tuple[int, Unpack[tuple[int, ...]]]
tuple[()] -> tuple[int, Unpack[tuple[int, ...]]]
tuple[int, ...] -> tuple[Any, ...]
tuple[int, int] -> tuple[Any, ...]
tuple[Any, int] -> tuple[int, int]
set[float] -> set[int | float]
list[object] -> list[Any]
Annotated[Any, 1] -> int
int -> Annotated[Any, 1]
T -> Any
list[T] -> list[int]
list[int] -> Sequence[T] | T
tuple[str, bytes] -> tuple[AnyStr, AnyStr]
tuple[str, str] -> tuple[AnyStr, AnyStr]
tuple[int, str] -> tuple[T, T]
Ledger -> Hashable
Held[int] -> Hashable
Square -> Hashable
NumberABC -> Hashable
ExceptionGroup[ValueError] -> ExceptionGroup[Exception]
str -> int | Any
object -> Any
staticmethod -> Callable
"Cat" -> Animal
list["Cat"] -> Sequence[Animal]
"""

# What newer releases of Python and numpy say more of: unknown, or what mypy says.
DEPENDS = """
npt.NDArray[np.float64] -> npt.ArrayLike
npt.NDArray[np.str_] -> npt.ArrayLike
np.ndarray -> npt.ArrayLike
np.dtype[np.float64] -> npt.DTypeLike
type[np.float64] -> npt.DTypeLike
Held[int] -> Shows
"""
