"""The tables of docs/theory.md, section 3, made from the registry of claims.

`python docs/hooks/theory_tables.py` writes them anew between their markers.
"""

from __future__ import annotations

import re
from pathlib import Path

import theorycheck as tc
from theorycheck.report.theory_page import constants, table

THEORY = Path(__file__).parents[1] / "theory.md"
_TABLE = re.compile(r"(<!-- claims of group (\w) -->\n).*?(<!-- end -->)", re.S)


_CONSTANTS = re.compile(r"(<!-- constants -->\n).*?(<!-- end -->)", re.S)


def updated(text: str) -> str:
    """The page with every table as the registry has it now."""
    claims = tc.claims.all()
    text = _CONSTANTS.sub(lambda match: f"{match[1]}\n{constants(claims)}\n\n{match[2]}", text)

    def tabled(match: re.Match[str]) -> str:
        members = [claim for claim in claims if claim.group == match[2]]
        return f"{match[1]}\n{table(members)}\n\n{match[3]}"

    return _TABLE.sub(tabled, text)


if __name__ == "__main__":
    THEORY.write_text(updated(THEORY.read_text(encoding="utf-8")), encoding="utf-8")
