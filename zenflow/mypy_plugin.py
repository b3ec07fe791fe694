"""The mypy plugin: the edges of a pipeline are exact. Switch it on with `plugins = zenflow.mypy_plugin`.

Without it an artifact has an `Any` base for type checkers, so that it passes wherever its value does, right or wrong.
Here that base goes, and each call of a step is checked against a signature made for it, **by what is passed**: an
artifact meets `Artifact[T]`, a plain value `T`, a display of both a display of both. (Against a blanket
`T | Artifact[T]` mypy can not solve the `T` of a generic step.) A step's result is read off its function, since no
overload tells a NamedTuple's fields, or a type variable from a tuple.

All of it is two tables at the end, from full names to handlers. `_soft` stands between them and mypy: whatever a
handler trips over, a mypy of another time above all, leaves the gradual types and never ends the check. For the same
reason mypy's modules are used by attribute: what is not there any more fails inside of a handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeGuard, TypeVar

import mypy.nodes as n
import mypy.plugin as p
import mypy.types as t
from mypy import argmap, errorcodes, lookup, maptype, messages, subtypes

ARTIFACT = "zenflow.language.artifact.Artifact"
STEP = "zenflow.language.step.Step"
PIPELINE = "zenflow.language.pipeline.Pipeline"
EACH = "zenflow.language.each.Each"

Result = TypeVar("Result")
ANY = t.AnyType(t.TypeOfAny.special_form)


def plugin(version: str) -> type[p.Plugin]:
    """The entry point. Any version of mypy is tried."""
    return ZenFlowPlugin


class ZenFlowPlugin(p.Plugin):
    """Looks handlers up by the full names of what is called."""

    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[p.ClassDefContext], None] | None:
        return self._soft(_exact if fullname == ARTIFACT else None, lambda _: None)

    def get_method_signature_hook(self, fullname: str) -> Callable[[p.MethodSigContext], t.FunctionLike] | None:
        return self._soft(_SIGNATURES.get(fullname), lambda ctx: ctx.default_signature)

    def get_function_signature_hook(self, fullname: str) -> Callable[[p.FunctionSigContext], t.FunctionLike] | None:
        return self._soft(_SIGNATURES.get(fullname), lambda ctx: ctx.default_signature)

    def get_method_hook(self, fullname: str) -> Callable[[p.MethodContext], t.Type] | None:
        return self._soft(_RESULTS.get(fullname), lambda ctx: ctx.default_return_type)

    def get_function_hook(self, fullname: str) -> Callable[[p.FunctionContext], t.Type] | None:
        return self._soft(_RESULTS.get(fullname), lambda ctx: ctx.default_return_type)

    def get_attribute_hook(self, fullname: str) -> Callable[[p.AttributeContext], t.Type] | None:
        owner, _, name = fullname.rpartition(".")
        found = self.lookup_fully_qualified(owner) if "." in owner else None
        named = found is not None and isinstance(found.node, n.TypeInfo) and found.node.is_named_tuple
        handler = partial(_field, name) if named else _fn if fullname == f"{STEP}.fn" else None
        return self._soft(handler, lambda ctx: ctx.default_attr_type)

    def _soft(
        self, handler: Callable[[Any], Result] | None, default: Callable[[Any], Result]
    ) -> Callable[[Any], Result] | None:
        """A handler that gives way to mypy's own answer, and to gradual artifacts, where it can not do its work."""

        def hook(ctx: Any) -> Result:
            assert handler is not None
            try:
                return handler(ctx)
            except Exception:
                found = self.lookup_fully_qualified(ARTIFACT)
                if found is not None and isinstance(found.node, n.TypeInfo):
                    found.node.fallback_to_any = True
                return default(ctx)

        return hook if handler is not None else None


def _exact(ctx: p.ClassDefContext) -> None:
    """`Artifact` is no longer a subtype of everything."""
    ctx.cls.info.fallback_to_any = False


def _proper(typ: t.Type) -> Any:
    return t.get_proper_type(typ)


