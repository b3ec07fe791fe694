"""The mypy plugin: the edges of a pipeline are exact. Switch it on with `plugins = zenflow.mypy_plugin`.

Without it an artifact has an `Any` base for type checkers: it passes wherever its value does, right or wrong. Here that
base goes, and each call is checked against a signature made for it **by what is passed**: an artifact meets
`Artifact[T]`, a plain value `T`, a display of both a display of both. (Against a blanket `T | Artifact[T]` mypy can not
solve the `T` of a generic step.) What a step gives is read off its function: no overload tells a NamedTuple's fields.

Tables at the end lead from full names to handlers. Whatever a handler trips over, a mypy of another time above all,
leaves the gradual types (`_soft`); that is why mypy's modules are used by attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeGuard

import mypy.nodes as n
import mypy.plugin as p
import mypy.types as t
from mypy import argmap, checkexpr, erasetype, errorcodes, expandtype, lookup, maptype, messages, subtypes

ARTIFACT, EACH, GANG = "zenflow.language.artifact.Artifact", "zenflow.language.each.Each", "zenflow.language.gang.Gang"
STEP, PIPELINE = "zenflow.language.step.Step", "zenflow.language.pipeline.Pipeline"

Hook = Callable[[Any], Any]
ANY = t.AnyType(t.TypeOfAny.special_form)
_proper: Hook = t.get_proper_type


def plugin(version: str) -> type[p.Plugin]:  # any version of mypy is tried
    return ZenFlowPlugin


class ZenFlowPlugin(p.Plugin):
    """Looks handlers up by the full names of what is called."""

    def get_customize_class_mro_hook(self, fullname: str) -> Hook | None:
        return self._soft(_CLASSES.get(fullname), "cls")

    def get_method_signature_hook(self, fullname: str) -> Hook | None:
        return self._soft(_SIGNATURES.get(fullname), "default_signature")

    def get_method_hook(self, fullname: str) -> Hook | None:
        return self._soft(_RESULTS.get(fullname), "default_return_type")

    get_function_signature_hook, get_function_hook = get_method_signature_hook, get_method_hook

    def get_attribute_hook(self, fullname: str) -> Hook | None:
        owner, _, name = fullname.rpartition(".")
        found = self.lookup_fully_qualified(owner) if "." in owner else None
        named = found and isinstance(found.node, n.TypeInfo) and found.node.is_named_tuple
        others = _fn if fullname == f"{STEP}.fn" else None
        return self._soft(partial(_field, name) if named else others, "default_attr_type")

    def _soft(self, handler: Hook | None, default: str) -> Hook | None:
        """A handler that gives way to mypy's own answer, and to gradual artifacts, where it can not do its work."""

        def hook(ctx: Any) -> Any:
            own = getattr(ctx, default)
            try:
                return (handler and handler(ctx)) or own
            except Exception:
                if artifact := self.lookup_fully_qualified(ARTIFACT):
                    artifact.node.fallback_to_any = True  # type: ignore[union-attr]
                step = default == "default_signature" and _is(getattr(ctx, "type", None), STEP)
                generic = step and getattr(_proper(ctx.type.args[0]), "variables", None)
                return own.copy_modified(ret_type=_rebuilt(own.ret_type, lambda _: ANY)) if generic else own

        return hook if handler else None


def _is(typ: t.Type | None, *fullnames: str) -> TypeGuard[t.Instance]:
    return isinstance(typ, t.Instance) and typ.type.fullname in fullnames


def _instance(api: Any, fullname: str, *args: t.Type) -> t.Instance:
    found: Any = lookup.lookup_fully_qualified(fullname, api.modules, raise_on_missing=True)
    return t.Instance(found.node, args)


def _union(items: Iterable[t.Type]) -> t.Type:
    return t.UnionType.make_union(list(dict.fromkeys(items)))


