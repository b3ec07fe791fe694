"""ZF404: what a cached step takes from outside of its arguments: the environment, the network, files."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from zenflow.check.bodies.events import Body, Called, Event, Read
from zenflow.check.bodies.results import SAME_PATH
from zenflow.check.bodies.source import Source
from zenflow.check.bodies.steps import cached_steps_of, notes_of
from zenflow.check.bodies.values import Fixed, Given, Imported, Value
from zenflow.check.diagnostics import Diagnostic
from zenflow.check.rules.registry import source_rule

_ENVIRONMENT = ("os.getenv", "os.getenvb", "os.getlogin", "getpass.getuser", "socket.gethostname", "platform.node")
_VARIABLES = ("os.environ", "os.environb")
_NETWORK: dict[str, tuple[str, ...]] = {
    "requests": ("get", "post", "put", "patch", "delete", "head", "options", "request", "Session", "session"),
    "httpx": ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream", "Client", "AsyncClient"),
    "urllib.request": ("urlopen", "urlretrieve"),
    "urllib3": ("request", "PoolManager", "HTTPConnectionPool", "HTTPSConnectionPool", "ProxyManager"),
    "aiohttp": ("ClientSession", "request"),
    "http.client": ("HTTPConnection", "HTTPSConnection"),
    "socket": ("create_connection", "gethostbyname", "getaddrinfo"),
    "ftplib": ("FTP", "FTP_TLS"),
    "boto3": ("client", "resource", "Session"),
    "boto3.session": ("Session",),
    "google.cloud.storage": ("Client",),
    "google.cloud.bigquery": ("Client",),
    "psycopg": ("connect",),
    "psycopg2": ("connect",),
    "asyncpg": ("connect", "create_pool"),
    "pymysql": ("connect",),
    "mysql.connector": ("connect",),
    "pymongo": ("MongoClient",),
    "redis": ("Redis", "StrictRedis", "from_url"),
    "snowflake.connector": ("connect",),
    "paramiko": ("SSHClient",),
}
_CALLS = frozenset(f"{module}.{name}" for module, names in _NETWORK.items() for name in names)
_PROGRAMS = frozenset(
    (
        *(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen", "getoutput")),
        *("subprocess.getstatusoutput", "os.system", "os.popen"),
    )
)
_READERS: dict[str, tuple[str, ...]] = {
    "pandas": (
        *("read_csv", "read_table", "read_parquet", "read_excel", "read_feather", "read_pickle", "read_hdf"),
        *("read_orc", "read_sas", "read_spss", "read_stata", "read_fwf", "read_xml", "read_json"),
    ),
    "polars": (
        *("read_csv", "read_parquet", "read_excel", "read_ipc", "read_json", "read_ndjson", "read_avro"),
        *("scan_csv", "scan_parquet", "scan_ipc", "scan_ndjson"),
    ),
    "numpy": ("load", "loadtxt", "genfromtxt", "fromfile", "memmap"),
    "pyarrow.parquet": ("read_table", "ParquetFile"),
    "pyarrow.csv": ("read_csv",),
    "pyarrow.feather": ("read_feather", "read_table"),
    "torch": ("load",),
    "joblib": ("load",),
    "PIL.Image": ("open",),
    "h5py": ("File",),
    "gzip": ("open",),
    "bz2": ("open",),
    "lzma": ("open",),
    "io": ("open",),
    "builtins": ("open",),
    "os": ("listdir", "scandir", "walk", "stat"),
    "glob": ("glob", "iglob"),
    "sqlite3": ("connect",),
    "duckdb": ("connect", "read_csv", "read_parquet", "read_json"),
    "cv2": ("imread",),
    "imageio": ("imread",),
    "soundfile": ("read",),
}
_FILES = frozenset(f"{module}.{name}" for module, names in _READERS.items() for name in names)
_TAKE_TEXT = ("pandas.read_json", "pandas.read_xml")
"""What takes the text itself as well as the name of a file."""
_METHODS = ("read_text", "read_bytes", "open", "iterdir", "glob", "rglob")
_MAKING = ("write_text", "write_bytes", "mkdir", "touch", "symlink_to", "hardlink_to", "unlink")
_ONLY_LOOK = (*SAME_PATH, "builtins.print", "builtins.len", "os.path.exists", "os.path.isfile", "os.path.isdir")
_WRITING = frozenset("wax")
_NO_FILES = (":memory:", "/dev/null", "")
_CHANGING_FOLDERS = ("os.chdir", "contextlib.chdir")


@source_rule(
    "ZF404",
    "environment, network or undeclared file reads in a cached step",
    why="""A step runs again when its code or its arguments change. What it takes from elsewhere may change without
    that, and the result that was kept would be handed out as if nothing had happened.""",
    bad="""
    @step
    def load() -> pd.DataFrame:
        return pd.read_csv("flights.csv")
    """,
    good="""
    @step
    def load(path: Path) -> pd.DataFrame:
        return pd.read_csv(path)
    """,
    severity="warning",
)
def inputs_are_declared(source: Source) -> Iterator[Diagnostic]:
    """What cached steps read that enters no key."""
    for body in cached_steps_of(source):
        files = _Files(body)
        for event in body.events:
            found = _outside(event) or (files.read_by(event) if isinstance(event, Called) else None)
            if found is not None:
                node, what, fix = found
                message = f"step `{body.callee.label}` is cached, but {what}"
                notes = notes_of(body, event)
                yield Diagnostic("ZF404", message, source.span(node), help=fix, notes=notes, severity="warning")


Found = tuple[ast.expr, str, str]


def _outside(event: Event) -> Found | None:
    """What an event reads from the environment, the network or another program."""
    if isinstance(event, Read) and isinstance(event.value, Imported) and event.value.name in _VARIABLES:
        return event.node, "reads the environment", _OF_ENVIRONMENT
    if not isinstance(event, Called):
        return None
    name = event.name
    if name in _ENVIRONMENT or (name.rpartition(".")[0] in _VARIABLES and name.rpartition(".")[2] in _LOOKUPS):
        return event.node, "reads the environment", _OF_ENVIRONMENT
    if name in _CALLS:
        return event.node, f"`{name}` reaches out to the network", _OF_NETWORK
    if name in _PROGRAMS:
        return event.node, f"`{name}` runs another program", _OF_PROGRAMS
    return None


_LOOKUPS = ("get", "items", "keys", "values", "copy")
_OF_ENVIRONMENT = "take it as an argument, or say @step(cache=False)"
_OF_NETWORK = "fetch it in a step with cache=False, and hand on what that returns"
_OF_PROGRAMS = "say @step(cache=False), or version= to say what the program's result depends on"


class _Files:
    """The files that a step reads, on the way through its body: what it wrote or handed out itself may be read."""

    def __init__(self, body: Body) -> None:
        self.handed: set[str] = set()
        self.moves = any(called.name in _CHANGING_FOLDERS for called in body.of(Called))

    def read_by(self, called: Called) -> Found | None:
        """The undeclared file that a call reads."""
        argument = _read_path(called)
        found = None
        if argument is not None and not self.moves:
            node, value = argument
            found = self._undeclared(node, value, called)
        if called.name in _ONLY_LOOK:
            return found
        named = [argument.value for argument in called.everything()]
        if called.method in _MAKING or (called.method == "open" and _writes(called, 0)):
            named.append(called.receiver)
        self.handed.update(value.text for value in named if isinstance(value, Fixed) and value.text)
        return found

    def _is_handed(self, text: str) -> bool:
        """Whether the step wrote a file, or one in a folder that it made, as far as can be seen."""
        return any(text.startswith(known) for known in self.handed)

    def _undeclared(self, node: ast.expr, value: Value, called: Called) -> Found | None:
        if called.name in _TAKE_TEXT:
            return None
        if isinstance(value, Given) and value.hint.name == "builtins.str":
            name = value.parameter
            what = f"reads the file that `{name}` names, of which the key knows the name alone"
            return node, what, f"annotate it Path: `{name}: {'list[Path]' if value.part else 'Path'}`"
        if not isinstance(value, Fixed) or value.text in _NO_FILES or self._is_handed(value.text):
            return None
        shown = value.text if value.whole else f"{value.text}…"
        return node, f"reads `{shown}`, which no argument names", "take the path as an argument of type Path"


def _read_path(called: Called) -> tuple[ast.expr, Value] | None:
    """The path that a call reads from, with the expression that stands for it."""
    if called.name in _FILES:
        first = called.argument(0, "file", "filepath_or_buffer", "path", "source", "io", "database", "fp", "name")
        if first is None or _writes(called, 1):
            return None
        return first.node, first.value
    is_path = isinstance(called.receiver, Fixed | Given) and isinstance(called.node.func, ast.Attribute)
    if not is_path or called.method not in _METHODS or (called.method == "open" and _writes(called, 0)):
        return None
    assert isinstance(called.node.func, ast.Attribute)
    return called.node.func.value, called.receiver


def _writes(called: Called, position: int) -> bool:
    if not called.name.endswith((".open", ".File", ".memmap")) and called.method != "open":
        return False
    mode = called.argument(position, "mode")
    if mode is None:
        return False
    return not isinstance(mode.value, Fixed) or bool(_WRITING & set(mode.value.text))
