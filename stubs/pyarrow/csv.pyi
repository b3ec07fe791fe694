# Why: pyarrow ships no types.

from collections.abc import Mapping, Sequence
from typing import IO, Any

from pyarrow import DataType, Table

class ConvertOptions:
    def __init__(
        self, *, column_types: Mapping[str, DataType] | None = None, include_columns: Sequence[str] | None = None
    ) -> None: ...

def read_csv(input_file: IO[bytes] | str, *, convert_options: ConvertOptions | None = None) -> Table: ...
def __getattr__(name: str) -> Any: ...
