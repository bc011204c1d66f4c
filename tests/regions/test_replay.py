"""Certificates: written, replayed in balls, and refused where they do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.errors import InvalidValue, NotWritten
from theorycheck.inputs.region import Region
from theorycheck.regions import proof as proofs
from theorycheck.regions.proof import digest, prove
from theorycheck.regions.replay import replay
from theorycheck.regions.tree import LEAF, OPEN, OUTSIDE, packed, unpacked

REGION = Region(
    2, means=((1, 2), (-2, 1)), weights=("2/5", "3/5"), spread_at_least="1/2", radius_at_least=1
)
CLAIMS = """
import theorycheck as tc

@tc.inequality("mine", "L <= a W")
def mine(at):
    return tc.at_most(at.loss, at.weighted_distance * FACTOR)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A proof of loss-upper."""
    proof = prove(tc.claims.get("loss-upper"), REGION)
    assert proof.verdict == "proved"
    return proof.save(tmp_path_factory.mktemp("proof"))


def changed(saved: Path, folder: Path, **entries: Any) -> Path:
    """The proof with other entries, and a hash that fits."""
    data = json.loads(saved.read_text())
    data.update(entries)
    data["hash"] = digest(data)
    file = folder / "proof.json"
    file.write_text(json.dumps(data))
    return file


@pytest.mark.long
def test_a_proof_is_confirmed_in_balls(saved: Path) -> None:
    found = replay(saved.parent)
    data = json.loads(saved.read_text())
    assert found.verdict == "proved"
    assert found.checked == found.leaves == data["leaves"]
    assert found.failed == 0
    assert found.bound >= data["bound"] > 0  # the same grids, and ends that are rounded less


def test_a_sample_confirms_no_more_than_it_saw(saved: Path) -> None:
    found = replay(saved, sample=10)
    assert found.verdict == "undecided"
    assert 10 <= found.checked < found.leaves
    assert found.failed == 0


def test_every_byte_counts(saved: Path, tmp_path: Path) -> None:
    """A changed value, a missing entry, one that nobody knows: none is read."""
    data = json.loads(saved.read_text())
    file = tmp_path / "proof.json"
    for name, value in data.items():
        other = {**data, name: 1 if isinstance(value, str) else "x"}
        file.write_text(json.dumps(other))
        with pytest.raises(InvalidValue):
            replay(file)
        file.write_text(json.dumps({key: data[key] for key in data if key != name}))
        with pytest.raises(InvalidValue, match=name):
            replay(file)
    file.write_text(json.dumps({**data, "more": 1}))
    with pytest.raises(InvalidValue, match="unknown key 'more'"):
        replay(file)


def test_another_version_is_refused(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidValue, match=r"version '0\.0\.0'"):
        replay(changed(saved, tmp_path, version="0.0.0"))
    monkeypatch.setattr(proofs, "source_hash", lambda _: "other")
    with pytest.raises(InvalidValue, match="another claim"):
        replay(saved)


def test_a_claim_whose_text_changed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CLAIMS.replace("FACTOR", "2"))
    proof = prove(tc.claims.load(str(file))[0], REGION)
    saved = proof.save(tmp_path / "out")
    assert replay(saved, claims=file).verdict == "proved"
    with pytest.raises(InvalidValue, match="mine"):
        replay(saved)
    file.write_text(CLAIMS.replace("FACTOR", "3"))
    with pytest.raises(InvalidValue, match="another claim mine"):
        replay(saved, claims=file)


def test_a_forged_tree_does_not_pass(saved: Path, tmp_path: Path) -> None:
    """With a hash that fits: a leaf too early, a box left out, a box lost, a row too many."""
    levels = unpacked(json.loads(saved.read_text())["tree"])
    early = packed([np.array([LEAF], dtype=np.int8)])
    found = replay(changed(saved, tmp_path, tree=early))
    assert (found.verdict, found.failed) == ("undecided", 1)
    outside = packed([np.array([OUTSIDE], dtype=np.int8)])
    with pytest.raises(InvalidValue, match="leaves out a box"):
        replay(changed(saved, tmp_path, tree=outside))
    left_open = packed([np.array([OPEN], dtype=np.int8)])
    assert replay(changed(saved, tmp_path, tree=left_open)).verdict == "undecided"
    lost = [level.copy() for level in levels]
    lost[-1] = lost[-1][:-1]
    with pytest.raises(InvalidValue, match="incomplete"):
        replay(changed(saved, tmp_path, tree=packed(lost)))
    with pytest.raises(InvalidValue, match="beyond its end"):
        replay(changed(saved, tmp_path, tree=packed([*levels, levels[0]])))
    with pytest.raises(InvalidValue, match="splits what"):
        replay(changed(saved, tmp_path, tree=packed([np.array([3, -1, -1], dtype=np.int8)])))
    with pytest.raises(InvalidValue, match="cannot be read"):
        replay(changed(saved, tmp_path, tree="AAAA"))


@pytest.mark.long
def test_a_constant_is_not_larger_than_it_was_proved(tmp_path: Path) -> None:
    region = Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))
    saved = prove(tc.claims.get("lojasiewicz-sharp"), region, at_least=3).save(tmp_path)
    found = replay(saved)
    assert found.verdict == "proved"
    assert found.bound >= 3
    larger = replay(changed(saved, tmp_path, at_least=30))
    assert larger.verdict == "undecided"
    assert 0 < larger.failed <= larger.checked


@pytest.mark.long
def test_a_proof_of_a_larger_region_is_not_made_of_one(saved: Path, tmp_path: Path) -> None:
    """The boxes follow from the region: with another one they are others."""
    wider = {**REGION.to_dict(), "spread_at_least": None, "means": [[0, 2], [-2, 2]]}
    file = changed(saved, tmp_path, region={k: v for k, v in wider.items() if v is not None})
    try:
        assert replay(file).verdict == "undecided"
    except InvalidValue as error:
        assert "leaves out a box" in str(error)  # noqa: PT017


def test_a_counterexample_is_confirmed_and_a_false_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CLAIMS.replace("FACTOR", "0.01"))
    proof = prove(tc.claims.load(str(file))[0], REGION)
    assert proof.verdict == "refuted"
    saved = proof.save(tmp_path / "out")
    assert replay(saved, claims=file).verdict == "refuted"
    outside = changed(saved, tmp_path, counterexample={"means": [9, -9], "weights": [1, 1]})
    assert replay(outside, claims=file).verdict == "undecided"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    proof = prove(tc.claims.get("loss-upper"), REGION)
    with pytest.raises(NotWritten, match="file"):
        proof.save(tmp_path / "file")
    assert proofs.FILE == "proof.json"


class Killed(BaseException):
    """Stands for a signal that ends the process."""


def test_a_proof_that_was_stopped_goes_on_and_becomes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "_KEPT_EVERY", 0.0)
    claim = tc.claims.get("loss-upper")
    whole = prove(claim, REGION)
    levels = []

    def stop(boxes: int, share: float) -> None:
        levels.append(share)
        if len(levels) == 9:
            raise Killed

    with pytest.raises(Killed):
        prove(claim, REGION, output=tmp_path, progress=stop)
    assert json.loads((tmp_path / "proof.json").read_text())["verdict"] == "undecided"
    assert replay(tmp_path).failed == 0
    again = prove(claim, REGION, output=tmp_path, resume=True)
    for name in ("verdict", "bound", "smallest", "boxes", "leaves", "undecided_share"):
        assert getattr(again, name) == getattr(whole, name), name
    assert packed(again.levels) == packed(whole.levels)
    assert replay(tmp_path, sample=5).failed == 0


def test_a_proof_goes_on_after_its_time_limit(tmp_path: Path) -> None:
    claim = tc.claims.get("loss-upper")
    assert prove(claim, REGION, time_limit=0.01, output=tmp_path).verdict == "undecided"
    assert prove(claim, REGION, output=tmp_path, resume=True).verdict == "proved"
    assert prove(claim, REGION, output=tmp_path, resume=True).verdict == "proved"  # at once


def test_another_proof_is_not_gone_on_with(saved: Path, tmp_path: Path) -> None:
    claim = tc.claims.get("loss-upper")
    with pytest.raises(InvalidValue, match="another claim"):
        prove(tc.claims.get("loss-component-bound"), REGION, output=saved.parent, resume=True)
    other = Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))
    with pytest.raises(InvalidValue, match="another region"):
        prove(claim, other, output=saved.parent, resume=True)
    with pytest.raises(InvalidValue, match="resume needs output"):
        prove(claim, REGION, resume=True)
    assert prove(claim, REGION, output=tmp_path / "new", resume=True).verdict == "proved"


def test_trees_survive_packing() -> None:
    levels = [np.array(level, dtype=np.int8) for level in ([1], [LEAF, 0], [OUTSIDE, OPEN])]
    found = unpacked(packed(levels))
    assert [level.tolist() for level in found] == [level.tolist() for level in levels]
