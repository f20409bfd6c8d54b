"""Where what a node reports is not what is desired of it.

A node that has not said by which settings it works, as older software does not, or whose last word about them
was lost, is *unknown*: never in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fieldwatch_shared import node_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fieldwatch_shared.messages import DesiredArtifact, DesiredState

Standing = Literal["in_order", "drift", "unknown"]


@dataclass(frozen=True, slots=True)
class Reported:
    """By what a node works, by its own word."""

    software: str
    settings: Mapping[str, Any] | None
    settings_sha256: str | None
    models: Mapping[str, str]

    @property
    def known(self) -> bool:
        """Whether `settings` are those that it works by now."""
        if self.settings is None:
            return False
        return self.settings_sha256 in (None, node_settings.digest(self.settings))


def differs(desired: DesiredState | None, reported: Reported) -> dict[str, tuple[Any, Any]]:
    """What was wanted and what is, by dotted path; settings only where they are known."""
    if desired is None:
        return {}
    found: dict[str, tuple[Any, Any]] = {}
    if reported.known:
        for path, wanted, has in node_settings.differences(desired.settings, reported.settings or {}):
            found[path] = (wanted, has)
    for model in desired.models:
        if label(model) not in reported.models.values():
            others = [one for one in reported.models.values() if one.partition("@")[0] == model.name]
            found[f"models.{model.name}"] = (model.version, others[0].partition("@")[2] if others else None)
    if desired.software is not None and version(reported.software) != desired.software.version:
        found["software"] = (desired.software.version, version(reported.software))
    return found


def since(
    found: Mapping[str, tuple[Any, Any]], before: Mapping[str, Mapping[str, Any]], now: datetime
) -> dict[str, dict[str, Any]]:
    """As it is kept: each difference with the time since when there is that wish and no answer to it."""
    kept = {}
    for path, (wanted, has) in found.items():
        was = before.get(path)
        began = was["since"] if was is not None and was["wanted"] == wanted else now.isoformat()
        kept[path] = {"wanted": wanted, "found": has, "since": began}
    return kept


def standing(reported: Reported | None, drift: Mapping[str, Any]) -> Standing:
    """Whether a node does what is desired of it."""
    if drift:
        return "drift"
    if reported is None or not reported.known:
        # Of a node of which nothing is desired, too: nobody knows by what it works.
        return "unknown"
    return "in_order"


def label(artifact: DesiredArtifact) -> str:
    """A model as nodes report it."""
    return f"{artifact.name}@{artifact.version}"


def version(software: str) -> str:
    """Of `fieldwatch 0.7.0`."""
    return software.split()[-1] if software.split() else ""