def _is(typ: t.Type | None, *fullnames: str) -> TypeGuard[t.Instance]:
    return isinstance(typ, t.Instance) and typ.type.fullname in fullnames


def _instance(api: Any, fullname: str, *args: t.Type) -> t.Instance:
    found: Any = lookup.lookup_fully_qualified(fullname, api.modules, raise_on_missing=True)
    return t.Instance(found.node, args)


def _union(items: Iterable[t.Type]) -> t.Type:
    return t.UnionType.make_union(list(dict.fromkeys(items)))


def _rebuilt(typ: t.Type, change: Callable[[t.Type], t.Type]) -> Any:
    """A container, tuple or union with its parts changed."""
    typ = _proper(typ)
    if isinstance(typ, t.UnionType):
        return _union(map(change, typ.items))
    if isinstance(typ, t.TupleType):
        return typ.copy_modified(items=[change(item) for item in typ.items])
    return typ.copy_modified(args=[change(arg) for arg in typ.args]) if isinstance(typ, t.Instance) else typ


def _holds(typ: t.Type, depth: int = 12) -> bool:
    """Whether artifacts are somewhere in a value of this type; a recursive one is given up at a depth."""
    typ = _proper(typ)
    parts = typ.items if isinstance(typ, (t.TupleType, t.UnionType)) else getattr(typ, "args", ())
    return _is(typ, ARTIFACT) or (depth > 0 and any(_holds(part, depth - 1) for part in parts))


def _values(typ: t.Type) -> t.Type:
    """The type with the values of artifacts in their places, and elements in that of `each(...)`."""
    typ = _proper(typ)
    if _is(typ, ARTIFACT, EACH):
        return _values(typ.args[0])
    return _rebuilt(typ, _values) if _holds(typ) else typ


def _element(typ: t.Type) -> t.Type | None:
    """What is in a container (a mapping's values, an iterable's elements), or None."""
    typ = _proper(typ)
    if isinstance(typ, t.TupleType):
        return _union(typ.items)
    if isinstance(typ, t.UnionType):
        return _union(_element(item) or ANY for item in typ.items)
    if not isinstance(typ, t.Instance):
        return ANY if isinstance(typ, t.AnyType) else None
    bases = {info.fullname: info for info in typ.type.mro}
    base = bases.get("typing.Mapping") or bases.get("typing.Iterable")
    return maptype.map_instance_to_supertype(typ, base).args[-1] if base else None


def _given(api: Any, expr: n.Expression) -> Any:
    """The type of an argument.

    A display is the types of its elements: mypy would join an artifact and a plain value to `object`. A call of a step
    is what the step gives: its arguments are looked at when mypy comes to them, and not here too, at every level.
    """
    if isinstance(expr, (n.ListExpr, n.TupleExpr)):
        starred = any(isinstance(item, n.StarExpr) for item in expr.items)
        items = [_given(api, item) for item in expr.items]
        plain = isinstance(expr, n.ListExpr) or starred
        kind = _instance(api, "builtins.list" if isinstance(expr, n.ListExpr) else "builtins.tuple", _union(items))
        return kind if plain else t.TupleType(items, kind)
    if isinstance(expr, n.StarExpr):
        return _proper(_element(_given(api, expr.expr)) or ANY)
    if isinstance(expr, n.DictExpr):
        values = [_given(api, value) if key else _element(_given(api, value)) or ANY for key, value in expr.items]
        return _instance(api, "builtins.dict", _instance(api, "builtins.str"), _union(values))
    with api.msg.filter_errors():
        known = _result(api.get_expression_type(expr.callee)) if isinstance(expr, n.CallExpr) else None
        return _proper(known or (ANY if isinstance(expr, n.LambdaExpr) else api.get_expression_type(expr)))


def _result(callee: t.Type) -> t.Type | None:
    """What a call gives, where that does not depend on its arguments."""
    callee = _proper(callee)
    if _is(callee, STEP, PIPELINE):
        parameters: Any = _proper(callee.args[0])
        return None if getattr(parameters, "variables", None) else callee.args[2 if _is(callee, STEP) else 1]
    return callee.ret_type if isinstance(callee, t.CallableType) and not callee.variables else None


