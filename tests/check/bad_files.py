"""Files that do what a file should not, with what is said of each: part of one message, or nothing where it does no
harm. Those with `WRONG` in them hold one mistake more, which has to be found all the same."""

from __future__ import annotations

HEAD = "import os, signal, sys, time\nimport zenflow\nfrom zenflow import Artifact, pipeline, step\n"
STEP = HEAD + "@step\ndef f(x: int) -> int:\n    return x\n"
LAST = "@step\ndef last(x: int) -> int:\n    return x\n"
"""A step at the end: a file that defines nothing of ours is not imported where a folder is checked."""
WRONG = "@pipeline\ndef wrong() -> Artifact[int]:\n    return f('a')\n"
"""A pipeline with a ZF201."""


def _pipeline(body: str) -> str:
    return f"{STEP}@pipeline\ndef p() -> Artifact[int]:\n{body}    return f(1)\n"


TEXTS: dict[str, tuple[str | bytes, str]] = {
    "syntax": ("def f(:\n", "has a syntax error: invalid syntax"),
    "undecodable": (b"x = '\xff\xfe'\n", "can't decode byte 0xff"),
    "nul": (b"x = 1\x00\n", "null bytes"),
    "bom": (b"\xef\xbb\xbf" + (STEP + WRONG).encode(), ""),
    "coding": (b"# coding: nonsense\nimport zenflow\n", "unknown encoding: nonsense"),
    "latin": (f"# coding: latin-1\n{STEP}{WRONG}x = 'é'\n".encode("latin-1"), ""),
    "empty": ("", ""),
    "huge": (STEP + WRONG + "x = [\n" + "1,\n" * 100_000 + "]\n", ""),
    "parentheses": ("x = " + "(" * 5_000 + "1" + ")" * 5_000 + "\n", "too many nested parentheses"),
    "signs": ("x = " + "-" * 50_000 + "1\n", "nests deeper than Python can read"),
    "sum": ("x = " + "+".join(["1"] * 20_000) + "\n", "nests deeper than Python can read"),
    "attributes": ("x = a" + ".b" * 20_000 + "\n", "nests deeper than Python can read"),
}
"""No code of theirs does harm, but their text is odd."""

