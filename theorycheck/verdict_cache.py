"""The verdict cache: outcomes of earlier runs, for claims of which nothing has changed.

An outcome depends on the claim, the profile, the seed and its own number, and on nothing else (see
`campaign.tasks`). So it may stand for a computation if all that takes part in that computation is
the same: every source file of this package, the versions of Python and of the libraries, the
platform, the file that declares the claim with all that the file reads, the seed, and every number
of the profile. All of it is the key, which is compared in full.

In doubt an outcome is computed. So the cache does without

- a file of claims that may read something else: it uses more of modules than `_ALLOWED`, or a
  name by which it could reach them;
- packs, claims of a notebook's cell, and clusters, whose workers have sources of their own;
- outcomes that might differ elsewhere: a time limit was met, the claim's function failed, an attack
  or a region stayed undecided, a control survived, the oracle disagreed;
- outcomes that a run took over from a ledger: they may be of an older source of the package;
- the whole run if a source file changes while it goes on, or did after it was imported.
"""

from __future__ import annotations

import ast
import hashlib
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Container, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from theorycheck._version import __version__
from theorycheck.campaign.aggregate import Run, environment
from theorycheck.campaign.executors import LimitedPool
from theorycheck.campaign.ledger import Ledger
from theorycheck.campaign.outcomes import (
    AttackOutcome,
    BatchOutcome,
    ControlOutcome,
    Outcome,
    RegionOutcome,
    read_outcome,
)
from theorycheck.campaign.running import TIME_UP
from theorycheck.campaign.tasks import Task
from theorycheck.campaign.work import Work
from theorycheck.errors import InvalidValue, NotWritten
from theorycheck.regions.proof import RegionVerdict
from theorycheck.statements.verdicts import Fate

FORMAT = 1
_IMPORTED = time.time()
_PACKAGE = Path(__file__).parent
_ALLOWED = {
    "theorycheck": frozenset(
        (
            *("Case", "Domain", "Mixture", "at_most", "equal", "proof_step"),
            *("existence", "identity", "implied_constant", "inequality"),
            *("inner_products", "largest", "magnitudes", "root", "smallest", "squared_norms"),
        )
    ),
    "numpy": frozenset(
        (
            *("abs", "absolute", "append", "arange", "array", "asarray", "broadcast_to", "clip"),
            *("concatenate", "cos", "cosh", "cumsum", "diag", "dot", "einsum", "empty", "exp"),
            *("eye", "float64", "full", "inf", "linspace", "log", "matmul", "max", "maximum"),
            *("mean", "min", "minimum", "multiply", "newaxis", "ones", "outer", "pi", "prod"),
            *("ravel", "reshape", "sin", "sinh", "sort", "sqrt", "stack", "sum", "tanh", "tile"),
            *("trace", "transpose", "where", "zeros", "zeros_like", "ones_like"),
        )
    ),
    "math": frozenset(name for name in dir(math) if not name.startswith("_")),
    "fractions": frozenset({"Fraction"}),
    "dataclasses": frozenset({"replace"}),
    "functools": frozenset({"partial", "reduce"}),
    "typing": frozenset({"Any"}),
    "__future__": frozenset({"annotations"}),
}
"""What a file of claims may use of modules: names that read nothing, draw nothing and lead to no
other module. A list of what is forbidden could not be completed."""
_READING = frozenset(
    (
        *(
            "open",
            "exec",
            "eval",
            "compile",
            "input",
            "globals",
            "locals",
            "vars",
            "dir",
            "getattr",
        ),
        *("setattr", "delattr", "hasattr", "type", "super", "object", "hash", "id", "repr", "iter"),
        *("breakpoint", "memoryview", "exit", "quit", "help", "print", "from_file", "tofile"),
    )
)
"""Names by which it could reach more all the same; so could an attribute that begins with an
underscore."""


class CachedRun:
    """The cache of one run. served: the keys of the tasks whose outcomes came from it.

    Args:
        folder: made if needed; None for a run without a cache.
        run: what is asked for.
        executor: who does it.
        notify: told why the cache is not used, if it cannot be.

    Raises InvalidValue if the folder is a file.
    """

    def __init__(
        self,
        folder: str | Path | None,
        run: Run,
        executor: Executor | None,
        notify: Callable[[str], None],
    ) -> None:
        self.served: set[str] = set()
        self._folder = None if folder is None else Path(folder)
        self._run = run
        self._claims: set[str] = set()
        self._earlier: set[str] = set()
        if self._folder is None:
            return
        if self._folder.exists() and not self._folder.is_dir():
            raise InvalidValue(f"cache is {str(folder)!r}, which is no folder")
        if reason := obstacle(run.claims_file, executor):
            notify(f"the cache is not used: {reason}")
            self._folder = None
        else:
            self._key = key_of(run)

    def serve(self, work: Work, own: Container[str], ledger: Ledger | None) -> None:
        """Take what the cache has of the tasks that have no outcome yet.

        own: the claims that are in no file, of which it has nothing.
        """
        if self._folder is None:
            return
        self._earlier = set(work.outcomes)
        left: dict[str, list[Task]] = {}
        for task in work.left:
            left.setdefault(task.claim, []).append(task)
        self._claims = {claim for claim in left if claim not in own}
        for claim in sorted(self._claims):
            key = {**self._key, "claim": claim}
            for outcome in known(self._folder, key, left[claim]):
                if ledger is not None:
                    ledger.append(outcome.to_dict())
                work.take(outcome)
                self.served.add(outcome.task.key)

    def fill(self, work: Work) -> None:
        """Keep the outcomes of claims of which the cache had not all, if no source has changed.

        Raises NotWritten if that cannot be.
        """
        if self._folder is None or key_of(self._run) != self._key:
            return
        if obstacle(self._run.claims_file, None):
            return
        for claim in sorted(self._claims):
            of_claim = (outcome for outcome in work.finished if outcome.task.claim == claim)
            found = [outcome for outcome in of_claim if outcome.task.key not in self._earlier]
            if any(outcome.task.key not in self.served for outcome in found):
                keep(self._folder, {**self._key, "claim": claim}, found)