def _split(typ: t.Type) -> tuple[list[t.Instance], list[t.Type]]:
    """What a type may be: artifacts, and all else."""
    items = typ.items if isinstance(typ := _proper(typ), t.UnionType) else [typ]
    return [i for i in map(_proper, items) if _is(i, ARTIFACT)], [i for i in items if not _is(_proper(i), ARTIFACT)]


def _rebuilt(typ: t.Type, change: Callable[[t.Type], t.Type]) -> Any:
    """A container, tuple or union with its parts changed."""
    typ = _proper(typ)
    if isinstance(typ, t.UnionType):
        return _union(map(change, typ.items))
    if isinstance(typ, t.TupleType):
        method: Any = typ.partial_fallback.type.get_method("_asdict")
        for variable in getattr(getattr(method, "type", None), "variables", ()):
            variable.upper_bound = typ.partial_fallback  # the method is there whatever the fields hold
        return typ.copy_modified(items=[change(item) for item in typ.items])
    return typ.copy_modified(args=[change(arg) for arg in typ.args]) if isinstance(typ, t.Instance) else typ


def _holds(typ: t.Type) -> bool:
    """Whether artifacts are somewhere in a value of this type."""
    endless, typ = isinstance(typ, t.TypeAliasType) and typ.is_recursive, _proper(typ)
    parts = typ.items if isinstance(typ, (t.TupleType, t.UnionType)) else getattr(typ, "args", ())
    return _is(typ, ARTIFACT) or (not endless and any(map(_holds, parts)))


def _values(typ: t.Type) -> t.Type:
    """The type with the values of artifacts in their places, and elements in that of `each(...)`."""
    typ = _proper(typ)
    return _values(typ.args[0]) if _is(typ, ARTIFACT, EACH) else _rebuilt(typ, _values) if _holds(typ) else typ


def _element(typ: t.Type) -> t.Type | None:
    """What is in a container (a mapping's values, an iterable's elements), or None."""
    typ = _proper(typ)
    if isinstance(typ, (t.TupleType, t.UnionType)):
        return _union(typ.items if isinstance(typ, t.TupleType) else [_element(item) or ANY for item in typ.items])
    bases = {info.fullname: info for info in typ.type.mro} if isinstance(typ, t.Instance) else {}
    if base := bases.get("typing.Mapping") or bases.get("typing.Iterable"):
        return maptype.map_instance_to_supertype(_proper(typ), base).args[-1]
    return ANY if isinstance(typ, t.AnyType) else None


def _given(api: Any, expr: n.Expression) -> Any:
    """The type of an argument. Mypy joins a display of an artifact and a plain value to `object`: here it is a union.
    A step's call is what the step gives: its arguments are seen when mypy comes to them, not here too, at every level.
    """
    if isinstance(expr, n.StarExpr):
        return _proper(_element(_given(api, expr.expr)) or ANY)
    if isinstance(expr, (n.ListExpr, n.TupleExpr)):
        items = [_given(api, item) for item in expr.items]
        fixed = isinstance(expr, n.TupleExpr) and not any(isinstance(item, n.StarExpr) for item in expr.items)
        kind = _instance(api, "builtins.list" if isinstance(expr, n.ListExpr) else "builtins.tuple", _union(items))
        return t.TupleType(items, kind) if fixed else kind
    if isinstance(expr, n.DictExpr):
        values = [_given(api, value) if key else _element(_given(api, value)) or ANY for key, value in expr.items]
        return _instance(api, "builtins.dict", _instance(api, "builtins.str"), _union(values))
    with api.msg.filter_errors():
        callee: Any = _proper(api.get_expression_type(expr.callee)) if isinstance(expr, n.CallExpr) else None
        typ = _result(callee) if callee else ANY if isinstance(expr, n.LambdaExpr) else None
        if typ is None and isinstance(expr, n.CallExpr) and _is(callee, STEP):
            args = [_given(api, arg) for arg in expr.args]
            solved = _solved(api, expr, _function(api, callee, callee.args[2]), args)
            typ = None if solved.variables or any(isinstance(arg, t.AnyType) for arg in args) else solved.ret_type
        return _proper(erasetype.remove_instance_last_known_values(typ or api.get_expression_type(expr)))