def _passed(given: list[Any], call: n.CallExpr, actual: int, name: str | None, taken: dict[int, int]) -> t.Type:
    """What an argument gives to one formal; of `*xs` and `**xs` the next element, or the one of that name."""
    typ = given[actual]
    if not call.arg_kinds[actual].is_star():
        return typ  # type: ignore[no-any-return]
    taken[actual] = taken.get(actual, -1) + 1
    if isinstance(typ, t.TupleType) and taken[actual] < len(typ.items):
        return typ.items[taken[actual]]
    if isinstance(typ, t.TypedDictType) and name in typ.items:
        return typ.items[name]
    return _element(typ) or ANY


def _as_data(formal: t.Type, given: t.Type) -> t.Type:
    """A step's formal: `T` takes a `T`, an `Artifact[T]`, or a display with artifacts of its elements."""
    given = _proper(given)
    if _is(given, ARTIFACT):
        return given.copy_modified(args=[formal])
    if isinstance(given, t.UnionType) and any(_is(_proper(item), ARTIFACT) for item in given.items):
        handles, values = (
            _union(i for i in given.items if _is(_proper(i), ARTIFACT) is data) for data in (True, False)
        )
        return _union([_as_data(formal, _proper(handles).items), _as_data(formal, values)])
    return _inside(formal, given) if _holds(given) else formal


def _inside(formal: t.Type, given: t.Type) -> t.Type:
    """A formal that is a container, with artifacts where some are given."""
    formal, element = _proper(formal), _element(given) or ANY
    if isinstance(formal, t.UnionType):
        return _union(_inside(item, given) for item in formal.items)
    if isinstance(formal, t.TypedDictType) and isinstance(given, t.Instance):
        values = _union(_as_data(item, element) for item in formal.items.values())
        return given.copy_modified(args=[*given.args[:-1], values])
    if isinstance(formal, t.TupleType):
        items = given.items if isinstance(given, t.TupleType) else []
        fits = len(items) == len(formal.items)
        return formal.copy_modified(items=[*map(_as_data, formal.items, items)]) if fits else formal
    if isinstance(formal, t.Instance) and formal.args:
        lifted = _as_data(formal.args[-1], element)
        # The container is read where it is passed: artifacts of a subtype do even in a list.
        last = element if subtypes.is_subtype(element, lifted) else lifted
        return formal.copy_modified(args=[*formal.args[:-1], last])
    return formal


def _as_parameter(formal: t.Type, given: t.Type) -> t.Type:
    """A pipeline's formal: `Artifact[T]` takes a plain `T` as well; any other is a plain value."""
    formal, given = _proper(formal), _proper(given)
    choices = formal.items if isinstance(formal, t.UnionType) else [formal]
    data = [item for item in map(_proper, choices) if _is(item, ARTIFACT)]
    plain = [item for item in choices if item not in data]
    if isinstance(given, t.UnionType):
        return _union(_as_parameter(formal, item) for item in given.items)
    if not data or _is(given, ARTIFACT):
        return _union(data) if data else formal
    if _holds(given):
        return _union([_inside(item, given) for item in plain] or data)
    return _union([*plain, *(item.args[0] for item in data)])


def _unlifted(formal: t.Type) -> t.Type:
    """The plain type of a step's formal (see `_lifted`)."""
    formal = _proper(formal)
    items = formal.items if isinstance(formal, t.UnionType) else []
    plain = [item for item in items if not _is(_proper(item), ARTIFACT)]
    return _union(plain) if plain and len(plain) < len(items) else formal


def _lifted(api: Any, formal: t.Type) -> t.Type:
    """A step's formal where the step is passed as a callable: it takes a value or an artifact."""
    anything = isinstance(_proper(formal), (t.AnyType, t.UnpackType)) or _is(_proper(formal), "builtins.object")
    return formal if anything else _union([formal, _instance(api, ARTIFACT, formal)])


