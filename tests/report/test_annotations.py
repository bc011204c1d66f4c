"""What is wrong, for a code host: annotations and SARIF say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import theorycheck as tc
from theorycheck.report.annotations import marked, sarif

LEMMAS = """
from theorycheck import at_most, inequality

@inequality("too-strong", r"L \\le 0.4 W", controls=[])
def too_strong(at):
    return at_most(at.loss, at.weighted_distance * 0.4)
"""


def test_sarif_and_annotations_have_the_refuted_and_the_survivors_at_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that holds is in neither; the case and its command are in both."""
    monkeypatch.chdir(tmp_path)
    Path("lemmas.py").write_text(LEMMAS)
    report = tc.verify("too-strong", "quick", claims_file="lemmas.py")
    claims = [*report.claims, *tc.verify("loss-sign", "quick").claims]
    claims[1]["controls"][0]["verdict"] = "survived"
    log = sarif(claims, "lemmas.py")
    results = log["runs"][0]["results"]
    survivor = claims[1]["controls"][0]["id"]
    assert [result["ruleId"] for result in results] == ["too-strong", survivor]
    assert [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == [
        *("too-strong", survivor)
    ]
    first = results[0]
    assert first["level"] == "error"
    assert "theorycheck check too-strong --claims lemmas.py --case -" in first["message"]["text"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "lemmas.py"
    assert place["region"]["startLine"] == 4
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    lines = list(marked(claims, "lemmas.py"))
    assert lines[0].startswith("::error file=lemmas.py,line=4,title=too-strong is refuted::")
    assert "theorycheck check too-strong" in lines[0]
    assert lines[1].startswith(f"::error title=the control {survivor} survived::")
