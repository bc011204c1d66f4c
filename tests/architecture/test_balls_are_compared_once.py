"""Only `statements/decision.py` compares balls.

A comparison of balls is True only when it is certain, so False proves nothing: a claim that
branches on a ball may be wrong without any sign of it. In `claims`, `statements` and `traps`, save
for the certificates in ALLOWED, this test forbids, for every value that might be a ball:

- `<`, `<=`, `>`, `>=`, `==`, `!=` and `in`;
- its truth value: `if`, `while`, `assert`, `not`, `and`, `or`, conditions of comprehensions;
- functions and methods that compare: `max`, `min`, `sorted`, `any`, `all`, and those of NumPy
  (write `largest` and `smallest` of `arithmetic.functions`);
- conversions to other numbers: `bool`, `float`, `int`, `round`, and every function of `math`.

A value might be a ball if it is a parameter annotated `Scalar`, `Array` or `arb`, an attribute so
annotated (of a `Point`, a `Path`, a `Start`), returned by a function so annotated, or computed from
such values. `midpoint` leaves the balls: it gives a float64 number that claims no rigour. The float
side of a branch on `isinstance(x, arb)` or `isinstance(arithmetic, Ball)` is free.
The analysis reads one function at a time and believes the annotations, which mypy checks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import theorycheck

PACKAGE = Path(theorycheck.__file__).parent
FOLDERS = ("claims", "statements", "traps")
ALLOWED = {
    "statements/decision.py": "the one module that turns margins into verdicts",
    "traps/certificate.py": "a certificate: bounds rounded to the safe side are compared",
    "traps/tube.py": "a certificate: each condition of the theorem is compared on the safe side",
    "traps/tracking.py": "a certificate: crossings are compared on the safe side",
    "traps/certified.py": "only exact numbers are compared: the question that is asked",
    "traps/escape_bounds.py": "only exact numbers are compared: the start, and whole steps",
    "traps/closed_form.py": "a certificate: bounds rounded to the safe side are compared",
    "traps/field.py": "an enclosure: zero entries are exact; midpoints carry their distance",
    "traps/arb_field.py": "an enclosure: exact ends are compared, bounds are rounded outward",
    "traps/arb_plane.py": "an enclosure: exact ends are compared, else the worst case is taken",
    "traps/escape_time.py": "an enclosure: the ends of balls are compared, with a proof",
}
KINDS = ("Scalar", "Array", "arb", "arb_mat")
NO_BALLS = ("Mixture", "Case", "Domain", "Trajectory", "SpanPopulation", "Arithmetic")
"""Classes whose attributes are exact, or float64."""
EXACT_ATTRIBUTES = ("mixture", "truth", "case", "arithmetic", "shape", "size", "ndim", "dtype")
EXACT_CALLS = ("midpoint", "exact_midpoint", "len", "range", "isinstance", "type", "exact")
COMPARING = (
    *("max", "min", "sorted", "any", "all", "amax", "amin", "argmax", "argmin", "sort", "argsort"),
    *("maximum", "minimum", "where", "clip", "isclose", "allclose", "sign", "searchsorted"),
)
LEAVING = ("bool", "float", "int", "round", "complex")
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.In, ast.NotIn)
Function = ast.FunctionDef | ast.Lambda


def names_in(annotation: ast.expr | None) -> set[str]:
    """The names that an annotation is made of."""
    if annotation is None:
        return set()
    nodes = list(ast.walk(annotation))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def is_ball(annotation: ast.expr | None) -> bool:
    """True if balls are what an annotation names, alone or in a container."""
    found = names_in(annotation)
    return bool(found & set(KINDS)) and "Callable" not in found


def declared(tree: ast.Module) -> set[str]:
    """Functions, methods and fields of a module that are annotated as balls."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and is_ball(node.returns):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            fields = [part for part in ast.walk(node) if isinstance(part, ast.AnnAssign)]
            found |= {name_of(part.target) for part in fields if is_ball(part.annotation)}
    return found