def _result(callee: t.Type) -> t.Type | None:
    """What a call gives, where that does not depend on its arguments."""
    callee = _proper(callee)
    if _is(callee, STEP, PIPELINE):
        parameters: Any = _proper(callee.args[0])
        return None if getattr(parameters, "variables", None) else callee.args[2 if _is(callee, STEP) else 1]
    return callee.ret_type if isinstance(callee, t.CallableType) and not callee.variables else None


def _as_data(formal: t.Type, given: t.Type) -> t.Type:
    """A step's formal: `T` takes a `T`, an `Artifact[T]`, or a display with artifacts of its elements."""
    artifacts, others = _split(given)
    rest = _union(others)
    plain = [_inside(formal, rest) if _holds(rest) else formal] if others else []
    return _union([*(artifact.copy_modified(args=[formal]) for artifact in artifacts), *plain])


def _inside(formal: t.Type, given: t.Type) -> t.Type:
    """A formal, with artifacts for elements where a display with some is given."""
    formal, given, element = _proper(formal), _proper(given), _element(given) or ANY
    if isinstance(given, t.UnionType) and any(isinstance(_proper(item), t.TupleType) for item in given.items):
        return _union(_inside(formal, item) for item in given.items)
    if isinstance(formal, t.UnionType):
        return _union(_inside(item, given) for item in formal.items)
    if isinstance(formal, t.TypedDictType) and _is(display := _proper(_split(given)[1][0]), "builtins.dict"):
        values = _union(_as_data(item, element) for item in formal.items.values())
        return display.copy_modified(args=[display.args[0], values])
    if isinstance(formal, t.TupleType) and isinstance(given, t.TupleType) and len(formal.items) == len(given.items):
        return formal.copy_modified(items=[*map(_as_data, formal.items, given.items)])
    if isinstance(formal, t.Instance) and formal.args:
        lifted = _as_data(formal.args[-1], element)
        # The container is read where it is passed: artifacts of a subtype do even in a list.
        last = element if subtypes.is_subtype(element, lifted) else lifted
        return formal.copy_modified(args=[*formal.args[:-1], last])
    return formal


def _as_parameter(formal: t.Type, given: t.Type) -> t.Type:
    """A pipeline's formal: `Artifact[T]` takes a plain `T` as well; any other is a plain value."""
    (data, plain), (artifacts, others) = _split(formal), _split(given)
    if not data:
        return formal
    if artifacts and others:
        return _union(_as_parameter(formal, item) for item in (artifacts[0], _union(others)))
    if artifacts or (_holds(given) and not plain):
        return _union(data)
    return _union([_inside(item, given) for item in plain] if _holds(given) else [*plain, *(i.args[0] for i in data)])


def _fitted(ctx: Any, ret_type: t.Type | None = None, mapped: bool = False) -> Any:
    """The signature of a step or pipeline, made for one call; None where its parameters are not known."""
    signature: Any = _function(ctx.api, ctx.type, _rebuilt(ret_type or ctx.default_signature.ret_type, _proper))
    call, step = ctx.context, _is(ctx.type, STEP)
    if signature is None or not isinstance(call, n.CallExpr) or any(e not in call.args for es in ctx.args for e in es):
        return signature  # another call than the one in the source
    given = [_given(ctx.api, expr) for expr in call.args]
    if step and signature.variables:
        signature = _solved(ctx.api, call, signature, given)
    kinds, names, taken = signature.arg_kinds, signature.arg_names, dict.fromkeys(range(len(given)), -1)

    def passed(actual: int) -> Any:  # by `*xs` its next element
        typ, taken[actual] = given[actual], taken[actual] + 1
        if isinstance(typ, t.TupleType) and call.arg_kinds[actual] == n.ARG_STAR and taken[actual] < len(typ.items):
            return typ.items[taken[actual]]
        return (_element(typ) or ANY) if call.arg_kinds[actual].is_star() else typ

    def fit(formal: t.Type, typ: t.Type) -> Any:
        if mapped and _is(_proper(typ), EACH):
            return _rebuilt(typ, lambda of: _union(fit(formal, item) for items in _split(of) for item in items))
        return (_as_data if step else _as_parameter)(formal, typ)

    actuals = argmap.map_actuals_to_formals(call.arg_kinds, call.arg_names, kinds, names, lambda i: given[i])
    pairs = zip(signature.arg_types, actuals, strict=True)
    formals = [_union([fit(formal, passed(actual)) for actual in indices] or [formal]) for formal, indices in pairs]
    return signature.copy_modified(arg_types=formals, name=_name(call))


