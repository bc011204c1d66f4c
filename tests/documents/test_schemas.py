"""The published JSON Schemas: what is written fits them, and what is malformed does not."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

import theorycheck as tc
from theorycheck.errors import TheoryCheckError
from theorycheck.report.figures.sections import with_figures
from theorycheck.statements.verdicts import ClaimVerdict, Evidence, Fate, Sign
from theorycheck.strategies import cases_of

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    name: json.loads((files("theorycheck") / "schemas" / f"{name}.schema.json").read_text())
    for name in ("case", "report")
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
VALIDATORS = {
    name: Draft202012Validator(schema, registry=REGISTRY) for name, schema in SCHEMAS.items()
}
KINDS = ["loss-upper", "projection-identity", "lojasiewicz-sharp", "max-norm-nonmonotone"]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """A report with a claim of every kind, as it is written."""
    found = tc.verify(KINDS, profile="quick")
    data: dict[str, Any] = json.loads(json.dumps(with_figures(found.data)))
    return data


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name: str) -> None:
    """Of the draft that they name."""
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_a_report_fits_its_schema(report: dict[str, Any]) -> None:
    """With figures and gallery."""
    assert [entry["kind"] for entry in report["claims"]] == [
        *("inequality", "identity", "constant", "existence")
    ]
    assert report["gallery"]
    VALIDATORS["report"].validate(report)


@pytest.mark.long
def test_the_published_report_fits_its_schema() -> None:
    """The reference report of the repository: all claims, all figures."""
    path = ROOT / "reports" / "reference" / "report.json"
    VALIDATORS["report"].validate(json.loads(path.read_text(encoding="utf-8")))


@given(cases_of(tc.claims.get("em-is-gradient-descent")))
def test_every_case_that_is_written_fits(case: tc.Case) -> None:
    """With a mixture truth, other means and all."""
    VALIDATORS["case"].validate(json.loads(case.to_json()))


@pytest.mark.parametrize(
    "data",
    [
        {"means": [9, -10, 0.05, -0.03], "weights": [2, 3, 2.5, 2.5], "step_size": 1},
        {"means": [["1/2"], [-1], ["1e-3"]], "weights": None, "steps": 0},
        {"means": [[0, 1]], "truth": {"means": [[1, 1]]}, "x": [1, " 2/3 "], "s": "0.5"},
        {"means": [".5", "5."], "direction": None, "target": [1, 2]},
    ],
)
def test_what_people_write_fits(data: dict[str, Any]) -> None:
    """Lists of numbers, fractions, decimal strings; also what is null."""
    VALIDATORS["case"].validate(data)
    tc.Case.from_dict(data)


@pytest.mark.parametrize(
    "data",
    [
        *([], None, 3, {}, {"weights": [1]}),
        *({"means": []}, {"means": 1}, {"means": [[]]}, {"means": [1, [2]]}, {"means": [True]}),
        *({"means": ["x"]}, {"means": ["1/0"]}, {"means": [None]}, {"means": ["1 2"]}),
        *({"means": [1], "weights": [0]}, {"means": [1], "weights": [-1]}),
        *({"means": [1], "weights": ["-1/2"]}, {"means": [1], "weights": "1"}),
        *({"means": [1], "step_size": 0}, {"means": [1], "step_size": "-1"}),
        *({"means": [1], "steps": 1.5}, {"means": [1], "steps": -1}, {"means": [1], "s": -1}),
        *({"means": [1], "truth": [1]}, {"means": [1], "truth": {"mean": [1]}}),
        {"means": [1], "stepsize": 1},
    ],
)
def test_a_malformed_case_is_rejected(data: Any) -> None:
    """By the schema as by the reader."""
    with pytest.raises(ValidationError):
        VALIDATORS["case"].validate(data)
    with pytest.raises(TheoryCheckError):
        tc.Case.from_dict(data)


MALFORMED: dict[str, Any] = {
    "another schema": lambda r: r.update(schema=2),
    "no claims": lambda r: r.pop("claims"),
    "an unknown key": lambda r: r.update(verdict="supported"),
    "an unknown verdict": lambda r: r["claims"][0].update(verdict="true"),
    "a grade that nothing produces": lambda r: r["claims"][0].update(evidence="oracle"),
    "a refutation without a counterexample": lambda r: r["claims"][0].update(verdict="refuted"),
    "a proof of an inequality": lambda r: r["claims"][0].update(verdict="proved"),
    "a negative count": lambda r: r["claims"][0]["cases"].update(certified=-1),
    "a count that is missing": lambda r: r["claims"][0]["cases"].pop("tight"),
    "a case that is none": lambda r: r["claims"][0]["worst"][0].update(case={"means": []}),
    "a margin in words": lambda r: r["claims"][0]["worst"][0].update(margin="0.1"),
    "a control without a fate": lambda r: r["claims"][0]["controls"][0].pop("verdict"),
    "a refuted control without a case": lambda r: r["claims"][0]["controls"][0].update(case=None),
    "a share above 1": lambda r: r["health"]["regimes"].update({"n = 2": 1.5}),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_report_is_rejected(what: str, report: dict[str, Any]) -> None:
    """Each differs from a good one in one place."""
    changed = copy.deepcopy(report)
    MALFORMED[what](changed)
    with pytest.raises(ValidationError):
        VALIDATORS["report"].validate(changed)


def test_the_words_of_the_schema_are_those_of_the_code() -> None:
    """No word can be added to one alone."""
    kinds = SCHEMAS["report"]["$defs"]
    claim, control, finding = (
        kinds[name]["properties"] for name in ("claim", "control", "finding")
    )
    assert kinds["evidence"]["enum"] == list(Evidence)
    assert claim["verdict"]["enum"] == list(ClaimVerdict)
    assert control["verdict"]["enum"] == list(Fate)
    assert finding["sign"]["enum"] == list(Sign)
