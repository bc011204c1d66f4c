"""A Hypothesis backend whose draws depend on the seed alone.

Hypothesis also draws constants that it finds in whatever local modules happen to be loaded, so the
same seed can mean other cases in another process. A campaign must not depend on that.
"""

from __future__ import annotations

from typing import Any

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

BACKEND = "theorycheck"


class SeededProvider(HypothesisProvider):
    """Hypothesis' own provider without constants from the loaded modules."""

    def _maybe_draw_constant(self, *arguments: Any, **options: Any) -> None:
        return None


AVAILABLE_PROVIDERS[BACKEND] = SeededProvider