def _name(e: n.Expression) -> str:
    """What messages call it: `train`, or `map of train`."""
    e = e.callee if isinstance(e, n.CallExpr) else e
    name: str = getattr(e, "name", "step")
    return f"{name} of {_name(e.expr)}" if isinstance(e, n.MemberExpr) and name in ("map", "run", "graph") else name


def _solved(api: Any, call: n.CallExpr, signature: Any, given: list[Any]) -> Any:
    """A generic step's signature, solved here for the values of artifacts; mypy does it where there are none."""
    values = [n.TempNode(_values(typ), context=call) for typ in given]
    with api.msg.filter_errors() as errors:
        solved = api.expr_checker.check_call(signature, values, call.arg_kinds, call, call.arg_names)[1]
    if checkexpr.has_uninhabited_component(solved):  # what is passed does not fit: said without a `Never`
        return expandtype.expand_type(signature, {v.id: ANY for v in signature.variables}).copy_modified(variables=[])
    here = any(_holds(typ) and not _is(typ, ARTIFACT) for typ in given) or all(_is(typ, ARTIFACT) for typ in given)
    return solved if here and not errors.has_new_errors() else signature


def _function(api: Any, typ: Any, ret_type: t.Type) -> t.CallableType | None:
    """A step or pipeline as a function of plain parameters that gives `ret_type`. Nobody passes a step its gang."""
    given, step, function = _proper(typ.args[0]), _is(typ, STEP), _instance(api, "builtins.function")
    if not isinstance(given, t.Parameters):
        return None
    types = [_union(_split(formal)[1] or [formal]) for formal in given.arg_types] if step else given.arg_types
    passed = [i for i, formal in enumerate(types) if not (step and _is(_proper(formal), GANG))]
    columns: Any = (types, given.arg_kinds, given.arg_names)
    types, kinds, names = ([column[i] for i in passed] for column in columns)
    return t.CallableType(types, kinds, names, ret_type, function, variables=given.variables).with_normalized_var_args()


def _anything(ctx: p.MethodSigContext) -> t.CallableType:
    """`pipeline.run(...)`, `first >> second`: checked with the result."""
    anything: Any = {"arg_types": [ANY, ANY], "arg_kinds": [n.ARG_STAR, n.ARG_STAR2], "arg_names": [None, None]}
    types = map(_proper, ctx.default_signature.arg_types)
    loose = [typ.copy_modified(**anything) if isinstance(typ, t.CallableType) else ANY for typ in types]
    return ctx.default_signature.copy_modified(arg_types=loose)


def _each(ctx: p.FunctionSigContext) -> t.CallableType:
    """`each(...)`: an artifact of a sequence, or a plain iterable; which of them is known here."""
    given, signature = _given(ctx.api, [*ctx.args[0], n.EllipsisExpr()][0]), ctx.default_signature
    data = _is(given, ARTIFACT)
    source, kind = (given.args[0], "Sequence") if data else (given, "Iterable")
    several = _instance(ctx.api, f"typing.{kind}", ANY)
    element = _element(source) if subtypes.is_subtype(source, several) else None
    if element and not _holds(element):
        return signature.copy_modified(arg_types=[_proper(signature.arg_types[0]).items[1 if data else 0]])
    # Of a mixed display mypy would join the elements; of what has none it would speak of `Never`.
    several, made = several.copy_modified(args=[element or ANY]), _instance(ctx.api, EACH, element or ANY)
    formals = [given.copy_modified(args=[several]) if data else several]
    return signature.copy_modified(arg_types=formals, ret_type=made, variables=[])


