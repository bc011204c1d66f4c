"""theorycheck: certified checks of the theory of gradient EM on Gaussian mixtures."""

from __future__ import annotations

__version__ = "0.1.0"
