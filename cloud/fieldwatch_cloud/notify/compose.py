"""A claimed delivery into the message that its device gets, as things stand at that moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_cloud.calls.facts import Animal, Facts, Unreached
from fieldwatch_cloud.calls.message import Message
from fieldwatch_cloud.calls.wording import compose, compose_plainly
from fieldwatch_cloud.db import deliveries, reporting
from fieldwatch_cloud.incidents.danger import danger_class
from fieldwatch_cloud.reporting.words import words

if TYPE_CHECKING:
    from fieldwatch_cloud.db.deliveries import Claimed
    from fieldwatch_cloud.db.pool import Connection

log = structlog.get_logger(__name__)


def message(conn: Connection, claimed: Claimed, base_url: str) -> Message:
    """Raises:
    NotFoundError: its notification is gone.
    """
    row = deliveries.facts(conn, claimed.notification_id)
    if row["report_id"] is not None:
        return report_message(reporting.report(conn, row["report_id"]), row, claimed, base_url)
    known = facts(row, claimed, base_url)
    try:
        return compose(known)
    except Exception:
        # Whatever ails our words, a fire is told.
        log.exception("notify.plain_words", delivery_id=str(claimed.id))
        return compose_plainly(known)


def report_message(report: reporting.Report, row: dict[str, Any], claimed: Claimed, base_url: str) -> Message:
    """In the report's own language, which was chosen for this reader: its headlines, and the PDF with it."""
    said = words(report.language)
    name = (row["reserve_name_zh"] if report.language == "zh" else None) or row["reserve_name"]
    title = said.mail_title(name, report.kind, report.first_day, report.last_day)
    return Message(
        delivery_id=claimed.id,
        secret=claimed.secret,
        kind="report",
        drill=False,
        language=report.language,
        title=title,
        body="\n".join(report.headlines),
        short=title,
        spoken=title,
        path=f"/#reports/{report.id}",
        base_url=base_url,
        at=report.made_at or row["created_at"],
        tag=report.id,
        report_id=report.id,
    )


def facts(row: dict[str, Any], claimed: Claimed, base_url: str) -> Facts:
    """
    Args:
        row: see `db.deliveries.facts`.
    """
    observed_at = row["observed_at"]
    late = (row["created_at"] - observed_at).total_seconds() if observed_at else 0.0
    animal = None
    if row["alert_id"] is not None:
        animal = Animal(
            rule_name=row["rule_name"],
            rule_name_zh=row["rule_name_zh"],
            scientific_name=row["scientific_name"],
            count=row["count"] or 1,
            confidence=row["confidence"] or 0.0,
            alert_id=row["alert_id"],
            observation_id=row["observation_id"],
        )
    same = (
        *("kind", "drill", "reserve", "reserve_name", "reserve_name_zh", "created_at", "timezone"),
        *("incident_id", "step", "fire_kind", "state", "source", "camera_name", "camera_lon", "camera_lat"),
        *("bearing_deg", "bearing_sd_deg", "lon", "lat", "place_method", "semi_major_m", "semi_minor_m"),
        *("orientation_deg", "called_at", "zone_name", "zone_name_zh", "fwi", "media_id"),
    )
    return Facts(
        **{name: row[name] for name in same},
        delivery_id=claimed.id,
        secret=claimed.secret,
        base_url=base_url,
        language=claimed.language,
        observed_at=observed_at,
        late_s=max(0.0, late),
        danger=None if row["fwi"] is None else danger_class(row["fwi"]),
        by=row["details"].get("by"),
        unreached=tuple(Unreached(who["name"], who["why"]) for who in row["details"].get("unreached", ())),
        animal=animal,
    )
