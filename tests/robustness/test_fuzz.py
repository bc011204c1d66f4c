"""Hostile files, by the ten thousand: no traceback, no hang, one line for what is refused.

`THEORYCHECK_MULTIPLIER=1 pytest -n0 -m fuzz tests/robustness/test_fuzz.py` gives more than 10^5
files to the command line and to the ledger.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import time
import zlib
from random import Random
from typing import Any

import hypothesis.strategies as st
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings

from theorycheck.campaign.ledger import Ledger
from theorycheck.cli import main
from theorycheck.errors import TheoryCheckError

pytestmark = pytest.mark.fuzz
MULTIPLIER = float(os.environ.get("THEORYCHECK_MULTIPLIER", "0.01"))
CLAIMS = (
    *("loss-upper", "loss-sign", "likelihood-decrease", "majorisation", "stein-lower-bound"),
    *("loss-component-bound", "max-norm-nonmonotone", "loss-lower-certificate", "em-decrease"),
)
NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 0.5, "1/3", "-7/10", "1e-9", 1e-300, -0.0, 12, 30.0, "1e3", 5e-324),
    *(1e300, "1e400", "-1e999", "1e-999", "1e9999", "1/0", "0/0", "9" * 1999, "9" * 10**5, 10**30),
    *("1/" + "7" * 1999, float("nan"), float("inf"), True, None, "", "x", "0x1", "١", "1_0"),
    *("\ud800", "1\x00", "<script>", "\x1b[31m", [], {}, [[]], [1], {"means": [1]}),
    *(-(10**4000), "LONG"),
)
KEYS = ("means", "weights", "step_size", "truth", "x", "direction", "target", "s", "steps", "\x1b")
REPORT = {
    "schema": 1,
    "profile": "quick",
    "seed": 0,
    "claims": [
        {
            "id": id,
            "verdict": "supported",
            "evidence": "certified",
            "margin": 0.25,
            "constant": None,
            "tightness": {"ratio": 0.5},
            "worst": [{"case": {"means": [1]}, "relative": 0.25}],
            "controls": [{"id": f"{id}-control-1", "verdict": "refuted", "case": None}],
        }
        for id in ("a", "b")
    ],
}
HEADER = {"version": "1", "profile": "quick", "seed": 0, "claims": ["a"]}
OUTCOME = {"task": "a/batch/0", "claim": "a", "kind": "batch", "seconds": 0.1, "worst": []}


def files(count: int) -> Any:
    """A property of so many seeds, from which a test makes its file."""

    def decorate(test: Any) -> Any:
        given_seed = given(st.integers(0, 2**63))(test)
        return settings(
            max_examples=max(20, round(count * MULTIPLIER)),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )(given_seed)

    return decorate


def case(random: Random) -> dict[str, Any]:
    """A case of a few components, most of its numbers harmless."""
    n, d = random.choice((1, 2, 2, 3, 3, 5, 40)), random.choice((1, 1, 2, 3, 7))
    scale = random.choice((1e-6, 0.1, 1, 1, 3, 100))

    def row() -> list[Any]:
        return [round(random.gauss(0, scale), 6) for _ in range(d)]

    made: dict[str, Any] = {"means": [row() for _ in range(n)], "step_size": "0.7"}
    made |= {"x": row(), "direction": row(), "target": [row() for _ in range(n)], "s": 1}
    for name in list(made)[2:]:
        if random.random() < 0.5:
            del made[name]
    if random.random() < 0.3:
        made["truth"] = {"means": [row(), row()]}
    if random.random() < 0.5:
        made["weights"] = [random.randint(1, 9) for _ in range(n)]
    return made


def mutated(random: Random, data: Any) -> Any:
    """A copy in which some nodes are replaced, removed, doubled or renamed."""
    data = copy.deepcopy(data)
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        node, parent, key = data, None, None
        while isinstance(node, (dict, list)) and node and (parent is None or random.random() < 0.8):
            parent = node
            key = random.choice(list(node) if isinstance(node, dict) else range(len(node)))
            node = node[key]
        if parent is None:
            return copy.deepcopy(random.choice(NUMBERS))
        action = random.randrange(4)
        if action == 0:
            del parent[key]
        elif action == 1 and isinstance(parent, list):
            parent.extend(copy.deepcopy(node) for _ in range(random.choice((1, 3, 300))))
        elif action == 2 and isinstance(parent, dict):
            parent[random.choice(KEYS)] = copy.deepcopy(node)
        else:
            parent[key] = copy.deepcopy(random.choice(NUMBERS))
    return data


def written(random: Random, data: Any) -> bytes:
    """JSON as bytes, now and then in another encoding, cut, spliced, or drowned in brackets."""
    text = json.dumps(data, ensure_ascii=random.random() < 0.8)
    encoding = random.choice(("utf-8",) * 12 + ("utf-16", "utf-8-sig", "utf-32", "utf-7"))
    text = text.replace('"LONG"', "1" * 4400)  # more digits than Python reads
    raw = bytearray(text.encode(encoding, "surrogatepass"))
    for _ in range(random.choice((0, 0, 0, 1, 2, 8))):
        at = random.randrange(len(raw) + 1)
        piece = random.choice((random.randbytes(random.randrange(9)), b"[" * 5000, b'{"a":' * 999))
        raw[at : at + random.randrange(4)] = piece
    return bytes(raw)


def assert_civil(*arguments: str, text: bytes | None = None) -> int:
    """Run the command line: a known exit code, one line for a refusal, and soon."""
    started = time.process_time()
    result = CliRunner().invoke(main, list(arguments), input=text)
    assert time.process_time() - started < 10
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (0, 1, 2, 3)
    lines = result.stderr.splitlines()
    assert len(lines) == (result.exit_code == 2), lines
    assert all(line.startswith("theorycheck: ") and line.isprintable() for line in lines)
    return result.exit_code


@files(20_000)
def test_check(seed):
    """One claim at one case."""
    random = Random(seed)
    text = written(random, mutated(random, case(random)))
    effort = random.choice(("0.1",) * 50 + ("5",))
    assert_civil("check", random.choice(CLAIMS), "--effort", effort, "--case", "-", text=text)


@files(15_000)
def test_trap(seed):
    """`trap` answers, or refuses in one line."""
    random = Random(seed)
    text = written(random, mutated(random, case(random)))
    options = [["--step-size", str(random.choice(NUMBERS))], ["--json"], [], [], []]
    effort = random.choice(("0.1",) * 50 + ("5",))
    assert_civil("trap", "--effort", effort, "--case", "-", *random.choice(options), text=text)


@files(40_000)
def test_diff(tmp_path, seed):
    """Two reports, either of them anything."""
    random = Random(seed)
    files = [tmp_path / "old", tmp_path / "new"]
    for path in files:
        path.write_bytes(written(random, mutated(random, REPORT)))
    assert_civil("diff", *map(str, files), *random.choice(([], ["--json"])))


@files(30_000)
def test_ledger(tmp_path, seed):
    """`--resume`: what is in the directory is taken over, or refused in one line."""
    random = Random(seed)
    lines = [{"ledger": 2, **HEADER}, OUTCOME, {**OUTCOME, "task": "a/batch/1"}]
    raw = b""
    for line in lines:
        text = written(random, mutated(random, line) if random.random() < 0.3 else line)
        check = b"%08x" % zlib.crc32(text)
        raw += text + b" " + (check if random.random() < 0.9 else written(random, "x")) + b"\n"
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(raw[: random.choice((None, None, len(raw) - random.randrange(90)))])
    with contextlib.suppress(TheoryCheckError), Ledger(path, HEADER, resume=True) as ledger:
        assert all(isinstance(task, str) for task in ledger.finished)
