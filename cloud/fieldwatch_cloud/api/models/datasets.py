"""Data sets of others, and species whose places are not told to everybody."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from fieldwatch_cloud.api.models.common import Answer, Body, Instant

ScientificName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Dataset(Answer):
    id: UUID
    name: str
    licence: str | None = Field(description="Of its data, as its package says.")
    citation: str | None = Field(description="How its owners want it cited.")
    effort_from_dates: bool = Field(
        description="Nobody said when its cameras really looked: counted as if always, from start to end."
    )
    imported_at: Instant
    account: str | None = Field(description="Who imported it; null: from the command line.")
    deployments: int
    media: int
    observations: int


class RejectedRow(Answer):
    table: str
    row: int = Field(description="From 1, without the header.")
    reason: str


class ImportedDataset(Answer):
    id: UUID
    name: str
    new: bool = Field(description="False: this very package was here already, and nothing changed.")
    deployments: int
    media: int
    pictures: int = Field(description="Of the media, those that came along and are kept here.")
    observations: int = Field(description="Rows that are kept.")
    counted: int = Field(
        description="Of them, those that count: of an event that is described as a whole, that description; "
        "nothing about putting up the camera."
    )
    effort_from_dates: bool
    rejected: list[RejectedRow] = Field(description="1000 at most.")
    rejected_rows: int = Field(description="All of them.")


class SensitiveSpecies(Body):
    scientific_name: ScientificName = Field(
        description="A genus stands for its species, a species for its subspecies.",
        examples=["Panthera uncia"],
    )
    blur_m: int = Field(
        ge=100, le=100_000, description="Side of the grid's cell, at least.", examples=[20_000]
    )


def _each_once(species: list[SensitiveSpecies]) -> list[SensitiveSpecies]:
    names = [one.scientific_name.lower() for one in species]
    if len(set(names)) < len(names):
        raise ValueError("a species is named twice")
    return species


SensitiveList = Annotated[list[SensitiveSpecies], Field(max_length=1000), AfterValidator(_each_once)]