def _when(ctx: p.FunctionSigContext) -> t.CallableType | None:
    """`when(...)`: branches that build artifacts of one type; a plain value becomes one."""
    api, signature = ctx.api, ctx.default_signature
    with api.msg.filter_errors():
        built = [_result(api.get_expression_type(expr)) or ANY for group in ctx.args[1:] for expr in group]
    if len(built) < 2:
        return None
    then, otherwise = (_handles(api, _proper(typ), many=False) for typ in built)
    fits = subtypes.is_subtype(then, otherwise)
    if not fits and not subtypes.is_subtype(otherwise, then):
        types = " and ".join(messages.format_type(typ, api.options) for typ in (then, otherwise))
        api.fail(f'The branches of "when" differ: {types}', ctx.args[2][0], code=errorcodes.ARG_TYPE)
    pairs = zip(signature.arg_types[1:], built, strict=True)
    formals = [signature.arg_types[0], *(_proper(formal).copy_modified(ret_type=typ) for formal, typ in pairs)]
    return signature.copy_modified(arg_types=formals, ret_type=otherwise if fits else then, variables=[])


def _run(ctx: p.FunctionSigContext) -> t.CallableType | None:
    """`run(target)`: a run of the target's value; an artifact, or a tuple or dict of them."""
    given, signature = _given(ctx.api, [*ctx.args[0], n.EllipsisExpr()][0]), ctx.default_signature
    formal = handle = _instance(ctx.api, ARTIFACT, ANY)
    if isinstance(given, t.TupleType) or _is(given, "builtins.dict"):
        formal = _rebuilt(given, lambda of: of if of is getattr(given, "args", (None,))[0] else handle)
    elif isinstance(given, t.AnyType) or (_holds(given) and not _is(given, ARTIFACT, "builtins.list")):
        return None
    result = _proper(signature.ret_type).copy_modified(args=[_values(given)])
    return signature.copy_modified(arg_types=[formal, *signature.arg_types[1:]], ret_type=result, variables=[])


def _decorated(ctx: p.MethodContext | p.FunctionContext) -> Any:
    """`@step`, `@pipeline`: what they take and give, read off the function."""
    api, made = ctx.api, _proper(ctx.default_return_type)
    function = _proper(ctx.arg_types[0][0]) if ctx.arg_types and ctx.arg_types[0] else None
    if not isinstance(function, t.CallableType) or not _is(made, STEP, PIPELINE):
        return made
    function, value = function.with_unpacked_kwargs(), _proper(function.ret_type)
    types, kinds, names = function.arg_types, function.arg_kinds, function.arg_names
    parameters = t.Parameters(types, kinds, names, variables=function.variables)
    if _is(made, PIPELINE):
        return made.copy_modified(args=[parameters, value])
    # A step passed as a callback takes both; in a call the one that is passed (`_function` has the plain types again).
    lifted = [typ if isinstance(typ, t.UnpackType) else _union([typ, _instance(api, ARTIFACT, typ)]) for typ in types]
    awaited = _proper(value.args[-1]) if _is(value, "typing.Coroutine") else value
    one, many = _handles(api, awaited, many=False), _handles(api, awaited, many=True)
    return made.copy_modified(args=[parameters.copy_modified(arg_types=lifted), value, one, many])


