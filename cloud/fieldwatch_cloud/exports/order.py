"""What somebody asked to have exported: the same for every format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Order:
    """Which records of a reserve, and how exactly their places may be told."""

    reserve: str
    """Its slug."""
    reserve_id: UUID
    since: datetime | None = None
    """In corrected time; included. None leaves a side open."""
    until: datetime | None = None
    """Excluded."""
    area: str | None = None
    """GeoJSON Polygon or MultiPolygon, longitude before latitude: deployments that stand in it."""
    zone: UUID | None = None
    """Deployments that stand in this zone."""
    taxa: tuple[str, ...] = ()
    """Scientific names; none: all. Deployments and effort are exported whatever was seen at them."""
    deployments: tuple[UUID, ...] = ()
    """None given: all of the area."""
    min_confidence: float = 0.0
    exact: bool = False
    """Whether who asks may see where sensitive species are; if not, places are blurred (`sensitive`)."""
    site: str = ""
    """Address of this service, for links to pictures: `https://fieldwatch.example.org`."""

    def query(self) -> dict[str, Any]:
        """The question as JSON, for the citation: what was asked, and nothing that was not."""
        asked: dict[str, Any] = {
            "reserve": self.reserve,
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
            "area": self.area,
            "zone": str(self.zone) if self.zone else None,
            "taxa": list(self.taxa),
            "deployments": [str(id_) for id_ in self.deployments],
            "min_confidence": self.min_confidence,
        }
        return {name: value for name, value in asked.items() if value} | {"exact_places": self.exact}
