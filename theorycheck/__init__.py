"""theorycheck: certified checks of the theory of gradient EM on Gaussian mixtures.

The public names; everything else is reached through the modules named in the documentation.
Names are imported when first used, so that the command line starts at once.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from theorycheck._version import __version__

if TYPE_CHECKING:
    from theorycheck import claims as claims
    from theorycheck import oracle as oracle
    from theorycheck.arithmetic.arithmetics import FLOAT64 as FLOAT64
    from theorycheck.arithmetic.arithmetics import ball as ball
    from theorycheck.arithmetic.functions import inner_products as inner_products
    from theorycheck.arithmetic.functions import largest as largest
    from theorycheck.arithmetic.functions import root as root
    from theorycheck.arithmetic.functions import smallest as smallest
    from theorycheck.arithmetic.functions import squared_norms as squared_norms
    from theorycheck.dynamics.batched import gradient_em_many as gradient_em_many
    from theorycheck.dynamics.gradient_flow import Flow as Flow
    from theorycheck.dynamics.gradient_flow import gradient_flow as gradient_flow
    from theorycheck.dynamics.trajectory import Trajectory as Trajectory
    from theorycheck.dynamics.trajectory import em as em
    from theorycheck.dynamics.trajectory import gradient_em as gradient_em
    from theorycheck.errors import ClaimFailed as ClaimFailed
    from theorycheck.errors import InvalidType as InvalidType
    from theorycheck.errors import InvalidValue as InvalidValue
    from theorycheck.errors import NotWritten as NotWritten
    from theorycheck.errors import RunInProgress as RunInProgress
    from theorycheck.errors import TheoryCheckError as TheoryCheckError
    from theorycheck.errors import TooExpensive as TooExpensive
    from theorycheck.errors import UnsupportedRank as UnsupportedRank
    from theorycheck.errors import WorkersLost as WorkersLost
    from theorycheck.expectations.population import Population as Population
    from theorycheck.expectations.population import population as population
    from theorycheck.inputs.case import Case as Case
    from theorycheck.inputs.mixture import Mixture as Mixture
    from theorycheck.statements.claim import Claim as Claim
    from theorycheck.statements.claim import Control as Control
    from theorycheck.statements.claim import existence as existence
    from theorycheck.statements.claim import identity as identity
    from theorycheck.statements.claim import implied_constant as implied_constant
    from theorycheck.statements.claim import inequality as inequality
    from theorycheck.statements.comparison import at_most as at_most
    from theorycheck.statements.comparison import equal as equal
    from theorycheck.statements.domain import Domain as Domain
    from theorycheck.statements.verdicts import Holds as Holds
    from theorycheck.statements.verdicts import Refuted as Refuted
    from theorycheck.statements.verdicts import Undecided as Undecided
    from theorycheck.traps.certificate import TrapCertificate as TrapCertificate
    from theorycheck.traps.certificate import escape_time as escape_time
    from theorycheck.traps.certificate import trap_certificate as trap_certificate
    from theorycheck.traps.escape_time import EscapeTime as EscapeTime
    from theorycheck.verification import Report as Report
    from theorycheck.verification import verify as verify

_HOMES = {
    "arithmetic.arithmetics": ("FLOAT64", "ball"),
    "arithmetic.functions": ("inner_products", "largest", "root", "smallest", "squared_norms"),
    "dynamics.batched": ("gradient_em_many",),
    "dynamics.gradient_flow": ("Flow", "gradient_flow"),
    "dynamics.trajectory": ("Trajectory", "em", "gradient_em"),
    "errors": (
        *("ClaimFailed", "InvalidType", "InvalidValue", "NotWritten", "RunInProgress"),
        *("TheoryCheckError", "TooExpensive", "UnsupportedRank", "WorkersLost"),
    ),
    "expectations.population": ("Population", "population"),
    "inputs.case": ("Case",),
    "inputs.mixture": ("Mixture",),
    "statements.claim": (
        *("Claim", "Control", "existence", "identity", "implied_constant", "inequality"),
    ),
    "statements.comparison": ("at_most", "equal"),
    "statements.domain": ("Domain",),
    "statements.verdicts": ("Holds", "Refuted", "Undecided"),
    "traps.certificate": ("TrapCertificate", "escape_time", "trap_certificate"),
    "traps.escape_time": ("EscapeTime",),
    "verification": ("Report", "verify"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("claims", "oracle")
__all__ = ["__version__", *_MODULES, *_HOME_OF]


class _Package(ModuleType):
    """Keeps `theorycheck.population` the function.

    Importing a submodule binds it as an attribute of its package, which would hide the public
    function of the same name.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(importlib.import_module(f"theorycheck.{_HOME_OF[name]}"), name)
    elif name in _MODULES:
        value = importlib.import_module(f"theorycheck.{name}")
    else:
        raise AttributeError(f"module 'theorycheck' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
