"""Files of claims: read anew when they change, their names never mixed up."""

from __future__ import annotations

import theorycheck as tc


def test_a_claim_declared_twice_harms_no_other(tmp_path):
    """Nor does one hide behind another that took its name in the file."""
    path = tmp_path / "lemmas.py"
    path.write_text(
        "from theorycheck import inequality, at_most\n"
        + "".join(
            f"@inequality('{id}', 'L \\\\le W')\n"
            "def lemma(at):\n"
            "    return at_most(at.loss, at.weighted_distance)\n"
            for id in ("first", "twice", "twice", "last")
        )
    )
    report = tc.verify(profile="quick", claims_file=str(path))
    verdicts = {entry["id"]: entry["verdict"] for entry in report.claims}
    assert verdicts == {"first": "supported", "twice": "undecided", "last": "supported"}
    reason = report.claims[1]["reason"]
    assert reason.startswith("the claim's function failed at ")
    assert reason.endswith(f": claims file {path} declares the claim twice twice; rename one")
    assert report.exit_code == 3


FILE = """
from theorycheck import at_most, inequality

@inequality("mine", "L \\\\le {0} W")
def mine(at):
    return at_most(at.loss, {0} * at.weighted_distance)
"""


def test_a_claims_file_that_changes_is_read_again(tmp_path, monkeypatch):
    """Under the same name, in one process, and in another directory."""
    options = {"profile": "quick", "claims_file": "lemmas.py"}
    verdicts = []
    for directory, factor in (("a", 1), ("a", 0.1), ("b", 1)):
        (tmp_path / directory).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / directory)
        (tmp_path / directory / "lemmas.py").write_text(FILE.format(factor))
        verdicts.append(tc.verify(**options).claims[0]["verdict"])
    assert verdicts == ["supported", "refuted", "supported"]


def test_a_claim_is_never_taken_for_another():
    """Not even one that only this process knows, and that has the id of another."""

    @tc.inequality("loss-upper", "L \\le W/100")
    def false(at):
        return at.weighted_distance / 100 - at.loss

    (own,) = tc.verify([false], profile="quick").claims
    assert (own["statement"], own["verdict"]) == (false.statement, "refuted")
    registered = tc.claims.get("loss-upper")
    for claims in (registered, [registered], "loss-upper"):
        report = tc.verify(claims, profile="quick")
        assert [entry["id"] for entry in report.claims] == ["loss-upper"]
