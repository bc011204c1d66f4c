"""Mutants of a claim: its function with one small change, made automatically.

A change is made in the source of the claim's function, or of a plain function of the same module
that it calls. A mutant has the claim's domain, inputs and examples, so that a run that would notice
an error of that kind refutes it. Some mutants are true; `theorycheck.search.power` sorts them.
"""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import CodeType, FunctionType
from typing import Any, TypeAlias, cast

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.functions import root
from theorycheck.statements.claim import Claim
from theorycheck.statements.point import Point
from theorycheck.statements.statement import Function

SWAPPED = {
    "weights": "responsibilities",
    "responsibilities": "weights",
    "weighted_distance": "energy",
    "energy": "weighted_distance",
    "rank": "affine_rank",
    "affine_rank": "rank",
}
"""Attributes of a point that are easily taken for one another."""
AVERAGED = {"radius": "_root_mean_square", "smallest_weight": "_mean_weight"}
"""Extremes among the components, and the functions of a point that give the mean instead."""
PERCENTS = (98, 102)

_Change: TypeAlias = Callable[[ast.expr], Iterator[ast.expr]]


@dataclass(frozen=True, eq=False)
class Mutant:
    """A claim with one small change.

    change: the expression before and after, and its line, with the helper it stands in, if any.
    """

    claim: Claim
    change: str


def mutants(claim: Claim) -> list[Mutant]:
    """All mutants of a claim, in the order of its source; none if the source cannot be read."""
    functions = _written_functions(claim.function)
    found: dict[str, Mutant] = {}
    for name, tree in functions.items():
        helper = "" if name == claim.function.__name__ else f"{name}, "
        for line, change, changed in _changed(tree):
            text = ast.unparse(changed)
            if text not in found:
                function = _compiled(claim.function, functions | {name: changed})
                id = f"{claim.id}-mutant-{len(found) + 1}"
                mutant = replace(claim, id=id, function=function, controls=[])
                found[text] = Mutant(mutant, f"{change} ({helper}line {line})")
    return list(found.values())


# --- the source -----------------------------------------------------------------------------------


def _written_functions(function: Function) -> dict[str, ast.FunctionDef]:
    """The trees of a function and of the plain functions of its module that it calls, by name.

    The function itself is the first; others are left as they are if they are decorated.
    """
    found: dict[str, ast.FunctionDef] = {}
    waiting = [function]
    while waiting:
        tree = _tree(current := waiting.pop())
        if tree is None or tree.name in found or (found and tree.decorator_list):
            continue
        found[tree.name] = _bare(tree)
        names = (node.id for node in _sites(found[tree.name]) if isinstance(node, ast.Name))
        scope = current.__globals__
        called = [scope[name] for name in dict.fromkeys(names) if name in scope]
        waiting += [
            helper
            for helper in reversed(called)
            if isinstance(helper, FunctionType) and helper.__globals__ is scope
        ]
    return found


def _tree(function: Function) -> ast.FunctionDef | None:
    """The tree of a function that is written with `def` in a file; None for any other."""
    if not isinstance(function, FunctionType):
        return None
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError):
        return None
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    return tree if isinstance(tree, ast.FunctionDef) else None


