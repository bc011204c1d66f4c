"""Case files that must be refused, each with one clear line."""

from __future__ import annotations

_KINDS: dict[str, tuple[str | bytes, str]] = {
    # The text is no JSON, or no object.
    "empty text": ("", "not valid JSON"),
    "only blanks": (" \n", "not valid JSON"),
    "truncated": ('{"means": [[0.1, 2], [', "not valid JSON"),
    "trailing comma": ('{"means": [1, 2],}', "not valid JSON"),
    "two objects": ('{"means": [1]} {"means": [2]}', "not valid JSON"),
    "not UTF-8": (b'{"means": ["\xff\xfe"]}', "UTF-8"),
    "nested too deeply": ("[" * 100_000, "nested too deeply"),
    "means nested too deeply": ('{"means": ' + "[" * 100_000, "nested too deeply"),
    "null": ("null", "case"),
    "top-level list": ("[[1, 2], [3, 4]]", "case"),
    "top-level number": ("3", "case"),
    "top-level string": ('"means"', "case"),
    "duplicate key": ('{"means": [1], "means": [2]}', "'means'"),
    "unknown key": ('{"means": [1], "weight": [1]}', "'weight'"),
    "unknown key with a line break": ('{"means": [1], "a\\nb": 1}', "'a\\nb'"),
    # A number is none.
    "NaN": ('{"means": [[NaN]]}', "means[0][0]"),
    "infinity": ('{"means": [[0], [-Infinity]]}', "means[1][0]"),
    "float overflow": ('{"means": [1e400]}', "means[0]"),
    "true": ('{"means": [[1, true]]}', "means[0][1]"),
    "null entry": ('{"means": [[null]]}', "means[0][0]"),
    "division by zero": ('{"means": ["1/0"]}', "means[0]"),
    "word": ('{"means": [0, "one"]}', "means[1]"),
    "string with a line break": ('{"means": ["1\\n2"]}', "means[0]"),
    "empty string": ('{"means": [""]}', "means[0]"),
    "hexadecimal string": ('{"means": ["0x10"]}', "means[0]"),
    "NaN string": ('{"means": ["nan"]}', "means[0]"),
    "very long string": ('{"means": ["' + "9" * 100_000 + '"]}', "means[0]"),
    "huge exponent": ('{"means": ["1e999999999"]}', "means[0]"),
    "long integer": ('{"means": [1' + "0" * 3_000 + "]}", "means[0]"),
    "longer integer than Python reads": ('{"means": [1' + "0" * 9_000 + "]}", "not readable JSON"),
    # The means have no shape.
    "no means": ("{}", '"means"'),
    "means null": ('{"means": null}', "means"),
    "means a number": ('{"means": 1}', "means"),
    "means a string": ('{"means": "1, 2"}', "means"),
    "means an object": ('{"means": {"0": [1]}}', "means"),
    "means empty": ('{"means": []}', "means"),
    "means with empty rows": ('{"means": [[], []]}', "means"),
    "means ragged": ('{"means": [[1, 2], [3]]}', "means"),
    "means partly flat": ('{"means": [[1], 2]}', "means"),
    "means with an object as a row": ('{"means": [{"x": 1}]}', "means[0]"),
    "means three-dimensional": ('{"means": [[[1, 2], [3, 4]]]}', "means[0][0]"),
    # The weights do not fit.
    "zero weight": ('{"means": [1, 2], "weights": [1, 0]}', "weights[1]"),
    "negative weight": ('{"means": [1, 2], "weights": ["-1/2", 1]}', "weights[0]"),
    "too few weights": ('{"means": [1, 2], "weights": [1]}', "weights"),
    "too many weights": ('{"means": [1, 2], "weights": [1, 1, 1]}', "weights"),
    "weights a number": ('{"means": [1], "weights": 1}', "weights"),
    "weights nested": ('{"means": [1], "weights": [[1]]}', "weights[0]"),
    # An optional field does not fit.
    "step size zero": ('{"means": [1], "step_size": 0}', "step_size"),
    "step size negative": ('{"means": [1], "step_size": -1}', "step_size"),
    "step size a word": ('{"means": [1], "step_size": "x"}', "step_size"),
    "step size a list": ('{"means": [1], "step_size": [1]}', "step_size"),
    "s negative": ('{"means": [1], "s": "-1e-9"}', "s is"),
    "steps a fraction": ('{"means": [1], "steps": 1.5}', "steps"),
    "steps a string": ('{"means": [1], "steps": "3"}', "steps"),
    "steps a boolean": ('{"means": [1], "steps": true}', "steps"),
    "steps negative": ('{"means": [1], "steps": -1}', "steps"),
    "x of the wrong length": ('{"means": [[1, 2]], "x": [1]}', "x has"),
    "x a number": ('{"means": [1], "x": 1}', "x is"),
    "direction of the wrong length": ('{"means": [1], "direction": [1, 2]}', "direction"),
    "target of the wrong shape": ('{"means": [[1, 2]], "target": [1, 2]}', "target"),
    "target empty": ('{"means": [1], "target": []}', "target"),
    "truth a list": ('{"means": [1], "truth": [1]}', "truth is"),
    "truth with a bad mean": ('{"means": [1], "truth": {"means": [0, "x"]}}', "truth.means[1]"),
    "truth with a bad weight": (
        '{"means": [1], "truth": {"means": [0], "weights": [0]}}',
        "truth.weights[0]",
    ),
    "truth without means": ('{"means": [1], "truth": {}}', '"means"'),
    "truth with a step size": (
        '{"means": [1], "truth": {"means": [1], "step_size": 1}}',
        "'step_size'",
    ),
    "truth of the wrong dimension": ('{"means": [1], "truth": {"means": [[1, 2]]}}', "truth"),
}

MALFORMED: list[tuple[str, bytes]] = [
    (name, text.encode() if isinstance(text, str) else text) for name, (text, _) in _KINDS.items()
]
"""A name for what is wrong, and the bytes of the file."""

MENTIONED: dict[str, str] = {name: mention for name, (_, mention) in _KINDS.items()}
"""By the same name, what the error must mention."""