IMPORTS: dict[str, tuple[str | bytes, str]] = {
    "circle_a": (HEAD + "from circle_b import x\ny = 1\n", "cannot import name 'x'"),
    "circle_b": (HEAD + "from circle_a import y\nx = 1\n", "cannot import name 'y'"),
    "missing": (HEAD + "import pandsa\n", "raises ModuleNotFoundError: No module named 'pandsa'"),
    "raises": (HEAD + "1 / 0\n", "raises ZeroDivisionError: division by zero"),
    "leaves": (HEAD + "sys.exit(0)\n", "calls sys.exit(0)"),
    "leaves_hard": (HEAD + "os._exit(0)\n", "ends the process with code 0"),
    "aborts": (HEAD + "os.abort()\n", "ends the process by signal 6 (SIGABRT)"),
    "killed": (HEAD + "os.kill(os.getpid(), signal.SIGKILL)\n", "ends the process by signal 9 (SIGKILL)"),
    "endless": (HEAD + "def g(): g()\ng()\n", "raises RecursionError"),
    "odd": (HEAD + "class Odd(BaseException): pass\nraise Odd('odd')\n", "odd.Odd: odd"),
    "interrupts": (HEAD + "raise KeyboardInterrupt\n", "raises KeyboardInterrupt"),
    "speechless": (
        HEAD + "class Bad(Exception):\n    def __str__(self): raise ValueError\nraise Bad\n",
        "<exception str() failed>",
    ),
    "surrogate": (HEAD + "raise ValueError('\\udcff')\n", "raises ValueError: \\udcff"),
    "group": (HEAD + "raise ExceptionGroup('many', [ValueError(1)])\n", "raises ExceptionGroup: many"),
    "warns": (HEAD + "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('x')\n", "raises UserWarning: x"),
    "thread": (STEP + WRONG + "import threading\nthreading.Thread(target=time.sleep, args=(999,)).start()\n", ""),
    "child": (STEP + WRONG + "import subprocess\nc = subprocess.Popen(['sleep', '999'])\nTOLD(c.pid)\n", ""),
    "daemon": (
        STEP
        + WRONG
        + "import subprocess\nc = subprocess.Popen(['sleep', '999'], start_new_session=True)\nTOLD(c.pid)\n",
        "",
    ),
    "forks": (STEP + WRONG + "os.fork()\n", ""),
    "forks_on": (HEAD + "if os.fork():\n    os._exit(3)\ntime.sleep(999)\n", "ends the process with code 3"),
    "folder": (STEP + WRONG + "os.chdir('/')\n", ""),
    "closes": (STEP + WRONG + "os.closerange(3, 100)\n", ""),
    "closes_all": (HEAD + "os.closerange(0, 4096)\n", "closes open files that are not its own"),
    "writes": (STEP + WRONG + "print('x' * 3_000_000)\n", ""),
    "reads": (HEAD + "input()\n", "raises EOFError"),
    "runs": (STEP + WRONG + "zenflow.run(f(1))\n", "a run is asked for while the file is only checked"),
    "modules": (STEP + WRONG + "sys.modules.clear()\n", "checking files/modules.py raises"),
    "posing": (
        STEP + WRONG + "class O:\n    def __getattr__(self, n): raise RuntimeError(n)\nsys.modules['odd'] = O()\n"
        "sys.modules['odd2'] = None\nsys.path[:] = [3]\n",
        "",
    ),
    "pathless": (STEP + WRONG + "sys.path = None\n", ""),
    "no_isinstance": (HEAD + "import builtins\nbuiltins.isinstance = None\n", "checking files/no_isinstance.py raises"),
    "blocks": (STEP + WRONG + "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n", ""),
    "loop": (
        STEP + WRONG + "for n in range(3):\n    @pipeline\n    def p() -> Artifact[int]:\n        return f(n)\n",
        "",
    ),
    "class": (STEP + WRONG, ""),
    "my-flow": (STEP + WRONG, ""),
    "2flow": (STEP + WRONG, ""),
    "a b": (STEP + WRONG, ""),
    "été": (STEP + WRONG, ""),
    "new\nline": (STEP + WRONG, ""),
    "a.b": (STEP + WRONG, "there is a dot in its name"),
    "statistics": (STEP + WRONG, "another module has that name"),
}
"""What happens as they are imported. `TOLD` writes down the number of a process that they started."""

TRACES: dict[str, tuple[str | bytes, str]] = {
    "t_recurs": (STEP + "@pipeline\ndef p(n: int = 1) -> Artifact[int]:\n    return p(n)\n", "raises RecursionError"),
    "t_leaves": (_pipeline("    os._exit(0)\n"), "ends the process with code 0"),
    "t_exits": (_pipeline("    sys.exit('bye')\n"), "pipeline `p` raises SystemExit while it is traced: bye"),
    "t_odd": (_pipeline("    raise GeneratorExit('x')\n"), "pipeline `p` raises GeneratorExit while it is traced: x"),
    "t_interrupts": (_pipeline("    raise KeyboardInterrupt\n"), "raises KeyboardInterrupt"),
    "t_speechless": (
        _pipeline("    class Bad(Exception):\n        def __str__(self): raise ValueError\n    raise Bad\n"),
        "pipeline `p` raises Bad while it is traced: <exception str() failed>",
    ),
    "t_runs": (_pipeline("    zenflow.run(f(1))\n"), "a run is asked for while the file is only checked"),
    "t_runs_steps": (_pipeline("    q.run()\n") + "@pipeline\ndef q() -> Artifact[int]: return f(2)\n", "only checked"),
}
"""What happens as their pipelines are traced."""

HANGS: dict[str, tuple[str | bytes, str]] = {
    "loops": (HEAD + "while True: pass\n", "importing files/loops.py took longer than 1 s"),
    "sleeps": (HEAD + "time.sleep(999)\n", "importing files/sleeps.py took longer than 1 s"),
    "traces": (_pipeline("    while True: pass\n"), "tracing files/traces.py took longer than 1 s"),
    "swallows": (
        HEAD + "while True:\n    try:\n        time.sleep(999)\n    except BaseException: pass\n",
        "longer than 1 s",
    ),
}
"""What never comes to its end."""

for files in (IMPORTS, HANGS):
    files |= {
        n: (f"{t}{LAST}" if isinstance(t, str) and "@step" not in t else t, told) for n, (t, told) in files.items()
    }
