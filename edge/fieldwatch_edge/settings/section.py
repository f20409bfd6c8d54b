"""What all sections of `node.toml` have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    # A misspelt key must be an error: silently ignored, it would be a camera that watches with defaults.
    model_config = ConfigDict(extra="forbid", frozen=True)
