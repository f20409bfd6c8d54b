"""What the live stream is told: news in the shape that the API sends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.live import News
    from fieldwatch_cloud.db.staging import Row
    from fieldwatch_shared.messages import Media


def observations(
    news: News,
    reserve_of: Mapping[UUID, str],
    rows: Iterable[Row],
    new: Collection[UUID],
    received_at: datetime,
) -> None:
    """Those of `rows` (columns of db.staging.row) whose id is in `new`, each once."""
    untold = set(new)
    for id_, deployment, observed, ended, media_id, _, confidence, count, _, type_, _, name, _, _ in rows:
        if id_ not in untold:
            continue
        untold.discard(id_)
        news.add(
            reserve_of[deployment],
            "observation",
            {
                "id": str(id_),
                "deployment_id": str(deployment),
                "scientific_name": name,
                "observation_type": type_,
                "count": count,
                "confidence": confidence,
                "observed_at": observed.isoformat(),
                "ended_at": ended.isoformat(),
                "received_at": received_at.isoformat(),
                "media_id": str(media_id) if media_id else None,
            },
        )


def media(news: News, reserve: str, record: Media) -> None:
    news.add(reserve, "media", {"id": str(record.id), "deployment_id": str(record.deployment_id)})