def _bare(tree: ast.FunctionDef) -> ast.FunctionDef:
    """A function without decorators, docstring and annotations, whose names may not exist."""
    tree = copy.deepcopy(tree)
    tree.decorator_list, tree.returns = [], None
    if ast.get_docstring(tree) is not None and len(tree.body) > 1:
        del tree.body[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
    return tree


def _compiled(function: Function, trees: dict[str, ast.FunctionDef]) -> Function:
    """A function made of trees, in a copy of the module that it comes from."""
    own = cast("FunctionType", function)
    scope: dict[str, Any] = dict(own.__globals__)
    scope |= dict(inspect.getclosurevars(own).nonlocals)
    scope |= {helper.__name__: helper for helper in (_mean, _mean_weight, _root_mean_square)}
    module = ast.fix_missing_locations(ast.Module(list(trees.values()), []))
    code: CodeType = compile(module, own.__code__.co_filename, "exec")
    builtins.exec(code, scope)
    made: Function = scope[own.__name__]
    return made


# --- the changes ----------------------------------------------------------------------------------


def _changed(tree: ast.FunctionDef) -> Iterator[tuple[int, str, ast.FunctionDef]]:
    """Every change of a function: its line, in words, and the function after it."""
    for number, site in enumerate(_sites(tree)):
        for change in _CHANGES:
            for kind, after in enumerate(change(site)):
                changed = copy.deepcopy(tree)
                target = list(_sites(changed))[number]
                replacement = list(change(target))[kind]
                _Replacer(target, replacement).visit(changed)
                yield site.lineno, _in_words(site, after), changed


def _in_words(before: ast.expr, after: ast.expr) -> str:
    """A change as "before -> after"; of a call whose second argument changes, of that alone."""
    if isinstance(before, ast.Call) and isinstance(after, ast.Call) and len(before.args) > 1:
        before, after = before.args[1], after.args[1]
    return f"{ast.unparse(before)} -> {ast.unparse(after)}"


class _Replacer(ast.NodeTransformer):
    """Puts one expression in the place of another."""

    def __init__(self, target: ast.expr, replacement: ast.expr) -> None:
        self._target, self._replacement = target, replacement

    def visit(self, node: ast.AST) -> ast.AST:
        """The replacement at its place, and any other node as it is."""
        if node is self._target:
            return self._replacement
        return self.generic_visit(node)


def _sites(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that compute sides: no conditions, indices, messages, checks or scales."""
    if isinstance(node, (ast.Compare, ast.JoinedStr, ast.Assert, ast.arguments)):
        return
    if isinstance(node, ast.expr):
        yield node
    for child in _parts(node):
        yield from _sites(child)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that compute sides."""
    if isinstance(node, ast.Subscript):
        yield node.value
    elif _is_comparison(node):
        yield from cast("ast.Call", node).args[:2]
    else:
        yield from ast.iter_child_nodes(node)


def _is_comparison(node: ast.AST) -> bool:
    """True for at_most(a, b) and equal(a, b), also with a scale."""
    return isinstance(node, ast.Call) and _name(node) in ("at_most", "equal") and len(node.args) > 1


def _by_two_percent(node: ast.expr) -> Iterator[ast.expr]:
    """A constant, or a side of a comparison, changed by 2 %."""
    if isinstance(node, ast.Call) and _is_comparison(node):
        for percent in PERCENTS if not isinstance(node.args[1], ast.Constant) else ():
            yield _with_argument(node, 1, _scaled(node.args[1], percent))
    if (_name(node) == "Fraction" and all(map(_is_number, cast("ast.Call", node).args))) or (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, (ast.Mult, ast.Div))
        and (_is_number(node.left) or _is_number(node.right))
    ):
        yield from (_scaled(node, percent) for percent in PERCENTS)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        for percent in PERCENTS:
            if _is_number(node.left):
                yield ast.BinOp(_scaled(node.left, percent), node.op, node.right)
            if _is_number(node.right):
                yield ast.BinOp(node.left, node.op, _scaled(node.right, percent))


def _scaled(node: ast.expr, percent: int) -> ast.expr:
    """An expression times percent/100, exact for exact numbers."""
    product = ast.BinOp(node, ast.Mult(), ast.Constant(percent // 2))
    return ast.BinOp(product, ast.Div(), ast.Constant(50))


def _with_argument(call: ast.Call, place: int, argument: ast.expr) -> ast.Call:
    arguments = [*call.args[:place], argument, *call.args[place + 1 :]]
    return ast.Call(call.func, arguments, call.keywords)


def _another_quantity(node: ast.expr) -> Iterator[ast.expr]:
    """p_i for pi_i, U for W, a mean for an extreme, the square of the step size for itself."""
    if isinstance(node, ast.Attribute) and node.attr in SWAPPED:
        yield ast.Attribute(node.value, SWAPPED[node.attr], ast.Load())
    if isinstance(node, ast.Attribute) and node.attr in AVERAGED:
        yield _call(AVERAGED[node.attr], node.value)
    if isinstance(node, ast.Call) and _name(node) in ("largest", "smallest") and node.args:
        yield _call("_mean", node.args[0])
    if isinstance(node, ast.Name) and node.id == "step_size" and isinstance(node.ctx, ast.Load):
        yield ast.BinOp(node, ast.Mult(), node)


def _dropped(node: ast.expr) -> Iterator[ast.expr]:
    """A term of a sum or a factor of a product left out, or a sign turned round."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    if not isinstance(node, ast.BinOp):
        return
    if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)):
        yield node.left
    if isinstance(node.op, (ast.Add, ast.Mult)):
        yield node.right
    if isinstance(node.op, ast.Sub):
        yield ast.UnaryOp(ast.USub(), node.right)
        yield ast.BinOp(node.left, ast.Add(), node.right)
    if isinstance(node.op, ast.Add):
        yield ast.BinOp(node.left, ast.Sub(), node.right)


def _another_power(node: ast.expr) -> Iterator[ast.expr]:
    """An exponent one larger or smaller."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and _is_number(node.right):
        exponent: int = cast("Any", node.right).value
        for other in (exponent - 1, exponent + 1):
            yield ast.BinOp(node.left, ast.Pow(), ast.Constant(other))


_CHANGES: tuple[_Change, ...] = (_by_two_percent, _another_quantity, _dropped, _another_power)


def _name(node: ast.AST) -> str:
    """The name of the function that is called; "" for anything else."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_number(node: ast.expr) -> bool:
    """True for a number that is written out, and not 0."""
    is_number = isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
    return is_number and bool(cast("ast.Constant", node).value)


def _call(name: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


# --- the means that mutants use in place of extremes ----------------------------------------------


def _mean(values: Any) -> Scalar:
    """The mean of some numbers, in either arithmetic."""
    numbers = list(values)
    return sum(numbers[1:], numbers[0]) / len(numbers)


def _mean_weight(at: Point) -> Scalar:
    """1/n, in place of the smallest weight."""
    return at.number(1) / at.components


def _root_mean_square(at: Point) -> Scalar:
    """sqrt(U/n), in place of R."""
    return root(at.energy / at.components)
