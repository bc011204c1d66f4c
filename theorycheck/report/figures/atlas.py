"""Maps of the time to leave, from the answer of `theorycheck atlas`, and the page that shows them.

Bounds are certified for all starts of a pixel; simulated is its centre alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures.data import Exhibit, Map, rounded

STEPS = r"$\log_{10}$ of the steps"
LEFT = "a far mean comes to 5/6 of its distance"


def exhibit_of_atlas(found: dict[str, Any], again: str) -> Exhibit:
    """The page of a map. found: the answer of `Atlas`. again: the command that repeats it."""
    return Exhibit(
        "How long starts are held",
        f"{sentence(found)} The first three maps have the same colours; point at a pixel for its "
        "numbers.",
        [*atlas_maps(found), _looseness(found)],
        again,
        facts=_facts(found),
    )


def sentence(found: dict[str, Any]) -> str:
    """What is mapped, and how tight it is."""
    first, second = (_name(found, k) for k in (0, 1))
    rows = found["pixels"]
    bounded = [row for row in rows if row["log_steps_upper"] is not None]
    of = f"all {first} and {second} of a pixel"
    if found.get("at_centres"):
        of = f"the {first} and {second} at the centre of each pixel"
    text = (
        f"Over the starts {_start(found)}, step size {found['step_size']}: the steps until {LEFT}, "
        f"with bounds for {of}. "
        f"{len(bounded)} of {len(rows)} pixels have both bounds."
    )
    if bounded:
        text += f" The median of upper over lower bound is {median(map(_ratio, bounded)):.3g}."
    return text


def atlas_maps(
    found: dict[str, Any], section: str = "general", title: str = "Time to leave"
) -> list[Map]:
    """Certified from below, certified from above, and simulated, on one scale."""
    rows = found["pixels"]
    values = [
        [_decimal(row["log_steps_lower"]) for row in rows],
        [_decimal(row["log_steps_upper"]) for row in rows],
        [
            None if row["simulated"] is None else math.log10(max(row["simulated"], 1))
            for row in rows
        ],
    ]
    known = [value for part in values for value in part if value is not None]
    scale = (0.0, max([*known, 1e-3]))
    starts = f"Starts {_start(found)}, step size {found['step_size']}, until {LEFT}"
    one = "the start at the centre of each pixel"
    texts = [
        ("certified lower bound", f"{starts}: no start of a pixel has left before."),
        ("certified upper bound", f"{starts}: every start of a pixel has left by then."),
        ("simulated", f"{starts}: {one}, in float64."),
    ]
    if found.get("at_centres"):
        texts[0] = ("certified lower bound", f"{starts}: {one} has not left before.")
        texts[1] = ("certified upper bound", f"{starts}: {one} has left by then.")
    return [
        _map(found, f"{title}, {name}", text, part, scale=scale, section=section)
        for (name, text), part in zip(texts, values, strict=True)
    ]


def _looseness(found: dict[str, Any]) -> Map:
    ratios = [
        None if row["log_steps_upper"] is None else math.log10(_ratio(row))
        for row in found["pixels"]
    ]
    return _map(
        found,
        "Upper over lower bound",
        "What is left between the two: the spread of the starts of a pixel, and what is not known.",
        ratios,
        label=r"$\log_{10}$ of the ratio",
    )


def _map(
    found: dict[str, Any],
    title: str,
    text: str,
    values: Sequence[float | None],
    label: str = STEPS,
    scale: tuple[float, float] | None = None,
    section: str = "general",
) -> Map:
    across = found["vary"][0]["pixels"]
    x, y = (_centres(found, side) for side in (0, 1))
    return Map(
        title,
        text,
        _name(found, 0),
        _name(found, 1),
        x,
        y,
        _in_rows([None if v is None else rounded([v])[0] for v in values], across),
        label,
        section=section,
        scale=scale,
        hints=_in_rows([hint(row) for row in found["pixels"]], across),
    )


def _in_rows(values: Sequence[Any], across: int) -> list[Any]:
    return [list(values[k : k + across]) for k in range(0, len(values), across)]


def _centres(found: dict[str, Any], side: int) -> list[float]:
    """The centres of the pixels along a side."""
    ends = dict.fromkeys(tuple(row["ranges"][side]) for row in found["pixels"])
    return rounded((low + high) / 2 for low, high in ends)


def hint(row: dict[str, Any]) -> str:
    """The numbers of a pixel in words."""
    ranges = ", ".join(
        f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}" for low, high in row["ranges"]
    )
    if row["log_steps_lower"] is None:
        return f"{ranges}: no bounds ({row['reason']})"
    least = _steps(row, "lower", math.floor)
    if row["log_steps_upper"] is None:
        bounds = f"at least {least} steps"
    else:
        bounds = f"{least} to {_steps(row, 'upper', math.ceil)} steps, ratio {_ratio(row):.3g}"
    centre = "too long to simulate" if row["simulated"] is None else f"simulated {row['simulated']}"
    left_out = f" ({row['reason']})" if row["reason"] else ""
    return f"{ranges}: {bounds}, {centre}{left_out}"


def _steps(row: dict[str, Any], end: str, rounding: Callable[[float], int]) -> str:
    """A number of steps in full while it is readable, else a power rounded to its own side."""
    steps = row[f"steps_{end}"]
    if steps is not None and steps < 10**7:
        return str(steps)
    return f"10^{rounding(100 * row[f'log_steps_{end}'] / math.log(10)) / 100:.2f}"


def _ratio(row: dict[str, Any]) -> float:
    return math.exp(min(row["log_steps_upper"] - row["log_steps_lower"], 700.0))


def _decimal(log: float | None) -> float | None:
    return None if log is None else log / math.log(10)


def _name(found: dict[str, Any], side: int) -> str:
    """The number that varies along a side."""
    of = found["vary"][side]
    return f"${_symbol(of['mean'], of.get('coordinate'))}$"


def _symbol(mean: int, coordinate: int | None) -> str:
    """A mean, or one of its coordinates, in the paper's numbering, which begins with 1."""
    return rf"\mu_{{{mean + 1}}}" if coordinate is None else rf"\mu_{{{mean + 1},{coordinate + 1}}}"