class Reader:
    """The offences of one function, and of those inside it."""

    def __init__(self, balls: set[str], known: set[str], exact: set[str]) -> None:
        self.known = known
        self.balls, self.exact = set(balls), set(exact)
        self.offences: list[tuple[int, str]] = []

    def read(self, function: Function) -> list[tuple[int, str]]:
        """Names first, until no more of them are balls; then what is done with them."""
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        for argument in arguments:
            self.balls.discard(argument.arg)
            if is_ball(argument.annotation):
                self.balls.add(argument.arg)
            if names_in(argument.annotation) & set(NO_BALLS):
                self.exact.add(argument.arg)
        body = function.body if isinstance(function.body, list) else [function.body]
        before = -1
        while before != len(self.balls):
            before = len(self.balls)
            for statement in body:
                self._name(statement)
        for statement in body:
            self._judge(statement)
        return self.offences

    def might_be_ball(self, node: ast.AST) -> bool:
        """True if an expression is a ball, or computed from one."""
        if isinstance(node, ast.Name):
            return node.id in self.balls
        if isinstance(node, ast.Attribute):
            if node.attr in EXACT_ATTRIBUTES or self._is_exact(node.value):
                return False
            return node.attr in self.known or self.might_be_ball(node.value)
        if isinstance(node, ast.Call):
            return self._call_gives_ball(node)
        if isinstance(node, ast.Subscript):
            return self.might_be_ball(node.value)
        if isinstance(node, (ast.Compare, ast.Lambda, ast.JoinedStr)):
            return False
        if isinstance(node, ast.IfExp):
            return self.might_be_ball(node.body) or self.might_be_ball(node.orelse)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            return self.might_be_ball(node.elt)
        return any(self.might_be_ball(part) for part in ast.iter_child_nodes(node))

    def _is_exact(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Attribute):
            return node.attr in EXACT_ATTRIBUTES
        if isinstance(node, ast.Call):
            is_method = isinstance(node.func, ast.Attribute)
            return name_of(node.func) in NO_BALLS or (is_method and self._is_exact(node.func.value))
        return isinstance(node, ast.Name) and node.id in self.exact

    def _call_gives_ball(self, node: ast.Call) -> bool:
        name = name_of(node.func)
        if name in EXACT_CALLS or name in NO_BALLS:
            return False
        if name in self.known:
            return True
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        return any(self.might_be_ball(part) for part in [*parts, *([receiver] if receiver else [])])

    def _name(self, statement: ast.stmt | ast.expr) -> None:
        for node in walk_here(statement):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._bind(target, node.value)
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
                self._bind(node.target, node.value)
            elif isinstance(node, (ast.For, ast.comprehension)):
                self._bind(node.target, node.iter)
            elif isinstance(node, ast.NamedExpr):
                self._bind(node.target, node.value)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        """Bind names; entry by entry where both sides are tuples, or where tuples are zipped."""
        if isinstance(target, ast.Tuple):
            values: list[ast.expr] | None = None
            if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
                values = value.elts
            elif isinstance(value, ast.Call) and name_of(value.func) == "zip":
                values = value.args
            elif isinstance(value, ast.Call) and name_of(value.func) == "enumerate":
                values = [ast.Constant(0), *value.args]
            if values is not None:
                for part, given in zip(target.elts, values, strict=False):
                    self._bind(part, given)
                return
        if self.might_be_ball(value):
            self.balls |= {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
        elif isinstance(target, ast.Name) and self._is_exact(value):
            self.exact.add(target.id)

    def _judge(self, statement: ast.stmt | ast.expr) -> None:
        for node in walk_here(statement, skip_floats=True):
            if isinstance(node, (ast.FunctionDef, ast.Lambda)):
                inner = Reader(self.balls, self.known, self.exact)
                self.offences += inner.read(node)
            elif isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                if any(isinstance(op, COMPARISONS) for op in node.ops):
                    self._report(node, "a comparison", *sides)
            elif isinstance(node, ast.Call):
                self._judge_call(node)
            for condition in conditions_of(node):
                self._report(condition, "a truth value", condition)

    def _judge_call(self, node: ast.Call) -> None:
        name, receiver = name_of(node.func), None
        if isinstance(node.func, ast.Attribute):
            receiver = node.func.value
        is_math = isinstance(receiver, ast.Name) and receiver.id == "math"
        if name in COMPARING:
            operands = [*node.args, *([receiver] if receiver is not None else [])]
            self._report(node, f"{name}()", *operands)
        elif is_math or (name in LEAVING and receiver is None):
            self._report(node, f"{name}()", *node.args)

    def _report(self, node: ast.expr, what: str, *operands: ast.AST) -> None:
        if any(self.might_be_ball(operand) for operand in operands):
            self.offences.append((node.lineno, f"{what}: {ast.unparse(node)[:70]}"))


def name_of(node: ast.expr) -> str:
    """The last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def walk_here(node: ast.AST, skip_floats: bool = False) -> Iterator[ast.AST]:
    """A node and all in it; of a function inside only the node, of a branch perhaps one side."""
    yield node
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        return
    left_out = float_side(node) if skip_floats else []
    for part in ast.iter_child_nodes(node):
        if part not in left_out:
            yield from walk_here(part, skip_floats)


def float_side(node: ast.AST) -> list[ast.AST]:
    """The side of a branch on the arithmetic at which there are no balls."""
    if not isinstance(node, (ast.If, ast.IfExp)):
        return []
    is_negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
    test = node.test.operand if is_negated else node.test
    if not (isinstance(test, ast.Call) and name_of(test.func) == "isinstance"):
        return []
    if not names_in(test.args[1]) & {"arb", "Ball"}:
        return []
    side = node.body if is_negated else node.orelse
    return side if isinstance(side, list) else [side]


def conditions_of(node: ast.AST) -> list[ast.expr]:
    """The expressions whose truth value a node asks for."""
    if isinstance(node, (ast.If, ast.While, ast.Assert, ast.IfExp)):
        return [node.test]
    if isinstance(node, ast.comprehension):
        return node.ifs
    if isinstance(node, ast.BoolOp):
        return node.values
    return [node.operand] if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) else []


def offences(source: str, known: set[str]) -> list[tuple[int, str]]:
    """Line and words of everything in a module that compares, or leaves, the balls."""
    tree = ast.parse(source)
    everything = known | declared(tree)
    found: list[tuple[int, str]] = []
    for node in tree.body:
        methods = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in methods:
            if isinstance(function, ast.FunctionDef):
                found += Reader(set(), everything, set()).read(function)
    return sorted(set(found))


def sources() -> dict[str, str]:
    """The modules of the folders that are read, by their path in the package."""
    paths = (path for folder in FOLDERS for path in sorted((PACKAGE / folder).glob("*.py")))
    return {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in paths}


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The names that claims know balls by: attributes of points and paths, functions of balls."""
    paths = [PACKAGE / "statements/point.py", *sorted((PACKAGE / "arithmetic").glob("*.py"))]
    return set().union(*(declared(ast.parse(path.read_text("utf-8"))) for path in paths))


def test_only_the_decision_compares_balls(known: set[str]) -> None:
    found = [
        f"{path}:{line}: {what}"
        for path, source in sources().items()
        if path not in ALLOWED
        for line, what in offences(source, known)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ALLOWED)
def test_every_exception_is_needed(path: str, known: set[str]) -> None:
    assert offences(sources()[path], known)


def test_the_vocabulary_is_found(known: set[str]) -> None:
    assert {
        "loss",
        "means",
        "weights",
        "gradient",
        "radius",
        "number",
        "largest",
        "smallest",
    } <= known


@pytest.mark.parametrize(
    "planted",
    [
        "if at.loss < 0: return at_most(0, 1)",
        "if 0 != at.loss: return at_most(0, 1)",
        "while at.energy: pass",
        "assert not at.gradient",
        "return at_most(0, at.loss if step_size else 1)",
        "return at_most(0, max(at.radius, step_size))",
        "return at_most(0, at.means.min())",
        "return at_most(0, np.maximum(at.means, 0))",
        "size = root(at.energy)\n    return at_most(0, 1) if size > 1 else at_most(0, 2)",
        "sizes = [w * w for w in at.weights]\n    return at_most(0, sorted(sizes)[0])",
        "a, b = at.loss, 1\n    return at_most(0, 1 if b and a else 2)",
        "return at_most(0, [w for w in at.weights if w > step_size])",
        "return at_most(0, float(at.loss))",
        "return at_most(0, math.exp(step_size))",
        "p = at.step(step_size)\n    return at_most(0, 1 if p.loss <= at.loss else 2)",
        "f = lambda: at.loss > 0\n    return at_most(0, f())",
        "def inner(x):\n        return x > step_size\n    return at_most(0, inner(1))",
        "return at_most(0, 1 if _help(at) else 2)",
    ],
)
def test_a_planted_comparison_is_caught(planted: str, known: set[str]) -> None:
    """In a copy of a module of the theory, at the end of which a claim with it is put."""
    module = (PACKAGE / "claims/bounds.py").read_text("utf-8")
    helper = "def _help(at: Point) -> Scalar:\n    return at.loss\n"
    claim = f"{module}\n\n{helper}\ndef planted(at: Point, step_size: Scalar):\n    {planted}\n"
    (offence,) = {line for line, _ in offences(claim, known)}
    assert offence > len(module.splitlines())


@pytest.mark.parametrize(
    "harmless",
    [
        "return at_most(0, largest(at.weights))",
        "return at_most(0, 1 if at.rank > 1 else 2)",
        "return at_most(0, max(at.mixture.weights))",
        "return at_most(0, math.ceil(midpoint(step_size)))",
        "return at_most(0, at.weights.sum() if at.arithmetic.is_rigorous else 1)",
        "return at_most(0, [i for i, w in enumerate(at.weights) if i > 0])",
        "return at_most(0, 1 if at.truth is None else 2)",
        "return at_most(0, 1 if len(at.weights) == 2 else 2)",
    ],
)
def test_exact_values_may_be_compared(harmless: str, known: set[str]) -> None:
    assert not offences(f"def planted(at: Point, step_size: Scalar):\n    {harmless}\n", known)