def _fitted(ctx: Any, signature: t.CallableType, mapped: bool = False) -> t.CallableType:
    """The signature of a step or pipeline, made for this call."""
    call, step = ctx.context, _is(ctx.type, STEP)
    if not isinstance(call, n.CallExpr) or not all(any(a is e for e in call.args) for group in ctx.args for a in group):
        return signature  # a decorator, or another plugin's call
    signature = signature.with_unpacked_kwargs().with_normalized_var_args()
    given = [_given(ctx.api, expr) for expr in call.args]
    if step:
        signature = signature.copy_modified(arg_types=[_unlifted(formal) for formal in signature.arg_types])
        if signature.variables and any(_holds(typ) and not _is(typ, ARTIFACT) for typ in given):
            signature = _solved(ctx.api, call, signature, given)
    names, kinds = signature.arg_names, signature.arg_kinds
    actuals = argmap.map_actuals_to_formals(call.arg_kinds, call.arg_names, kinds, names, lambda i: given[i])
    taken: dict[int, int] = {}

    def fit(formal: t.Type, typ: t.Type) -> t.Type:
        if mapped and _is(_proper(typ), EACH):
            return _rebuilt(typ, partial(fit, formal))
        return (_as_data if step else _as_parameter)(formal, typ)

    formals = [
        _union([fit(formal, _passed(given, call, i, name, taken)) for i in indices] or [formal])
        for formal, name, indices in zip(signature.arg_types, names, actuals, strict=True)
    ]
    return signature.copy_modified(arg_types=formals, name=_name(call), definition=None)


def _solved(api: Any, call: n.CallExpr, signature: t.CallableType, given: list[Any]) -> t.CallableType:
    """A generic step for plain values and artifacts side by side: solved for their values."""
    nodes = [n.TempNode(_values(typ), context=call) for typ in given]
    with api.msg.filter_errors():
        solved = api.expr_checker.check_call(signature, nodes, call.arg_kinds, call, call.arg_names)[1]
    return solved if isinstance(solved, t.CallableType) else signature


def _name(call: n.Expression) -> str:
    """What messages call it: `train`, or `map of train`."""
    if isinstance(call, n.CallExpr) and isinstance(call.callee, n.MemberExpr):
        name = call.callee.name
        return f"{name} of {_name(call.callee.expr)}" if name in ("map", "run", "graph") else name
    expr = call.callee if isinstance(call, n.CallExpr) else call
    return expr.name if isinstance(expr, (n.NameExpr, n.MemberExpr)) else "step"


def _signature(api: Any, typ: t.Instance, ret_type: t.Type) -> t.CallableType | None:
    """A step's or pipeline's parameters, as a function; None where they are not known."""
    given, function = _proper(typ.args[0]), _instance(api, "builtins.function")
    if not isinstance(given, t.Parameters):
        return None
    kinds, names, variables = given.arg_kinds, given.arg_names, given.variables
    return t.CallableType(given.arg_types, kinds, names, ret_type, function, variables=variables)


def _call(ctx: p.MethodSigContext) -> t.CallableType:
    """`step(...)`, `pipeline(...)`, `pipeline.graph(...)`."""
    return _fitted(ctx, ctx.default_signature)


def _map(ctx: p.MethodSigContext) -> t.CallableType:
    """`step.map(...)`."""
    signature = _signature(ctx.api, _proper(ctx.type), ctx.default_signature.ret_type)
    return _fitted(ctx, signature, mapped=True) if signature else ctx.default_signature


def _anything(ctx: p.MethodSigContext) -> t.CallableType:
    """`pipeline.run(...)`: checked with its result, in the place of overloads."""
    kinds = [n.ARG_STAR, n.ARG_STAR2]
    return ctx.default_signature.copy_modified(arg_types=[ANY, ANY], arg_kinds=kinds, arg_names=[None, None])


def _compose(ctx: p.MethodSigContext) -> t.CallableType:
    """`first >> second`: the edge is checked with the result."""
    known = _is(_proper(ctx.api.get_expression_type(ctx.args[0][0])), STEP, PIPELINE)
    return ctx.default_signature.copy_modified(arg_types=[ANY]) if known else ctx.default_signature


