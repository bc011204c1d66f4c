"""The settings of a project: the table [tool.theorycheck] of its pyproject.toml.

    [tool.theorycheck]
    claims = ["theory/*.py"]        # what `verify` and pytest check when nothing else is said
    profile = "nightly"
    seed = 1
    output = "build/theory"
    cache = ".theorycheck-cache"    # outcomes, for claims of which nothing has changed

    [tool.theorycheck.profiles.nightly]
    based_on = "thorough"
    batches = 4

Imports nothing heavy: pytest reads it before it collects anything.
"""

from __future__ import annotations

import glob
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from theorycheck.campaign.profiles import PROFILES, Profile
from theorycheck.errors import InvalidValue

_KEYS = ("claims", "profile", "seed", "output", "cache", "profiles")
_REGIONS = ("none", "some", "all")
_LEAST = {"batches": 1, "batch_size": 3, "seconds": 1}
"""A run without a batch would check nothing."""


@dataclass(frozen=True)
class Project:
    """The settings of a project; what it does not set is None or empty.

    root: the folder of its pyproject.toml. claims: patterns of files, relative to it.
    output, cache: relative to it too. profiles: its own.
    """

    root: Path = Path()
    claims: tuple[str, ...] = ()
    profile: str | None = None
    seed: int | None = None
    output: str | None = None
    profiles: dict[str, Profile] = field(default_factory=dict)
    cache: str | None = None

    @property
    def cache_folder(self) -> str | None:
        """The folder of the verdict cache, if there is to be one."""
        return None if self.cache is None else str(self.root / self.cache)

    def files(self) -> list[str]:
        """The files of claims, each once. Raises InvalidValue for a pattern that fits none."""
        return matching(self.claims, self.root)

    def named(self, profile: str) -> Profile:
        """The profile of a name: the project's own, or one of the package.

        Raises InvalidValue if there is none.
        """
        known = {**PROFILES, **self.profiles}
        if profile not in known:
            raise InvalidValue(f"profile is {profile!r}; give one of {', '.join(known)}")
        return known[profile]


def matching(patterns: tuple[str, ...] | list[str], root: Path) -> list[str]:
    """The files that patterns fit, in the order of the patterns, each once.

    Raises InvalidValue for a pattern that fits none; a plain name is kept as it is.
    """
    found: list[str] = []
    for pattern in patterns:
        path = str(root / pattern)
        files = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else [path]
        if not files:
            raise InvalidValue(f"claims: no file fits {pattern!r} in {root}")
        found += files
    return list(dict.fromkeys(found))


def project(start: Path | None = None) -> Project:
    """The settings of the nearest pyproject.toml that has any, from a folder upwards.

    Raises InvalidValue, naming the file and the key, for a setting that cannot be used.
    """
    here = (start or Path()).resolve()
    for folder in (here, *here.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            table = _table(path)
            return Project() if table is None else _read(path, table)
    return Project()


def _table(path: Path) -> dict[str, Any] | None:
    """What the file says of theorycheck; None if nothing."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        tool = tomllib.loads(text).get("tool", {})
    except (OSError, ValueError) as error:
        if (
            "[tool.theorycheck" in text
        ):  # to go on without these settings would check another theory
            raise InvalidValue(f"{path} cannot be read: {error}") from None
        return None
    found = tool.get("theorycheck") if isinstance(tool, dict) else tool
    if found is None or isinstance(found, dict):
        return found
    raise InvalidValue(f"{path}: tool.theorycheck is no table")


def _read(path: Path, table: dict[str, Any]) -> Project:
    if unknown := [name for name in table if name not in _KEYS]:
        known = ", ".join(_KEYS)
        raise InvalidValue(f"{path}: tool.theorycheck.{unknown[0]} is not known; known are {known}")
    claims = table.get("claims", [])
    if not isinstance(claims, list) or not all(isinstance(name, str) for name in claims):
        raise InvalidValue(f"{path}: tool.theorycheck.claims is no list of file names")
    for name, kind, what in (
        ("profile", str, "text"),
        ("output", str, "text"),
        ("cache", str, "text"),
    ):
        if not isinstance(table.get(name, ""), kind):
            raise InvalidValue(f"{path}: tool.theorycheck.{name} is no {what}")
    seed = table.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise InvalidValue(f"{path}: tool.theorycheck.seed is no whole number")
    own = table.get("profiles", {})
    if not isinstance(own, dict):
        raise InvalidValue(f"{path}: tool.theorycheck.profiles is no table")
    profiles = {name: _profile(path, name, entry) for name, entry in own.items()}
    found = Project(
        path.parent,
        tuple(claims),
        table.get("profile"),
        seed,
        table.get("output"),
        profiles,
        table.get("cache"),
    )
    if found.profile is not None:
        found.named(found.profile)
    return found


def _profile(path: Path, name: str, entry: Any) -> Profile:
    """A profile of a project: that on which it is based, with other numbers."""
    where = f"{path}: tool.theorycheck.profiles.{name}"
    if name in PROFILES:
        raise InvalidValue(f"{where} has the name of a profile of the package; choose another")
    if not isinstance(entry, dict):
        raise InvalidValue(f"{where} is no table")
    changes = dict(entry)
    base = changes.pop("based_on", "standard")
    if not isinstance(base, str) or base not in PROFILES:
        raise InvalidValue(f"{where}.based_on is {base!r}; give one of {', '.join(PROFILES)}")
    kinds = {part.name: type(getattr(PROFILES[base], part.name)) for part in fields(Profile)}
    del kinds["name"]
    for key, value in changes.items():
        if key not in kinds:
            raise InvalidValue(f"{where}.{key} is not known; known are {', '.join(kinds)}")
        least = _LEAST.get(key, 0)
        if kinds[key] is str:
            fits, wanted = value in _REGIONS, f"one of {', '.join(_REGIONS)}"
        else:
            types = (int,) if kinds[key] is int else (int, float)
            fits = isinstance(value, types) and not isinstance(value, bool) and value >= least
            wanted = f"a {'whole ' if kinds[key] is int else ''}number >= {least}"
        if not fits:
            raise InvalidValue(f"{where}.{key} is {value!r}; give {wanted}")
    return replace(PROFILES[base], name=name, **changes)
