"""Domains: the hypotheses of a claim, from which cases are generated and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from theorycheck.inputs.case import Case


@dataclass(frozen=True)
class Domain:
    """The hypotheses of a claim, from which cases are generated and checked.

    Attributes:
        components: Inclusive range of the number n of components. Its upper end limits what is
            generated; it is a hypothesis only if both ends agree.
        dimension: Inclusive range of the dimension d, with an upper end of the same kind. Open
            ranges are left at times, up to n = 8 and d = 4.
        radius: The largest scale of the means that are generated, whose norms reach about three
            times as far, or five times from the default of 12 on. It is no hypothesis.
        step_size: Half-open range (low, high].
        open_above: True to leave out the upper end of step_size.
        equal_weights: True if the weights must all be equal.
        lightest: The smallest weight allowed, as a share.
        truth: "gaussian" for N(0, I) only, "mixture" for a mixture only, or "any".
        steps: The length of the trajectories that are generated.
        shapes: Configurations of means to generate (see `strategies.mixtures`); empty for all.
        scales: Scales of the means to generate; empty for a range up to the radius.
        where: A further exact condition.
        also: That condition in words.

    Example:
        >>> from theorycheck.inputs.mixture import Mixture
        >>> Domain(components=(2, 2)).contains(Case(Mixture([1, 2, 3])))
        False
    """

    components: tuple[int, int] = (1, 5)
    dimension: tuple[int, int] = (1, 3)
    radius: float = 12.0
    step_size: tuple[Fraction, Fraction] = (Fraction(0), Fraction(2))
    open_above: bool = False
    equal_weights: bool = False
    lightest: Fraction = Fraction(0)
    truth: Literal["gaussian", "any", "mixture"] = "gaussian"
    steps: int = 400
    shapes: tuple[str, ...] = ()
    scales: tuple[Fraction, ...] = ()
    where: Callable[[Case], bool] | None = None
    also: str = ""

    def contains(self, case: Case) -> bool:
        """Return True if an exact case satisfies the hypotheses (the radius is none)."""
        m = case.mixture
        if not self.components[0] <= m.components or m.components > self._most_components:
            return False
        if m.dimension < self.dimension[0] or (self.equal_weights and not m.has_equal_weights):
            return False
        if (case.truth is None and self.truth == "mixture") or (
            case.truth is not None and self.truth == "gaussian"
        ):
            return False
        if min(case.mixture.weights) < self.lightest:
            return False
        if case.step_size is not None and not self._allows(case.step_size):
            return False
        return self.where is None or self.where(case)

    def in_words(self, inputs: tuple[str, ...]) -> str:
        """Return the hypotheses as one line of plain text, for a claim with these inputs."""
        low, high = self.components
        parts = [f"n = {low}" if low == high else f"n >= {low}" if low > 1 else "any n"]
        if self.equal_weights:
            parts.append("equal weights")
        if self.lightest:
            parts.append(f"no weight below {self.lightest}")
        if self.dimension[0] > 1:
            parts.append(f"d >= {self.dimension[0]}")
        truths = {"gaussian": "truth N(0, I)", "any": "any truth", "mixture": "truth a mixture"}
        parts.append(truths[self.truth])
        if "step_size" in inputs:
            end = "<" if self.open_above else "<="
            parts.append(f"{self.step_size[0]} < step size {end} {self.step_size[1]}")
        return ", ".join([*parts, self.also] if self.also else parts)

    @property
    def _most_components(self) -> float:
        """The upper end of the components where it is a hypothesis: in a claim about one n."""
        low, high = self.components
        return high if low == high else float("inf")

    def _allows(self, step_size: Fraction) -> bool:
        low, high = self.step_size
        return low < step_size < high or (step_size == high and not self.open_above)