def obstacle(claims_file: str | None, executor: Executor | None) -> str:
    """Why a run can neither use nor fill a cache, in words; "" if it can."""
    if not isinstance(executor, (LimitedPool, ProcessPoolExecutor, type(None))):
        return "the workers may have other sources"
    if any(path.stat().st_mtime > _IMPORTED for path in _sources()):
        return "a source file of the package is newer than this process"
    if claims_file is None:
        return ""
    if not Path(claims_file).is_file():
        return "a pack may read more than its own files"
    if what := reads_more(Path(claims_file).read_bytes()):
        return f"{claims_file} may read something else: {what}"
    return ""


def key_of(run: Run) -> dict[str, Any]:
    """All that the outcomes of a run depend on, but for the claim."""
    source = None if run.claims_file is None else Path(run.claims_file).read_bytes()
    return {
        "format": FORMAT,
        "version": __version__,
        "package": package_digest(),
        "environment": {**environment(), "cmaes": version("cmaes")},
        "source": None if source is None else hashlib.sha256(source).hexdigest(),
        "seed": run.seed,
        "profile": asdict(run.profile),
    }


def known(folder: Path, key: dict[str, Any], tasks: Iterable[Task]) -> list[Outcome]:
    """The outcomes that are kept of the tasks of a claim; none if anything in an entry is off."""
    try:
        entry = json.loads(_path(folder, key).read_bytes())
        if entry["key"] != key or entry["check"] != _digest(entry["outcomes"]):
            return []
        kept = {outcome["task"]: outcome for outcome in entry["outcomes"]}
        found = [read_outcome(task, kept[task.key]) for task in tasks if task.key in kept]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []  # an InvalidValue is a ValueError
    return [outcome for outcome in found if is_sure(outcome)]


def keep(folder: Path, key: dict[str, Any], outcomes: Iterable[Outcome]) -> None:
    """Keep the sure outcomes of a claim. Raises NotWritten if that cannot be."""
    sure = [outcome.to_dict() for outcome in outcomes if is_sure(outcome)]
    plain = json.loads(json.dumps(sure, allow_nan=False))
    text = json.dumps({"key": key, "check": _digest(plain), "outcomes": plain})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(name, _path(folder, key))
    except OSError as error:
        raise NotWritten(f"cache {folder}: {error.strerror}") from None


def _path(folder: Path, key: dict[str, Any]) -> Path:
    return folder / f"{_digest(key)}.json"


def is_sure(outcome: Outcome) -> bool:
    """True if an outcome would be the same on any machine, however slow and small."""
    if isinstance(outcome, BatchOutcome):
        is_whole = not outcome.errors and TIME_UP not in outcome.reasons
        return is_whole and not outcome.oracle.disagreements
    if isinstance(outcome, AttackOutcome):
        return not outcome.reasons
    if isinstance(outcome, ControlOutcome):
        return outcome.verdict == Fate.REFUTED
    return isinstance(outcome, RegionOutcome) and outcome.verdict != RegionVerdict.UNDECIDED


def reads_more(source: bytes) -> str:
    """What a file of claims may read beside itself, in a word; "" if nothing.

    >>> reads_more(b"from math import pi"), reads_more(b"import helpers"), reads_more(b"open('x')")
    ('', 'helpers', 'open')
    """
    tree = ast.parse(source)
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in _ALLOWED:
                    return alias.name
                modules[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            module = "" if node.level else node.module or ""
            if module not in _ALLOWED:
                return module or "a module beside it"
            names = [a.name for a in node.names if a.name not in _ALLOWED[module]]
            if names:
                return names[0]
    asked = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = (_reading(node, modules, asked) for node in ast.walk(tree))
    return next((name for name in found if name), "")


def _reading(node: ast.AST, modules: dict[str, str], asked: set[int]) -> str:
    """The name at a node of syntax by which a file could read more; "" if there is none.

    modules: by the names that the file gives them. asked: nodes of which an attribute is taken.
    """
    if isinstance(node, ast.Name):
        is_whole_module = node.id in modules and id(node) not in asked  # it goes somewhere
        is_reading = node.id in _READING or node.id.startswith("__")
        return node.id if is_whole_module or is_reading else ""
    if not isinstance(node, ast.Attribute):
        return ""
    if isinstance(node.value, ast.Name) and node.value.id in modules:
        return "" if node.attr in _ALLOWED[modules[node.value.id]] else node.attr
    return node.attr if node.attr in _READING or node.attr.startswith("_") else ""


def package_digest() -> str:
    """A digest of every source file of this package, with its path."""
    found = hashlib.sha256()
    for path in _sources():
        text = path.read_bytes()
        name = path.relative_to(_PACKAGE).as_posix()
        found.update(f"{name}\0{len(text)}\0".encode() + text)
    return found.hexdigest()


def _sources() -> list[Path]:
    return sorted(_PACKAGE.rglob("*.py"))


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
