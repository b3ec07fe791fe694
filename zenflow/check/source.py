"""From a recorded call to the stretch of source that a finding is about: the argument, not the statement."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from zenflow.graph.site import Site, Span, instruction_at


def argument_span(
    site: Site, signature: inspect.Signature, parameter: str, path: tuple[int, ...] = (), keyword: str = ""
) -> Span:
    """Where the argument for a parameter stands in a call; the whole call where that can not be told.

    Args:
        site: The call.
        signature: What the call is bound to.
        parameter: The name of the parameter.
        path: The way to an element, where the argument is written as a list, tuple or dict, or is one of `*args`.
        keyword: The keyword, where the parameter is `**options`.
    """
    call = _call_at(site)
    if call is None:
        return site_span(site)
    found = _argument(call, signature, parameter, path, keyword)
    return _span(site.file, call if found is None else found)


def called_at(site: Site) -> str | None:
    """What is called by the very instruction of a site, as it is written; None where it is no call."""
    here = instruction_at(site.code, site.instruction)
    call, span = _call_at(site), site.span()
    if call is None or here is None or not here.opname.startswith(("CALL", "PRECALL")):
        return None
    if (call.lineno, call.col_offset + 1) != (span.line, span.column):
        return None
    return ast.unparse(call.func)


def stands_alone(site: Site) -> bool:
    """Whether a call is a statement of its own, so that nothing can ever use what it gives."""
    call = _call_at(site)
    return call is not None and any(isinstance(n, ast.Expr) and n.value is call for n in ast.walk(_tree(site.file)))


def keyword_span(site: Site, keyword: str) -> Span:
    """Where a keyword stands in a call."""
    call = _call_at(site)
    found = next((k for k in call.keywords if k.arg == keyword), None) if call else None
    return site_span(site) if found is None else _span(site.file, found)


def site_span(site: Site) -> Span:
    """Where a call stands, in characters."""
    return in_characters(site.span())


def in_characters(span: Span) -> Span:
    """A span whose columns count bytes, as the interpreter's do, with columns that count characters."""
    lines = linecache.getlines(span.file)
    column, end = _characters(lines, span.line, span.column - 1), _characters(lines, span.end_line, span.end_column - 1)
    return Span(span.file, span.line, column + 1, span.end_line, end + 1)


def condition_of(span: Span) -> Span:
    """Of a statement that decides or loops, what it decides by or loops over; any other span in characters.

    The interpreter blames a truth value on the whole `if`.
    """
    place = (span.line, span.column - 1, span.end_line, span.end_column - 1)
    for node in ast.walk(_tree(span.file)):
        if not isinstance(node, (ast.If, ast.While, ast.Assert, ast.For)):
            continue
        if (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset) == place:
            return _span(span.file, node.iter if isinstance(node, ast.For) else node.test)
    return in_characters(span)


def function_span(fn: Callable[..., Any], parameter: str | None = None) -> Span | None:
    """Where a function is defined: its name, or one of its parameters."""
    fn = inspect.unwrap(fn)
    code = getattr(fn, "__code__", None)
    if code is None:
        return None
    node = definition_of(code)
    if node is None:
        return Span(code.co_filename, code.co_firstlineno, 1, code.co_firstlineno, 1)
    spec = node.args
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]
    found = next((arg for arg in every if arg.arg == parameter), None)
    if found is not None:
        return _span(code.co_filename, found)
    if parameter == "return" and node.returns is not None:
        return _span(code.co_filename, node.returns)
    return _name_span(code.co_filename, node)


def default_span(fn: Callable[..., Any], parameter: str) -> Span | None:
    """Where the default of a parameter stands; the parameter where that can not be told."""
    code = getattr(inspect.unwrap(fn), "__code__", None)
    node = None if code is None else definition_of(code)
    if code is None or node is None:
        return function_span(fn, parameter)
    positional = [*node.args.posonlyargs, *node.args.args]
    pairs = [*zip(reversed(positional), reversed(node.args.defaults), strict=False)]
    pairs += [
        (arg, default) for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if default
    ]
    found = next((default for arg, default in pairs if arg.arg == parameter), None)
    return function_span(fn, parameter) if found is None else _span(code.co_filename, found)


def result_span(fn: Callable[..., Any], index: int | None = None) -> Span | None:
    """Where a function's result stands, or one of a tuple's; its annotation where it returns in several places."""
    code = getattr(inspect.unwrap(fn), "__code__", None)
    node = None if code is None else definition_of(code)
    returned = [] if node is None else [one.value for one in _returns(node) if one.value is not None]
    if code is None or len(returned) != 1:
        return function_span(fn, "return")
    value = returned[0]
    if index is not None and isinstance(value, ast.Tuple) and not any(isinstance(e, ast.Starred) for e in value.elts):
        value = value.elts[index] if index < len(value.elts) else value
    return _span(code.co_filename, value)


