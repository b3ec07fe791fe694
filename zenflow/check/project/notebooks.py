"""Jupyter notebooks as Python: each cell a piece of source with its own place, the definitions in them as a module.

A cell is compiled under a file name of its own, `analysis.ipynb:cell 3`, with its lines counted from 1. So every place
that a finding, a traceback or the interpreter names is one that a reader finds. Cells are not run: a notebook is a
log of work, and running it would train models. Only what they define is executed: imports, functions, classes, and
assignments that call nothing but types and steps.

The format is nbformat 4: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations
import __future__

import ast
import json
import linecache
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

from zenflow.check.project.syntax import syntax_of

_GIVEN = re.compile(r"(\s*[\w, ]+ = )(?=[%!])")
_MAGIC = re.compile(rf"^\s*(?:[%!?]|[\w.]+\?{{1,2}}\s*$)|{_GIVEN.pattern}")
_CELL_MAGIC = re.compile(r"\s*%%(\w*)")
_OF_PYTHON = {"time", "timeit", "capture", "prun", "memit"}
"""Cell magics after which Python goes on."""
_PYTHON = ("python", "ipython", "python3")


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
        document = json.loads(path.read_bytes())  # outputs may hold NaN, which strict readers refuse
        cells = _cells(document)
        sources = [(number, _source(cell)) for number, cell in cells if _is_python(cell)]
    except (ValueError, OSError, RecursionError) as error:
        raise NotANotebook(str(error)) from None
    except (KeyError, TypeError, AttributeError):
        raise NotANotebook("its cells are not where format 4 has them") from None
    file, line, found = str(path.resolve()), 1, []
    for number, source in sources:
        text = python_text(source)
        found.append(Cell(number, f"{file}:cell {number}", text, line))
        line += text.count("\n")
    return Notebook(file, tuple(found), "".join(cell.text for cell in found))


def _cells(document: Any) -> list[tuple[int, Any]]:
    """The cells with their numbers; none where the notebook is in another language."""
    major = document.get("nbformat", 4)
    if major != 4:
        raise NotANotebook(f"it has format {major}")
    metadata = document.get("metadata", {})
    spoken = metadata.get("language_info", {}).get("name") or metadata.get("kernelspec", {}).get("language") or "python"
    return list(enumerate(document["cells"], 1)) if spoken.lower() in _PYTHON else []


def _is_python(cell: Any) -> bool:
    spoken = cell.get("metadata", {}).get("vscode", {}).get("languageId", "python")
    return cell["cell_type"] == "code" and spoken in _PYTHON


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
    lines = source.split("\n")
    if not lines[-1]:
        lines.pop()
    if not syntax_of(source, ""):
        return "".join(f"{line}\n" for line in lines) or "\n"
    magic = _CELL_MAGIC.match(source)
    foreign = magic is not None and magic[1] not in _OF_PYTHON
    kept = [_commented(line) if foreign or _MAGIC.match(line) else line for line in lines]
    return "".join(f"{line}\n" for line in kept) or "\n"


def _commented(line: str) -> str:
    given = _GIVEN.match(line)
    if given is not None:  # a value of any type, that a check does not work out
        return f"{given[1]}__import__('IPython').output  # {line[given.end() :]}"
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass  # {line.strip()}" if indent else f"# {line}"


def remember(notebook: Notebook) -> None:
    """Let tracebacks and reports find the text of the cells."""
    for file, text in [(notebook.file, notebook.text), *((cell.file, cell.text) for cell in notebook.cells)]:
        lines = [f"{line}\n" for line in text.removesuffix("\n").split("\n")]
        linecache.cache[file] = (len(text), None, lines, file)


def module_name(path: Path) -> str:
    """What a notebook's module goes by; not by the name of a file beside it.

    >>> module_name(Path("flows/2 ideas.ipynb"))
    'notebook_2_ideas'
    """
    return "notebook_" + re.sub(r"\W", "_", path.stem)


def load_notebook(notebook: Notebook) -> tuple[ModuleType, frozenset[str]]:
    """The definitions of a notebook as a module, and the names that its cells give values by work that was not done.

    Raises:
        Exception: Whatever an import or a definition raises.
    """
    remember(notebook)
    module = ModuleType(module_name(Path(notebook.file)))
    module.__file__ = notebook.file
    sys.modules[module.__name__] = module  # where classes look for the names in their hints
    unknown: set[str] = set()
    flags = 0
    for cell in notebook.cells:
        for statement in ast.parse(cell.text, cell.file).body:
            flags |= _future(statement)
            if not (_defines(statement) and _executed(statement, cell.file, module, unknown, flags)):
                unknown |= _bound(statement)
    return module, frozenset(unknown - set(vars(module)))


def _executed(statement: ast.stmt, file: str, module: ModuleType, unknown: set[str], flags: int) -> bool:
    """Execute a definition, unless it needs what was not worked out."""
    code = compile(ast.Module([statement], []), file, "exec", flags, dont_inherit=True)
    try:
        exec(code, vars(module))
    except NameError as error:
        if error.name in unknown:
            return False
        raise
    return True


def _future(statement: ast.stmt) -> int:
    """The flags of an import from `__future__`, which hold for all that comes after it."""
    if not isinstance(statement, ast.ImportFrom) or statement.module != "__future__":
        return 0
    features = (getattr(__future__, alias.name, None) for alias in statement.names)
    return sum(feature.compiler_flag for feature in features if feature is not None)


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
