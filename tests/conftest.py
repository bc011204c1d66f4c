"""Assertions of shared helpers say what they compare, as those of the tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("helpers")

collect_ignore = ["typing"]  # read by type checkers only
