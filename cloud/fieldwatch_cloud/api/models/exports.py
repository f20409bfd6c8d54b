"""What is to be exported."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from fieldwatch_cloud.api.geojson import Area
from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_cloud.api.models.counts import Taxon


class ExportQuery(Body):
    area: Area | None = Field(None, description="GeoJSON: deployments that stand in it; null: all.")
    zone: UUID | None = Field(None, description="Deployments that stand in this zone.")
    from_: Instant | None = Field(None, alias="from", description="Start of the span, included.")
    to: Instant | None = Field(None, description="End of the span, excluded.")
    taxa: list[Taxon] = Field([], max_length=100, description="Scientific names; none: all.")
    deployments: list[UUID] = Field([], max_length=10_000, description="None given: all.")
    min_confidence: float = Field(
        0, ge=0, le=1, description="Of the model's records; what a person has labelled is never left out."
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.from_ and self.to and self.to <= self.from_:
            raise ValueError("to must lie after from")
        return self


class ExportCitation(Answer):
    text: str = Field(description="One line, to be pasted into a list of references.")
    title: str
    licence: str = Field(description="SPDX.", examples=["CC-BY-4.0"])
    licence_url: str
    software: str
    accessed_at: Instant