def _each(ctx: p.FunctionSigContext) -> t.CallableType:
    """`each(...)`: an artifact of a sequence, or a plain iterable; which of them is known here."""
    given, signature = _given(ctx.api, ctx.args[0][0]), ctx.default_signature
    data = _is(given, ARTIFACT)
    element = _element(given.args[0] if data else given)
    if element is not None and not _holds(element):
        return signature.copy_modified(arg_types=[_proper(signature.arg_types[0]).items[1 if data else 0]])
    # Of a mixed display mypy would join the elements; of what has none it would speak of `Never`.
    formal = _instance(ctx.api, "typing.Sequence" if data else "typing.Iterable", element or ANY)
    formal = _instance(ctx.api, ARTIFACT, formal) if data else formal
    return signature.copy_modified(arg_types=[formal], ret_type=_instance(ctx.api, EACH, element or ANY), variables=[])


def _when(ctx: p.FunctionSigContext) -> t.CallableType:
    """`when(...)`: branches that build artifacts of one type; a plain value becomes one."""

    def data(typ: t.Type) -> Any:
        typ = _proper(typ)
        known = _is(typ, ARTIFACT) or isinstance(typ, t.AnyType)
        return _rebuilt(typ, data) if isinstance(typ, t.TupleType) else typ if known else _instance(api, ARTIFACT, typ)

    api, signature = ctx.api, ctx.default_signature
    with api.msg.filter_errors():
        built = [_result(api.get_expression_type(expr)) for group in ctx.args[1:] for expr in group]
    if len(built) < 2 or built[0] is None or built[1] is None:
        return signature
    then, otherwise = data(built[0]), data(built[1])
    fits = subtypes.is_subtype(then, otherwise)
    if not fits and not subtypes.is_subtype(otherwise, then):
        types = " and ".join(messages.format_type(typ, api.options) for typ in (then, otherwise))
        api.fail(f'The branches of "when" differ: {types}', ctx.args[2][0], code=errorcodes.ARG_TYPE)
    branches = [_proper(formal).copy_modified(ret_type=r) for formal, r in zip(signature.arg_types[1:], built, strict=True)]
    formals = [signature.arg_types[0], *branches]
    return signature.copy_modified(arg_types=formals, ret_type=otherwise if fits else then, variables=[])


def _run(ctx: p.FunctionSigContext) -> t.CallableType:
    """`run(target)`: a run of the target's value; an artifact, or a tuple or dict of them."""
    given, signature = _given(ctx.api, ctx.args[0][0]), ctx.default_signature
    handle = _instance(ctx.api, ARTIFACT, ANY)
    formal = given if _is(given, ARTIFACT) else _rebuilt(given, lambda _: handle)
    if _is(given, "builtins.dict"):
        formal = given.copy_modified(args=[given.args[0], handle])
    elif not isinstance(given, t.TupleType) and formal is not given:
        return signature
    result = _proper(signature.ret_type).copy_modified(args=[_values(given)])
    return signature.copy_modified(arg_types=[formal, *signature.arg_types[1:]], ret_type=result, variables=[])


def _decorated(ctx: p.MethodContext | p.FunctionContext) -> Any:
    """`@step`, `@pipeline`: what they take and give, read off the function."""
    api, made = ctx.api, _proper(ctx.default_return_type)
    function = _proper(ctx.arg_types[0][0]) if ctx.arg_types and ctx.arg_types[0] else None
    if not isinstance(function, t.CallableType) or not _is(made, STEP, PIPELINE):
        return made
    function, value = function.with_unpacked_kwargs(), _proper(function.ret_type)
    formals = [_lifted(api, formal) if _is(made, STEP) else formal for formal in function.arg_types]
    parameters = t.Parameters(formals, function.arg_kinds, function.arg_names, variables=function.variables)
    given = [parameters, function.ret_type]
    if _is(made, STEP):
        value = _proper(value.args[-1]) if _is(value, "typing.Coroutine") else value
        given += [_handles(api, value, many=False), _handles(api, value, many=True)]
    return made.copy_modified(args=given)