def _start(found: dict[str, Any]) -> str:
    """The start with names in place of what varies, and its weights."""
    mixture = Mixture.from_dict({name: found[name] for name in ("means", "weights")})
    means, weights = mixture.doubles
    varied = {(side["mean"], side.get("coordinate", 0)): side for side in found["vary"]}
    rows = [
        [
            _symbol(i, varied[i, k].get("coordinate")) if (i, k) in varied else f"{entry:.4g}"
            for k, entry in enumerate(row)
        ]
        for i, row in enumerate(means.tolist())
    ]
    entries = [row[0] if len(row) == 1 else f"({', '.join(row)})" for row in rows]
    listed = ", ".join(f"{weight:.4g}" for weight in weights)
    shares = "equal weights" if len(set(weights.tolist())) == 1 else f"weights {listed}"
    return f"$({', '.join(entries)})$ with {shares}"


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    """How many pixels lack what, and why."""
    bounded = [row for row in found["pixels"] if row["log_steps_lower"] is not None]
    simulated = [row for row in bounded if row["simulated"] is not None]
    reasons = dict.fromkeys(row["reason"] for row in found["pixels"] if row["reason"])
    facts = {
        "pixels": " × ".join(str(side["pixels"]) for side in found["vary"]),
        "without an upper bound": sum(row["log_steps_upper"] is None for row in found["pixels"]),
        "too long to simulate": len(bounded) - len(simulated),
        "simulations outside the bounds": sum(not _is_within(row) for row in simulated),
    }
    left_out = {"left out": "; ".join(reasons)} if reasons else {}
    return [(name, str(value)) for name, value in (facts | left_out).items()]


def _is_within(row: dict[str, Any]) -> bool:
    """True if the simulated steps do not contradict the bounds."""
    least, most = row["steps_lower"], row["steps_upper"]
    return (least is not None and least <= row["simulated"]) and (
        most is None or row["simulated"] <= most
    )
