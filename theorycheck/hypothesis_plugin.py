"""The plugin of Hypothesis: strategies by type, and profiles of settings.

`st.from_type(Mixture)`, `st.from_type(Case)` and `st.builds` of functions with such annotations
work. The profiles are theorycheck-quick, theorycheck-standard and theorycheck-thorough; quick,
standard and thorough are the same, unless the project has profiles of these names. Hypothesis' own,
such as `ci`, stay unchanged.
"""

from __future__ import annotations

from types import ModuleType

from theorycheck.campaign.profiles import PROFILES
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture

EXAMPLES = dict(zip(PROFILES, (25, 100, 1000), strict=True))


def register() -> None:
    """Register strategies for `Mixture` and `Case`, and the profiles that do not exist yet."""
    import hypothesis  # which loads this module, and may not be done loading

    st = hypothesis.strategies
    st.register_type_strategy(Mixture, st.deferred(lambda: _strategies().mixtures()))
    st.register_type_strategy(Case, st.deferred(lambda: _strategies().cases()))
    for name, count in EXAMPLES.items():
        for known in (f"theorycheck-{name}", name):
            try:
                hypothesis.settings.get_profile(known)
            except hypothesis.errors.InvalidArgument:
                hypothesis.settings.register_profile(known, max_examples=count, deadline=None)


def _strategies() -> ModuleType:
    from theorycheck import strategies  # loads ball arithmetic

    return strategies
