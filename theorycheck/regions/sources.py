"""The text of a claim, by which a proof knows what it is a proof of."""

from __future__ import annotations

import hashlib
from pathlib import Path

from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import file_of


def source_hash(claim: Claim) -> str:
    """A hash of the file in which a claim is written, and of what it says of itself."""
    try:
        source = Path(file_of(claim)).read_bytes()
    except OSError:  # typed at a prompt: its code stands for it
        code = getattr(claim.function, "__code__", None)
        source = b"" if code is None else code.co_code + repr(code.co_consts).encode()
    words = f"{claim.id}\n{claim.kind}\n{claim.floor}\n{claim.function.__qualname__}\n"
    return hashlib.sha256(words.encode("utf-8") + source).hexdigest()
