"""Jupyter notebooks as Python: each cell a piece of source with its own place, the definitions in them as a module.

A cell is compiled under a file name of its own, `analysis.ipynb:cell 3`, with its lines counted from 1. So every place
that a finding, a traceback or the interpreter names is one that a reader finds. Cells are not run: a notebook is a
log of work, and running it would train models. Only what they define is executed: imports, functions, classes, and
assignments that call nothing but types and steps.

The format is nbformat 4: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import ast
import linecache
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from attrs import frozen

_MAGIC = re.compile(r"^\s*(?:[%!?]|[\w.]+\?{1,2}\s*$)")


class NotANotebook(ValueError):
    """A file that is no notebook of nbformat 4."""


@frozen
class Cell:
    """A code cell. `number` counts all cells from 1, `first` is its first line in the whole text, from 1."""

    number: int
    file: str
    text: str
    first: int


@frozen
class Notebook:
    """A notebook's code: `text` is that of all cells, one below the other."""

    file: str
    cells: tuple[Cell, ...]
    text: str

    def place(self, line: int) -> tuple[str, int]:
        """The cell that a line of the whole text stands in, as a file name, and the line in it."""
        cell = next((cell for cell in reversed(self.cells) if cell.first <= line), None)
        return (self.file, line) if cell is None else (cell.file, line - cell.first + 1)


def read_notebook(path: Path) -> Notebook:
    """The code of a notebook. Magics and shell lines become comments; cells in other languages are left out.

    Raises:
        NotANotebook: The file is no notebook.
    """
    try:
        document = msgspec.json.decode(path.read_bytes())
        cells = document["cells"]
        sources = [(number, _source(cell)) for number, cell in enumerate(cells, 1) if cell["cell_type"] == "code"]
    except (msgspec.DecodeError, UnicodeDecodeError, OSError, KeyError, TypeError) as error:
        what = f"{type(error).__name__}: {error}" if isinstance(error, (KeyError, TypeError)) else str(error)
        raise NotANotebook(what) from None
    file, line, found = str(path.resolve()), 1, []
    for number, source in sources:
        text = python_text(source)
        found.append(Cell(number, f"{file}:cell {number}", text, line))
        line += text.count("\n")
    return Notebook(file, tuple(found), "".join(cell.text for cell in found))


def _source(cell: Any) -> str:
    source = cell["source"]
    if isinstance(source, list):
        source = "".join(source)
    if not isinstance(source, str):
        raise TypeError("a cell's source is no text")
    return source


def python_text(source: str) -> str:
    """A cell as plain Python with as many lines, ended by a line break.

    >>> python_text("%matplotlib inline\\nx = 1"), python_text("%%bash\\nls")
    ('# %matplotlib inline\\nx = 1\\n', '# %%bash\\n# ls\\n')
    """
    lines = source.splitlines()
    foreign = bool(lines) and lines[0].lstrip().startswith("%%")
    kept = [_commented(line) if foreign or _MAGIC.match(line) else line for line in lines]
    return "".join(f"{line}\n" for line in kept) or "\n"


def _commented(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass  # {line.strip()}" if indent else f"# {line}"


def remember(notebook: Notebook) -> None:
    """Let tracebacks and reports find the text of the cells."""
    for cell in notebook.cells:
        lines = cell.text.splitlines(keepends=True)
        linecache.cache[cell.file] = (len(cell.text), None, lines, cell.file)


def load_notebook(notebook: Notebook, name: str) -> tuple[ModuleType, frozenset[str]]:
    """The definitions of a notebook as a module, and the names that its cells give values by work that was not done.

    Raises:
        Exception: Whatever an import or a definition raises.
    """
    remember(notebook)
    module = ModuleType(name)
    module.__file__ = notebook.file
    unknown: set[str] = set()
    for cell in notebook.cells:
        for statement in ast.parse(cell.text, cell.file).body:
            if not (_defines(statement) and _executed(statement, cell.file, module, unknown)):
                unknown |= _bound(statement)
    return module, frozenset(unknown - set(vars(module)))


def _executed(statement: ast.stmt, file: str, module: ModuleType, unknown: set[str]) -> bool:
    """Execute a definition, unless it needs what was not worked out."""
    code = compile(ast.Module([statement], []), file, "exec", dont_inherit=True)
    try:
        exec(code, vars(module))
    except NameError as error:
        if error.name in unknown:
            return False
        raise
    return True


def _defines(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return True
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return statement.value is not None and not any(map(_acts, ast.walk(statement.value)))
    if isinstance(statement, ast.If):  # `if TYPE_CHECKING:` and its like
        return not any(map(_acts, ast.walk(statement.test))) and all(
            map(_defines, [*statement.body, *statement.orelse])
        )
    return False


_MAKERS = {"step", "pipeline", "TypeVar", "ParamSpec", "NewType", "NamedTuple", "TypedDict", "namedtuple", "Path"}
_MAKERS |= {"with_options", "frozenset", "tuple", "list", "dict", "set"}


def _acts(node: ast.AST) -> bool:
    """Whether an expression calls something that may do more than define."""
    if isinstance(node, ast.Call):
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        return name not in _MAKERS and not isinstance(called, ast.Call)
    return isinstance(node, (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom))


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value, or would."""
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        names.add(statement.name)
    return names