def _returns(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Return]:
    """The returns of a function itself, and not of those inside of it."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))


def option_span(fn: Callable[..., Any], options: Sequence[str]) -> Span | None:
    """Where a function's decorators set the first of some options; its name where they set none."""
    code = getattr(inspect.unwrap(fn), "__code__", None)
    node = None if code is None else definition_of(code)
    if code is None or node is None:
        return function_span(fn)
    keywords = [k for one in node.decorator_list if isinstance(one, ast.Call) for k in one.keywords]
    found = next((k for option in options for k in keywords if k.arg == option), None)
    return function_span(fn) if found is None else _span(code.co_filename, found)


def definition_of(code: CodeType) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The definition that a function's code was compiled from, where its source is there."""
    for node in ast.walk(_tree(code.co_filename)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name != code.co_name:
            continue
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        if code.co_firstlineno in (first, node.lineno):
            return node
    return None


def _name_span(file: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
    lines = linecache.getlines(file)
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    column = line.find(node.name, _characters(lines, node.lineno, node.col_offset)) + 1
    return Span(file, node.lineno, column, node.lineno, column + len(node.name))


def _argument(
    call: ast.Call, signature: inspect.Signature, name: str, path: tuple[int, ...], keyword: str
) -> ast.expr | None:
    parameter = signature.parameters.get(name)
    if parameter is not None and parameter.kind is parameter.VAR_KEYWORD:
        name, path = keyword, path[1:]
    given = next((k.value for k in call.keywords if k.arg == name), None)
    if given is None and parameter is not None:
        names = [p.name for p in signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]
        index = names.index(parameter.name) if parameter.name in names else -1
        if parameter.kind is parameter.VAR_POSITIONAL and path:
            index, path = index + path[0], path[1:]
        if 0 <= index < len(call.args) and not any(isinstance(arg, ast.Starred) for arg in call.args[: index + 1]):
            given = call.args[index]
    return None if given is None else _inside(_elements(given), path)


def _elements(expression: ast.expr) -> ast.expr:
    """What stands in `each(...)`, or the expression itself."""
    if isinstance(expression, ast.Call) and len(expression.args) == 1:
        function = expression.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        return expression.args[0] if name == "each" else expression
    return expression


def _inside(expression: ast.expr, path: tuple[int, ...]) -> ast.expr:
    """The element of a display that a path leads to, as far as the source shows it."""
    for index in path:
        if isinstance(expression, (ast.List, ast.Tuple)):
            items = expression.elts
        elif isinstance(expression, ast.Dict) and all(expression.keys):
            items = expression.values
        else:
            return expression
        if index >= len(items) or any(isinstance(item, ast.Starred) for item in items[: index + 1]):
            return expression
        expression = items[index]
    return expression


def _call_at(site: Site) -> ast.Call | None:
    span = site.span()
    end = (span.end_line, span.end_column - 1)
    calls = _calls(site.file).get(end, ())
    starts = ((abs(call.lineno - span.line), abs(call.col_offset - span.column + 1), call) for call in calls)
    return min(starts, key=lambda item: item[:2], default=(0, 0, None))[2]


@lru_cache(maxsize=256)
def _calls_of(file: str, text: str) -> dict[tuple[int, int], list[ast.Call]]:
    calls: dict[tuple[int, int], list[ast.Call]] = {}
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Call):
            calls.setdefault((node.end_lineno or 0, node.end_col_offset or 0), []).append(node)
    return calls


def _calls(file: str) -> dict[tuple[int, int], list[ast.Call]]:
    return _calls_of(file, "".join(linecache.getlines(file)))


def _tree(file: str) -> ast.Module:
    return _parsed("".join(linecache.getlines(file)))


@lru_cache(maxsize=256)
def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):  # edited since it was imported, or a cell of a notebook
        return ast.Module([], [])


def _span(file: str, node: ast.expr | ast.keyword | ast.arg) -> Span:
    lines = linecache.getlines(file)
    end_line = node.end_lineno or node.lineno
    column = _characters(lines, node.lineno, node.col_offset)
    end = _characters(lines, end_line, node.end_col_offset or node.col_offset)
    return Span(file, node.lineno, column + 1, end_line, end + 1)


def _characters(lines: list[str], line: int, offset: int) -> int:
    if not 0 < line <= len(lines):
        return offset
    return len(lines[line - 1].encode()[:offset].decode(errors="replace"))
