"""The small mistakes that are planted: for a node of a module's syntax tree, what may stand in its place.

Each is one a person makes: a bound off by one, a condition turned round or left out, a statement forgotten,
an argument missing, another member of an enumeration, an error swallowed or let through.
"""

import ast
import enum
from collections.abc import Iterator, Mapping
from typing import TypeVar

_T = TypeVar("_T")

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
}
_PAIRS = (("min", "max"), ("any", "all"), ("bisect_left", "bisect_right"), ("startswith", "endswith"))
_OPPOSITES = dict(_PAIRS) | {opposite: name for name, opposite in _PAIRS}


def replacements(node: ast.AST, names: Mapping[str, object]) -> Iterator[ast.AST]:
    """What may stand in the place of a node; `names`: what the module's names mean, for its enumerations."""
    match node:
        case ast.expr():
            yield from _expressions(node, names)
        case ast.stmt():
            yield from _statements(node)
        case ast.ExceptHandler():
            yield from _handlers(node)
        case ast.comprehension(ifs=[_, *_]):
            yield ast.comprehension(node.target, node.iter, [], node.is_async)
        case _:
            pass


def _expressions(node: ast.expr, names: Mapping[str, object]) -> Iterator[ast.AST]:
    match node:
        case ast.Constant():
            yield from _constants(node)
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BinOp():
            yield from _binary(node)
        case ast.BoolOp():
            yield from _boolean(node)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Call():
            yield from _calls(node)
        case ast.Name(id=name, ctx=ast.Load()) if name in _OPPOSITES:
            yield ast.Name(_OPPOSITES[name], ast.Load())
        case ast.Attribute():
            yield from _attributes(node, names)
        case ast.IfExp():
            yield from (ast.IfExp(ast.Constant(way), node.body, node.orelse) for way in (True, False))
        case ast.Dict():
            yield from _entries(node)
        case ast.Set(elts=[_, _, *_]):
            yield from (ast.Set(_without(node.elts, which)) for which in range(len(node.elts)))
        case _:
            pass


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str | bytes):
        yield ast.Constant(("XX" if isinstance(value, str) else b"XX") + value)  # type: ignore[operator]


def _comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for which, comparison in enumerate(node.ops):
        for other in _COMPARISONS[type(comparison)]:
            yield ast.Compare(
                node.left, [*node.ops[:which], other(), *node.ops[which + 1 :]], node.comparators
            )
        choice = node.comparators[which]
        if isinstance(comparison, ast.In | ast.NotIn) and isinstance(choice, ast.Tuple):
            for left_out in range(len(choice.elts)):
                fewer = ast.Tuple(_without(choice.elts, left_out), ast.Load())
                comparators = [*node.comparators[:which], fewer, *node.comparators[which + 1 :]]
                yield ast.Compare(node.left, node.ops, comparators)


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.BitOr):  # a union, of sets or of types: one side left out
        yield node.left
        yield node.right
    elif other := _ARITHMETIC.get(type(node.op)):
        yield ast.BinOp(node.left, other(), node.right)


def _boolean(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for which in range(len(node.values)):
        rest = _without(node.values, which)
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    for which, argument in enumerate(node.args):
        if not (isinstance(argument, ast.Starred) or _is_none(argument)):
            nothing: list[ast.expr] = [*node.args[:which], ast.Constant(None), *node.args[which + 1 :]]
            yield ast.Call(node.func, nothing, node.keywords)
    for which in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, _without(node.keywords, which))


def _attributes(node: ast.Attribute, names: Mapping[str, object]) -> Iterator[ast.AST]:
    if node.attr in _OPPOSITES:
        yield ast.Attribute(node.value, _OPPOSITES[node.attr], node.ctx)
    found = names.get(node.value.id) if isinstance(node.value, ast.Name) else None
    if isinstance(found, enum.EnumMeta) and node.attr in found.__members__:
        members = list(found.__members__)
        following = members[(members.index(node.attr) + 1) % len(members)]
        if following != node.attr:
            yield ast.Attribute(node.value, following, node.ctx)


def _entries(node: ast.Dict) -> Iterator[ast.AST]:
    for which in range(len(node.keys)):
        yield ast.Dict(_without(node.keys, which), _without(node.values, which))


def _handlers(node: ast.ExceptHandler) -> Iterator[ast.AST]:
    if not is_raise(node.body):
        yield ast.ExceptHandler(node.type, node.name, [ast.Raise()])
    if isinstance(node.type, ast.Tuple):
        for which in range(len(node.type.elts)):
            fewer = ast.Tuple(_without(node.type.elts, which), ast.Load())
            yield ast.ExceptHandler(fewer, node.name, node.body)


def _statements(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.Raise() | ast.Delete():
            yield ast.Pass()
        case ast.AugAssign():
            yield ast.Pass()
            if other := _ARITHMETIC.get(type(node.op)):
                yield ast.AugAssign(node.target, other(), node.value)
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.AnnAssign(target=ast.Attribute() | ast.Subscript(), value=ast.expr()):
            yield ast.Pass()
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.If(test=test, body=body, orelse=orelse) if not isinstance(test, ast.Constant):
            yield ast.If(ast.Constant(True), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case _:
            pass


def is_raise(body: list[ast.stmt]) -> bool:
    """Whether a handler only raises on."""
    return len(body) == 1 and isinstance(body[0], ast.Raise)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _without(values: list[_T], which: int) -> list[_T]:
    return [*values[:which], *values[which + 1 :]]
