"""The plugin of Hypothesis: strategies by type, and profiles of settings.

`st.from_type(Mixture)`, `st.from_type(Case)` and `st.builds` of functions with such annotations
work. The profiles are quick, standard and thorough; Hypothesis' own, such as `ci`, stay unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from theorycheck.inputs.case import Case
    from theorycheck.inputs.mixture import Mixture

EXAMPLES = {"quick": 25, "standard": 100, "thorough": 1000}


def register() -> None:
    """Register strategies for `Mixture` and `Case`, and the profiles that do not exist yet."""
    from hypothesis import settings
    from hypothesis import strategies as st
    from hypothesis.errors import InvalidArgument

    from theorycheck.inputs.case import Case
    from theorycheck.inputs.mixture import Mixture

    st.register_type_strategy(Mixture, st.deferred(_mixtures))
    st.register_type_strategy(Case, st.deferred(_cases))
    for name, count in EXAMPLES.items():
        try:
            settings.get_profile(name)
        except InvalidArgument:
            settings.register_profile(name, max_examples=count, deadline=None)


def _mixtures() -> SearchStrategy[Mixture]:
    from theorycheck.strategies import mixtures

    return mixtures()


def _cases() -> SearchStrategy[Case]:
    from theorycheck.strategies import cases

    return cases()
