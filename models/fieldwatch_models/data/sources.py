"""sources.toml: what the names of picture files say about source, licence, place, sequence, time and light.

A YOLO folder holds pictures and boxes and nothing else; who took a picture, where and when, is often in its
name. One rule is one prefix:

    [[source]]
    prefix = "fig_"                                # of the file's name; the longest that fits decides
    name = "fig"                                   # default: the prefix without its underscore
    title = "HPWREN/FIgLib ignition sequences"
    licence = "pictures: credit HPWREN"
    site = '^fig_(?P<site>[^_]+)_'                 # a camera or place
    sites = { "^fig_rm-n" = "red-mountain" }       # or one by one: the first pattern that fits, its place
    sequence = '^fig_(?P<sequence>[^_]+_[0-9]{8})_'  # frames that belong together
    sequences = { "^fig_x" = "night" }             # one by one, as sites
    sequence_block = 40                            # where names are numbers only: so many neighbours are one
                                                   # sequence; the pattern then has a group (?P<number>…) too
    taken_at = '_(?P<taken_at>[0-9]{8}_[0-9]{6})_'   # with taken_at_format; times are the camera's own
    taken_at_format = '%Y%m%d_%H%M%S'
    from_ignition = '_(?:m(?P<before>[0-9]+)|p(?P<after>[0-9]+))$'  # in units of from_ignition_unit_s
    from_ignition_unit_s = 60
    light = "day"                                  # or "night", or "colour": night where a picture has none
    night = '_093634_'                             # or: names that this finds are night, the others day
    labelled_for = ["smoke"]                       # default: every class of the data set

Patterns are searched in the name without its suffix. A pattern that does not fit leaves the field unknown.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from PIL import Image
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from fieldwatch_models.data.catalogue import Picture, Source
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

#: Mean distance between a pixel's highest and lowest channel, of 255, under which a picture is infrared.
#: JPEG's colour noise on grey stays under 3; a dull overcast day is over 10.
COLOURLESS = 5.0
#: Where the rules say nothing of a picture.
UNDESCRIBED = Source(title="not described in any sources.toml")


def _regular(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_regular)]


class SourceRule(BaseModel):
    """What the names that start with `prefix` say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefix: str
    name: str = ""
    title: str
    licence: str = "none stated"
    url: str | None = None
    credit: str | None = None
    site: Pattern | None = None
    sites: dict[Pattern, str] = {}
    sequence: Pattern | None = None
    sequences: dict[Pattern, str] = {}
    sequence_block: int | None = Field(default=None, ge=2)
    taken_at: Pattern | None = None
    taken_at_format: str = "%Y%m%d_%H%M%S"
    from_ignition: Pattern | None = None
    from_ignition_unit_s: float = 1
    light: Literal["day", "night", "colour"] | None = None
    night: Pattern | None = None
    labelled_for: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _groups(self) -> SourceRule:
        for key, names in _GROUPS.items():
            pattern = getattr(self, key)
            if pattern and not names & re.compile(pattern).groupindex.keys():
                raise ValueError(f"{key} = '{pattern}' has no group (?P<{min(names)}>…)")
        if self.sequence_block and "number" not in re.compile(self.sequence or "").groupindex:
            raise ValueError("sequence_block needs a group (?P<number>…) in sequence")
        return self

    @property
    def key(self) -> str:
        """What pictures call this source."""
        return self.name or self.prefix.rstrip("_-")

    @property
    def source(self) -> Source:
        """As the catalogue keeps it."""
        return Source(title=self.title, licence=self.licence, url=self.url, credit=self.credit)

    def facts(self, path: Path) -> dict[str, Any]:
        """The fields of a `Picture` that the name of `path` tells.

        Raises:
            ValueError: a time that is none.
        """
        stem = path.stem
        facts: dict[str, Any] = {"source": self.key, "labelled_for": self.labelled_for}
        facts["site"] = _listed(self.sites, stem) or _named(self.site, "site", stem)
        facts["sequence"] = _listed(self.sequences, stem) or self._sequence(stem)
        if time := _named(self.taken_at, "taken_at", stem):
            # A camera's own clock without a zone: which one it meant, the name does not say.
            facts["taken_at"] = datetime.strptime(time, self.taken_at_format)  # noqa: DTZ007
        if before := _named(self.from_ignition, "before", stem):
            facts["from_ignition_s"] = -float(before) * self.from_ignition_unit_s
        elif after := _named(self.from_ignition, "after", stem):
            facts["from_ignition_s"] = float(after) * self.from_ignition_unit_s
        if self.night:
            facts["light"] = "night" if re.search(self.night, stem) else "day"
        elif self.light == "colour":
            facts["light"] = "night" if is_colourless(path) else "day"
        else:
            facts["light"] = self.light
        return {key: value for key, value in facts.items() if value is not None}

    def _sequence(self, stem: str) -> str | None:
        name = _named(self.sequence, "sequence", stem)
        if self.sequence_block and (number := _named(self.sequence, "number", stem)):
            return f"{name}-{int(number) // self.sequence_block * self.sequence_block}"
        return name


_GROUPS = {
    "site": {"site"},
    "sequence": {"sequence"},
    "taken_at": {"taken_at"},
    "from_ignition": {"before", "after"},
}


class SourceRules(BaseModel):
    """A whole sources.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: tuple[SourceRule, ...] = ()

    @classmethod
    def read(cls, path: Path) -> SourceRules:
        """Read and check `path`.

        Raises:
            DataError: it cannot be read, or a rule makes no sense.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise DataError(f"cannot use {path}: {error}") from error

    def describe(self, pictures: list[Picture]) -> tuple[list[Picture], dict[str, Source], list[str]]:
        """Fill in what the names say and the pictures do not know yet; the sources in use; what was wrong."""
        described, sources, wrong = [], {}, []
        for picture in pictures:
            fits = [rule for rule in self.source if picture.path.name.startswith(rule.prefix)]
            rule = max(fits, key=lambda rule: len(rule.prefix), default=None)
            facts: dict[str, Any] = {"source": picture.source or "undescribed"}
            if rule is not None:
                try:
                    facts = rule.facts(picture.path)
                except ValueError as error:
                    wrong.append(f"{picture.path}: {error}")
            facts = {key: value for key, value in facts.items() if getattr(picture, key) in (None, "")}
            picture = picture.model_copy(update=facts)
            described.append(picture)
            if picture.source not in sources:
                known = rule is not None and rule.key == picture.source
                sources[picture.source] = rule.source if rule and known else UNDESCRIBED
        return described, sources, wrong


def is_colourless(path: Path) -> bool:
    """Whether a picture is infrared: grey but for the noise of its compression.

    Decoded at an eighth of its size, which JPEG gives away nearly for nothing.

    Raises:
        ValueError: it cannot be decoded.
    """
    try:
        with Image.open(path) as image:
            image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
            pixels = np.asarray(image.convert("RGB"), dtype=np.int16)
    except OSError as error:
        raise ValueError(f"cannot be decoded: {error}") from error
    return bool((pixels.max(axis=2) - pixels.min(axis=2)).mean() < COLOURLESS)


def _named(pattern: str | None, group: str, stem: str) -> str | None:
    found = re.search(pattern, stem) if pattern else None
    return found[group] if found else None


def _listed(listed: dict[str, str], stem: str) -> str | None:
    return next((value for pattern, value in listed.items() if re.search(pattern, stem)), None)
