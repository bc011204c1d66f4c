"""Claims that are checked quickly, and reports without their times."""

from __future__ import annotations

import json

CHEAP = ["loss-upper", "responsibility-floor", "weighted-distance-nonmonotone"]


def without_times(data):
    """The report without what may differ between equal runs."""
    kept = {key: value for key, value in data.items() if key not in ("started", "seconds")}
    kept["claims"] = [{k: v for k, v in c.items() if k != "seconds"} for c in data["claims"]]
    return json.dumps(kept, sort_keys=True)
