"""No documented command needs 1 GB of memory, all its processes together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MEGABYTES = 1000
MODES = {"means": [-2, 2, 10]}
LINE = {"means": [[1.5], ["-7/10"]], "weights": [1, 2], "step_size": "0.9"}
SPACE = {"means": [[1, 0, 0], [0, 1, 0], [0, 0, 1], ["-1/2", "-1/2", 1]], "step_size": "0.7"}
MANY = {"means": [[k % 7 / 5, k % 11 / 9, k % 13 / 11, k % 5 / 4, k % 3] for k in range(50)]}
COMMANDS = {
    "list": (None, 1),
    "doctor": (None, 1),
    "check loss-upper --case -": (SPACE, 1),
    "check likelihood-decrease --case -": (SPACE, 1),
    "attack stein-lower-bound --budget 500 --n 2": (None, 1),
    "trap --dimension 1000 --components 3": (None, 1),
    "landscape --truth - --components 4 --workers 1 --output landscape": (MODES, 2),
    "trajectory --case - --steps 100000": (LINE, 1),
    "trajectory --case - --steps 3": (MANY, 1),
    "figures --output figures --steps 60 --sampled-steps 2 --long-steps 200": (None, 1),
    "bench --rounds 1": (None, 1),
    "verify --profile quick --workers 1": (None, 1),
    "verify --profile quick --workers 2": (None, 3),
    "verify --workers 2": (None, 3),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss"),
]


@pytest.mark.parametrize(("command", "settings"), COMMANDS.items(), ids=COMMANDS.keys())
def test_peak_memory(command: str, settings: tuple[Any, int], tmp_path: Path) -> None:
    """The largest process, times their number, stays below the limit."""
    case, processes = settings
    (tmp_path / "case.json").write_text(json.dumps(case))
    with (
        open(tmp_path / "case.json", "rb") as given,
        open(tmp_path / "out.txt", "wb") as out,
    ):
        child = subprocess.Popen(
            [sys.executable, "-m", "theorycheck", *command.split()],
            **{"stdin": given, "stdout": out, "stderr": out, "cwd": tmp_path},
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, (tmp_path / "out.txt").read_text()
    assert processes * usage.ru_maxrss < MEGABYTES * 1000
