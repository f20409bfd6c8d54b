"""Where the files of reports lie, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.media.store import DiskStore

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.reporting import Report


def store(media_dir: Path) -> DiskStore:
    """By content, as pictures are; apart from them, because a reserve's retention is not theirs."""
    return DiskStore(media_dir / "reports")


def name(report: Report) -> str:
    """Without its ending; ASCII, for headers: `foping-weekly-2026-05-04-en`."""
    days = f"{report.first_day}" if report.kind == "weekly" else f"{report.first_day:%Y-%m}"
    return f"{report.reserve}-{report.kind}-{days}-{report.language}"
