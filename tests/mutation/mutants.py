"""All mutants of one module: where each is, how its line reads before and after, and its compiled code.

Not mutated, since no run can tell: annotations, docstrings, decorators, what classes inherit from, names of
unions for the type checker, `assert_never`, and what is said to the log, which is for people; that it holds
no personal data is tested elsewhere.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from tests.mutation.operators import is_raise, replacements

EVERYWHERE = ""  # the place of what runs at import: every test counts for it
_UNSEEN = {"annotation", "returns", "decorator_list", "bases", "type_params"}
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Key(NamedTuple):
    """What names a mutant for as long as its line stays as it is, wherever in the file it moves to.

    `nth` tells equal changes of equal lines of one function apart.
    """

    where: str  # module:function
    before: str
    after: str
    nth: int


class _Place(NamedTuple):
    parent: ast.AST
    field: str
    place: int | None  # in a list

    def get(self) -> ast.AST:
        found = getattr(self.parent, self.field)
        return found if self.place is None else found[self.place]

    def put(self, node: ast.AST) -> None:
        if self.place is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.place] = node


@dataclass(frozen=True)
class Mutant:
    """One planted mistake."""

    key: Key
    line: int
    function: str  # its qualified name, EVERYWHERE for what runs at import
    _tree: ast.Module
    _place: _Place
    _node: ast.AST

    def compiled(self, path: Path) -> CodeType:
        """The module with this mistake in it."""
        original = self._place.get()
        self._place.put(self._node)
        try:
            return compile(self._tree, str(path), "exec")
        finally:
            self._place.put(original)


def mutants(module: str, source: str, names: Mapping[str, object]) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines; `names`: its namespace once imported."""
    tree = ast.parse(source)
    seen: Counter[tuple[str, str, str]] = Counter()
    found: list[Mutant] = []
    for place, line, function, scope in _places(tree):
        original = place.get()
        for node in replacements(original, names):
            ast.copy_location(node, original)
            ast.fix_missing_locations(node)
            before = _text(line.get())
            place.put(node)
            after = _text(line.get())
            place.put(original)
            told = (f"{module}:{scope}", before, after)
            seen[told] += 1
            found.append(Mutant(Key(*told, seen[told]), _line_of(original), function, tree, place, node))
    return found


def _places(tree: ast.Module) -> Iterator[tuple[_Place, _Place, str, str]]:
    """Each node that may be replaced, the line it is of, the function that runs it, and its scope's name."""
    for index in range(len(tree.body)):
        place = _Place(tree, "body", index)
        yield from _within(place, place, EVERYWHERE, "")


def _within(
    place: _Place, line: _Place, function: str, scope: str
) -> Iterator[tuple[_Place, _Place, str, str]]:
    node = place.get()
    if _is_silent(node, at_import=function == EVERYWHERE):
        return
    yield place, line, function, scope
    inner_function, inner_scope = function, scope
    if isinstance(node, _Scope):
        inner_scope = f"{scope}.{node.name}" if scope else node.name
        if not isinstance(node, ast.ClassDef):
            inner_scope = f"{function}.<locals>.{node.name}" if function else inner_scope
            inner_function = EVERYWHERE if _is_cached(node) else inner_scope
    for child in _children(node):
        compound = isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler) and _has_body(node)
        in_body = compound and child.field in {"body", "orelse", "finalbody", "handlers", "cases"}
        yield from _within(
            child,
            child if compound else line,
            inner_function if in_body else function,
            inner_scope if in_body else scope,
        )


def _children(node: ast.AST) -> Iterator[_Place]:
    for field, value in ast.iter_fields(node):
        if field in _UNSEEN or (isinstance(node, ast.ClassDef) and field == "keywords"):
            continue
        if isinstance(value, list):
            for index, each in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
                if isinstance(each, ast.AST):
                    yield _Place(node, field, index)
        elif isinstance(value, ast.AST):
            yield _Place(node, field, None)


def _is_cached(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether its first caller spares all later ones entering it: whose mutant it is cannot be told."""
    return any("cache" in ast.unparse(decorator) for decorator in node.decorator_list)


def _has_body(node: ast.AST) -> bool:
    return bool(getattr(node, "body", None) or getattr(node, "cases", None))


def _is_silent(node: ast.AST, *, at_import: bool) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="_log")))):
            return True
        case ast.Assign(targets=[ast.Name(id="_log")]):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True
        case ast.Assign(value=ast.BinOp(op=ast.BitOr()) | ast.Call(func=ast.Name(id="TypeVar"))):
            return at_import
        case _:
            return False


def _line_of(node: ast.AST) -> int:
    return node.target.lineno if isinstance(node, ast.comprehension) else getattr(node, "lineno", 0)


def _text(node: ast.AST) -> str:
    """A line as it reads, without what is below it."""
    match node:
        case ast.ExceptHandler():
            caught = ast.unparse(node.type) if node.type else ""
            return f"except {caught}".rstrip() + (": raise" if is_raise(node.body) else "")
        case ast.If():
            return f"if {ast.unparse(node.test)}"
        case _:
            return ast.unparse(node)