def _handles(api: Any, value: Any, many: bool) -> Any:
    """One handle, or one for each of a fixed tuple's; a NamedTuple stays one, with handles for fields."""

    def handle(typ: t.Type) -> t.Instance:
        return _instance(api, ARTIFACT, _instance(api, "builtins.list", _values(typ)) if many else _values(typ))

    fixed = isinstance(value, t.TupleType) and value.items and not any(isinstance(i, t.UnpackType) for i in value.items)
    return _rebuilt(value, handle) if fixed else handle(value)


def _checked(mapped: bool, ctx: Any) -> Any:
    """`pipeline.run(...)`, `pipeline.map(...)`: the call is checked anew, for its declared overloads take anything."""
    call, result, built = ctx.context, _proper(ctx.default_return_type), _proper(ctx.type.args[1])
    made = _handles(ctx.api, built, many=True) if mapped else result.copy_modified(args=[_values(built)])
    fitted, check = _fitted(ctx, made, mapped), ctx.api.expr_checker.check_call
    return check(fitted, call.args, call.arg_kinds, call, call.arg_names)[0] if fitted else result


def _composed(ctx: Any) -> Any:
    """`first >> second`: the second is called with what the first gives."""
    second, result = _proper(ctx.arg_types[0][0]), _proper(ctx.default_return_type)
    step, known, given = _is(second, STEP), _is(second, STEP, PIPELINE), _result(ctx.type) or ANY
    if isinstance(second, t.FunctionLike):
        ctx.api.fail('">>" composes steps and pipelines, not functions', ctx.context, code=errorcodes.OPERATOR)
    signature = _function(ctx.api, second, second.args[2 if step else 1]) if known else None
    if signature is None:
        return result.copy_modified(args=[ctx.type.args[0], ANY])
    first = [(_as_data if step else _as_parameter)(formal, given) for formal in signature.arg_types[:1]]
    fitted = signature.copy_modified(arg_types=[*first, *signature.arg_types[1:]], name=_name(ctx.args[0][0]))
    value, check = n.TempNode(given, context=ctx.context), ctx.api.expr_checker.check_call
    return result.copy_modified(args=[ctx.type.args[0], check(fitted, [value], [n.ARG_POS], ctx.context)[0]])


def _field(name: str, ctx: p.AttributeContext) -> Any:
    """A field of a NamedTuple whose items are other than declared: artifacts, or their values."""
    typ: Any = ctx.type
    for info in typ.partial_fallback.type.mro if isinstance(typ, t.TupleType) else ():
        if name in (fields := info.metadata.get("namedtuple", {}).get("fields", [])):
            return typ.items[fields.index(name)]
    return None


def _fn(ctx: p.AttributeContext) -> Any:
    """`step.fn`: takes plain values alone."""
    fn = _proper(ctx.default_attr_type)
    return fn.copy_modified(arg_types=[_union(_split(formal)[1] or [formal]) for formal in fn.arg_types])


_CLASSES: dict[str, Hook] = {ARTIFACT: lambda ctx: setattr(ctx.cls.info, "fallback_to_any", False)}
_SIGNATURES: dict[str, Hook] = {
    f"{STEP}.__call__": _fitted,
    f"{STEP}.map": partial(_fitted, mapped=True),
    f"{STEP}.__rshift__": _anything,
    f"{PIPELINE}.__call__": _fitted,
    f"{PIPELINE}.graph": _fitted,
    f"{PIPELINE}.run": _anything,
    f"{PIPELINE}.__rshift__": _anything,
    "zenflow.language.each.each": _each,
    "zenflow.language.when.when": _when,
    "zenflow.engine.run.run": _run,
}
_RESULTS: dict[str, Hook] = {
    "zenflow.language.decorator.StepDecorator.__call__": _decorated,
    "zenflow.language.pipeline.pipeline": _decorated,
    "zenflow.language.pipeline.PipelineDecorator.__call__": _decorated,
    f"{STEP}.__rshift__": _composed,
    f"{PIPELINE}.map": partial(_checked, True),
    f"{PIPELINE}.run": partial(_checked, False),
    f"{PIPELINE}.__rshift__": _composed,
}
