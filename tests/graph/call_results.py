"""Calls of the functions in `generic_calls`: `function(types of the arguments) -> type of the result`, or `misfit`.

Behind a `#` stands what mypy takes the result for where it says something else: it joins two types to their common base
where ZenFlow keeps both, and reads members of protocols and signatures of classes.
"""

from __future__ import annotations

CALLS = """
ident(int) -> int
ident(list[Cat]) -> list[Cat]
ident(int | None) -> int | None
ident(Literal["a"]) -> Literal['a']
ident(UserId) -> UserId
first(list[int]) -> int
first(tuple[int, ...]) -> int
first(tuple[int, str]) -> int | str # object
first(str) -> str
first(Words) -> str
first(Person) -> str | int # object
first(set[int]) -> misfit
first(int) -> misfit
listed(dict[str, int]) -> list[dict[str, int]]
pair(int; str) -> tuple[int, str]
same(int; int) -> int
same(Cat; Cat) -> Cat
same(Cat; Dog) -> Cat | Dog # Animal
same(int; str) -> int | str # object
same(bool; int) -> bool | int # int
swap(tuple[int, str]) -> tuple[str, int]
swap(Person) -> tuple[int, str]
swap(Entry[bool]) -> tuple[bool, str]
swap(tuple[int, str, bytes]) -> misfit
flatten(list[list[int]]) -> list[int]
flatten(list[int]) -> misfit
flatten(list[tuple[int, ...]]) -> misfit
merge(list[int]; list[int]) -> list[int]
merge(list[int]; list[str]) -> misfit
merge(list[bool]; list[int]) -> misfit
chain(list[int]; set[int]) -> list[int]
chain(list[int]; tuple[str, ...]) -> list[int | str] # list[object]
chain(list[Cat]; list[Animal]) -> list[Cat | Animal] # list[Animal]
keys(dict[str, int]) -> list[str]
keys(Tally) -> list[str]
keys(Counter[str]) -> list[str]
keys(list[str]) -> misfit
values(dict[str, int]) -> list[int]
values(Pair[str, int]) -> list[int]
values(PairOfStr[bytes]) -> list[bytes]
values(defaultdict[str, list[int]]) -> list[list[int]]
inverted(dict[str, int]) -> dict[int, list[str]]
inverted(Mapping[str, int]) -> misfit
inverted(OrderedDict[str, int]) -> dict[int, list[str]]
lookup(dict[str, int]; str) -> int
lookup(dict[str, int]; int) -> misfit
or_else(int | None; int) -> int
or_else(int; int) -> int
or_else(None; int) -> int
or_else(int | None; str) -> int | str # object
or_else(str | int | None; str) -> str | int # object
present(int | None) -> int
present(int | str | None) -> int | str # object
present(int) -> int
apply(Callable[[int], str]; int) -> str
apply(Callable[[float], str]; int) -> str
apply(Callable[[int], str]; float) -> misfit
apply(Callable[[Animal], int]; Cat) -> int
apply(int; int) -> misfit
compose(Callable[[int], str]; Callable[[str], bytes]) -> Callable[[int], bytes]
compose(Callable[[int], bool]; Callable[[int], bytes]) -> Callable[[int], bytes]
compose(Callable[[int], str]; Callable[[bytes], int]) -> misfit
mapped(Callable[[int], str]; list[int]) -> list[str]
mapped(Callable[[object], str]; list[int]) -> list[str]
mapped(Callable[[str], str]; list[int]) -> misfit
called(Callable[[], int]) -> int
called(Callable[[int], int]) -> misfit
called(type[Cat]) -> Any # Cat
result_of(Callable[[int, str], bytes]) -> bytes
result_of(Callable[..., list[int]]) -> list[int]
retried(Callable[[int, str], bytes]) -> Callable[[int, str], bytes]
retried(int) -> misfit
run_with(Runs[[int, str], bytes]) -> Callable[[int, str], bytes]
largest(list[int]) -> int
largest(list[bool]) -> bool
largest(list[float]) -> float
largest(list[int | float]) -> int | float
largest(list[str]) -> misfit
largest(list[Decimal]) -> misfit
bigger(int; int) -> int
bigger(int; float) -> int | float # float
bigger(int; str) -> misfit
groomed(Cat) -> Cat
groomed(Animal) -> Animal
groomed(Cat | Dog) -> Cat | Dog
groomed(int) -> misfit
joined(list[str]) -> str
joined(list[bytes]) -> bytes
joined(list[int]) -> misfit
joined(list[Name]) -> misfit
concat(str; str) -> str
concat(str; bytes) -> misfit
concat(Name; str) -> str
doubled(int) -> int
doubled(bool) -> int
doubled(str) -> str
doubled(float) -> misfit
unbox(Box[int]) -> int
unbox(BoxOfInt) -> int
unbox(Box[list[str]]) -> list[str]
unbox(int) -> misfit
boxed(list[int]) -> Box[list[int]]
rebox(Box[int]; int) -> Box[int]
rebox(Box[float]; int) -> Box[float | int] # Box[float]
rebox(Box[int]; str) -> misfit
held(Held[int]) -> int
held(HeldCats) -> Cat
held(HeldPair[int]) -> tuple[int, int]
frozen(Frozen[Cat]) -> Cat
sourced(Source[int]) -> int
sunk(Sink[int]; int) -> int
sunk(Sink[object]; int) -> int
sunk(Sink[int]; str) -> misfit
paired(Pair[str, int]) -> tuple[str, int]
paired(PairOfStr[int]) -> tuple[str, int]
predict(Model[int]; list[float]) -> list[int]
predict(Regression; list[float]) -> list[float]
predict(Regression; list[int]) -> list[float]
predict(Regression; list[str]) -> misfit
predict(Box[int]; list[float]) -> misfit
made(type[int]) -> int
made(type[Cat]) -> Cat
made(int) -> misfit
entry_value(Entry[int]) -> int
entry_value(Person) -> misfit
cell_value(Cell[int]) -> int
alias_items(list[int]) -> int
alias_items(Listed[str]) -> str
alias_table(dict[str, list[int]]) -> dict[str, int]
alias_table(dict[str, int]) -> misfit
read(Reads[int]) -> int
read(Reader) -> int
read(Structural) -> Any # int
read(int) -> misfit
awaited(Awaitable[int]) -> int
awaited(Coroutine[Any, Any, int]) -> int
noted(int) -> list[int]
spread(int; int) -> list[int]
spread(int; str) -> list[int | str] # list[object]
options(int; int) -> dict[str, int]
items_of(tuple[int, ...]) -> int
items_of(tuple[int, int]) -> int
items_of(list[int]) -> misfit
nested(dict[str, list[tuple[int, str]]]) -> dict[str, int]
nested(dict[str, list[int]]) -> misfit
gathered(list[int | None]) -> list[int]
gathered(list[int]) -> list[int]
gathered(Sequence[int | str | None]) -> list[int | str] # list[object]
plain(int) -> str
plain(bool) -> str
plain(str) -> misfit
anything(int) -> list[Any]
keep(Callable[[object], bool]; list[int]) -> list[int]
keep(Callable[[int], bool]; list[int]) -> list[int]
keep(Callable[[bool], bool]; list[int]) -> misfit
keep(Callable[[Animal], bool]; list[Cat]) -> list[Cat]
both(Callable[[int], str]; Callable[[bool], str]) -> Callable[[bool], str]
both(Callable[[int], str]; Callable[[str], str]) -> Callable[[Any], str] # Callable[[Never], str]
logged(Callable[[int, str], bytes]) -> Callable[..., bytes] # Callable[[str], bytes]
written(Sink[object]; Sink[int]) -> list[int]
keys(Point) -> list[Any] # list[str]
first(Range) -> float
"""
