"""What heartbeats say of it: by what the node works, and what became of what it was told to take on.

Little: heartbeats go over lines that are paid by the byte. Settings in full only where they changed; the
outcome of a rollout where it is news, and now and then for as long as it is wanted.
"""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from fieldwatch_edge.errors import EdgeError
from fieldwatch_edge.fleet import models
from fieldwatch_edge.identity import Identity
from fieldwatch_shared import node_settings
from fieldwatch_shared.messages import FleetReport

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_edge.fleet.means import Means
    from fieldwatch_edge.settings import NodeSettings

TOLD = 2
"""Heartbeats that carry news: one of them may be given up with a full disk."""
AGAIN_S = 3600.0
SETTINGS_AGAIN_S = 24 * 3600.0


class Reporter:
    """Made at the start of the node, asked at each heartbeat."""

    def __init__(self, means: Means) -> None:
        self._means = means
        book = means.book
        path = means.origin.search_path(book, book.now.works_by.models)
        self._models = dict(models.labels(means.settings, path))
        self._settings = effective(means.settings)
        self._digest = node_settings.digest(self._settings)
        self._hardware = hardware()
        self._outcomes = _Told(AGAIN_S)
        self._in_full = _Told(SETTINGS_AGAIN_S)

    def report(self) -> FleetReport:
        ledger = self._means.book.now
        outcomes = [*ledger.outcomes, *self._means.software.outcomes][-20:]
        in_full = self._in_full.is_due(self._digest)
        return FleetReport(
            settings_sha256=self._digest,
            settings=self._settings if in_full else None,
            settings_problem=ledger.settings_problem,
            models=self._models,
            rollouts=outcomes if self._outcomes.is_due(outcomes) else [],
            certificate_expires_at=self._certificate_ends(),
            hardware=self._hardware if in_full else None,
        )

    def reported(self, said: FleetReport) -> None:
        """This is safe in the outbox."""
        if said.settings is not None:
            self._in_full.was_told(said.settings_sha256)
        if said.rollouts:
            self._outcomes.was_told(said.rollouts)

    def _certificate_ends(self) -> datetime | None:
        settings = self._means.settings
        try:
            identity = Identity.of(settings.node.id, settings.broker)
            return identity.load().expires_at if identity is not None else None
        except EdgeError:
            return None


class _Told:
    """When something is to be said: as long as it is news, and again after a while."""

    def __init__(self, again_s: float) -> None:
        self._again_s = again_s
        self._news: Any = None
        self._times, self._at = 0, 0.0

    def is_due(self, news: Any) -> bool:
        return news != self._news or self._times < TOLD or time.monotonic() - self._at >= self._again_s

    def was_told(self, news: Any) -> None:
        if news != self._news or time.monotonic() - self._at >= self._again_s:
            self._news, self._times, self._at = news, 0, time.monotonic()
        self._times += 1


def effective(settings: NodeSettings) -> dict[str, Any]:
    """What of the settings may be changed from afar, as it is: a document of `node_settings`. No secret and
    no path is among it."""
    dumped = settings.model_dump(mode="json")
    dumped["cameras"] = {camera["deployment_id"]: camera for camera in dumped["cameras"]}
    found: dict[str, Any] = _like(node_settings.SettingsPatch, dumped)
    found["cameras"] = {
        id_: _like(node_settings.CameraPart, camera) for id_, camera in dumped["cameras"].items()
    }
    return found


def _like(part: type[BaseModel], dumped: dict[str, Any]) -> dict[str, Any]:
    """Of `dumped`, what `part` has fields for."""
    found = {}
    for name, field in part.model_fields.items():
        value = dumped.get(name)
        inner = field.annotation
        if value is None:
            continue
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found[name] = _like(inner, value)
        else:
            found[name] = value
    return found


def hardware(root: Path = Path("/")) -> str:
    """Board, processor and memory, as far as the kernel tells: `Raspberry Pi 4 Model B Rev 1.4, 4 cores, 3.7
    GiB, aarch64`."""
    board = _first(root / "proc/device-tree/model", root / "sys/class/dmi/id/product_name")
    parts = [board, f"{os.cpu_count()} cores", _memory(root / "proc/meminfo"), platform.machine()]
    return ", ".join(part for part in parts if part)[:200]


def _first(*paths: Path) -> str | None:
    for path in paths:
        try:
            said = path.read_text(errors="replace").strip("\0\n ")
        except OSError:
            continue
        if said:
            return said
    return None


def _memory(meminfo: Path) -> str | None:
    try:
        kib = int(meminfo.read_text().partition("MemTotal:")[2].split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return f"{kib / 1024**2:.1f} GiB"