def _handles(api: Any, value: Any, many: bool) -> t.Type:
    """One handle, or one for each of a fixed tuple's; a NamedTuple stays one, with handles for fields."""

    def handle(typ: t.Type) -> t.Instance:
        return _instance(api, ARTIFACT, _instance(api, "builtins.list", _values(typ)) if many else typ)

    fixed = isinstance(value, t.TupleType) and value.items and not any(isinstance(i, t.UnpackType) for i in value.items)
    return _rebuilt(value, handle) if fixed else handle(value)


def _checked(mapped: bool, ctx: p.MethodContext) -> Any:
    """`pipeline.run(...)`, `pipeline.map(...)`: the call is checked anew, for its declared overloads take anything."""
    typ, call, result, api = _proper(ctx.type), ctx.context, _proper(ctx.default_return_type), ctx.api
    built = _proper(typ.args[1])
    given = _handles(api, built, many=True) if mapped else result.copy_modified(args=[_values(built)])
    signature = _signature(api, typ, given)
    if signature is None or not isinstance(call, n.CallExpr):
        return result
    fitted = _fitted(ctx, signature, mapped)
    return api.expr_checker.check_call(fitted, call.args, call.arg_kinds, call, call.arg_names)[0]


def _composed(ctx: p.MethodContext) -> Any:
    """`first >> second`: the second is called with what the first gives."""
    first, second, result = _proper(ctx.type), _proper(ctx.arg_types[0][0]), _proper(ctx.default_return_type)
    step, given = _is(second, STEP), _result(first) or ANY
    signature = _signature(ctx.api, second, second.args[2 if step else 1]) if _is(second, STEP, PIPELINE) else None
    if signature is None:
        return result
    formals = list(signature.arg_types)
    formals[:1] = [_as_data(_unlifted(f), given) if step else _as_parameter(f, given) for f in formals[:1]]
    fitted = signature.copy_modified(arg_types=formals, name=_name(ctx.args[0][0]))
    node, api = n.TempNode(given, context=ctx.context), ctx.api
    return result.copy_modified(
        args=[first.args[0], api.expr_checker.check_call(fitted, [node], [n.ARG_POS], ctx.context)[0]]
    )


def _field(name: str, ctx: p.AttributeContext) -> Any:
    """A field of a NamedTuple whose items are other than declared: artifacts, or their values."""
    typ: Any = ctx.type
    for info in typ.partial_fallback.type.mro if isinstance(typ, t.TupleType) else ():
        if name in (fields := info.metadata.get("namedtuple", {}).get("fields", [])):
            return typ.items[fields.index(name)]
    return ctx.default_attr_type


def _fn(ctx: p.AttributeContext) -> Any:
    """`step.fn`: takes plain values alone."""
    fn = _proper(ctx.default_attr_type)
    return fn.copy_modified(arg_types=[*map(_unlifted, fn.arg_types)])


_SIGNATURES: dict[str, Callable[[Any], t.FunctionLike]] = {
    f"{STEP}.__call__": _call,
    f"{STEP}.map": _map,
    f"{STEP}.__rshift__": _compose,
    f"{PIPELINE}.__call__": _call,
    f"{PIPELINE}.graph": _call,
    f"{PIPELINE}.run": _anything,
    f"{PIPELINE}.__rshift__": _compose,
    "zenflow.language.each.each": _each,
    "zenflow.language.when.when": _when,
    "zenflow.engine.run.run": _run,
}
_RESULTS: dict[str, Callable[[Any], t.Type]] = {
    "zenflow.language.decorator.StepDecorator.__call__": _decorated,
    "zenflow.language.pipeline.pipeline": _decorated,
    "zenflow.language.pipeline.PipelineDecorator.__call__": _decorated,
    f"{STEP}.__rshift__": _composed,
    f"{PIPELINE}.map": partial(_checked, True),
    f"{PIPELINE}.run": partial(_checked, False),
    f"{PIPELINE}.__rshift__": _composed,
}
