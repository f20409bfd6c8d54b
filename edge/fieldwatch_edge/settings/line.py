"""`[broker]`, `[cloud]`, `[link]`, `[outbox]`, `[live_view]`: the way to the cloud, and what it may cost."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from fieldwatch_edge.lines import LINES, Line
from fieldwatch_edge.settings.section import Section


class Broker(Section):
    url: str = Field("mqtt://127.0.0.1:1883", pattern=r"^mqtts?://[^/@]+$")
    username: str | None = Field(None, description="Default: the node's id.")
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = Field(
        None, description="The node's own certificate, by which the broker knows it; from `edge enrol`."
    )
    key_file: Path | None = Field(None, description="Its private key, made on the node.")

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Broker:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together: `fieldwatch edge enrol` writes both")
        if self.cert_file is not None and not self.url.startswith("mqtts:"):
            raise ValueError('a certificate is shown over TLS alone: url = "mqtts://..."')
        return self


class CloudSettings(Section):
    """The cloud beyond the broker, over HTTPS: for renewal of certificates, models, large media."""

    url: str = Field(pattern=r"^https?://", description="As `edge enrol` was given it.")
    ca_file: Path | None = Field(None, description="Authorities for https; default: the system's.")
    signing_keys: tuple[Path, ...] = Field(
        (), description="Public keys (PEM, Ed25519) of the cloud: what is desired must bear their signature."
    )


class LinkSettings(Section):
    """What the line is, and what may be spent on it. A fire is sent whatever the budget."""

    kind: Literal["wired", "wifi", "5g", "lte", "satellite"] = "5g"
    bytes_per_day: int | None = Field(None, ge=0, description="UTC day, both directions; none: no bound.")
    bytes_per_month: int | None = Field(None, ge=0)
    large_bytes: int = Field(
        256 * 1024, ge=1024, description="Media above this go in parts over HTTPS, where the cloud is known."
    )
    media: bool | None = Field(
        None,
        description="Whether pictures go over this line; else by a data mule. A fire's own picture goes"
        " anyway. Default: by the kind of line; not over satellite.",
    )

    @property
    def line(self) -> Line:
        """What is known of this kind of line."""
        return LINES[self.kind]

    @property
    def takes_media(self) -> bool:
        return self.line.media if self.media is None else self.media


class OutboxSettings(Section):
    max_bytes: int = Field(2 * 1024**3, ge=1024**2, description="Budget on disk.")
    memory_bytes: int = Field(
        32 * 1024**2, ge=0, description="Budget in memory, while the disk takes nothing; 0: the node waits."
    )
    batch: int = Field(100, ge=1, le=1000, description="Observations in one message at most.")
    in_flight: int = Field(
        20, ge=1, le=1000, description="Messages sent and not yet acknowledged by the broker."
    )


class LiveViewSettings(Section):
    """A camera's pictures, live, while somebody asks for them: within these limits, whoever asks."""

    enabled: bool = Field(True, description="Whether this node shows anything live.")
    most_minutes: float = Field(10, gt=0, le=240, description="That one request may last, at most.")
    bytes_per_day: int = Field(
        100 * 1000**2,
        ge=0,
        description="Of the line, for all live views of a day (UTC), with what failed and came again. At the"
        " usual 200 kbit/s an hour takes 90 MB.",
    )
    at_once: int = Field(2, ge=1, le=16, description="Cameras that are shown live at the same time.")
    width: int = Field(640, ge=160, le=1920, description="Pixels, at most.")
    fps: float = Field(5, gt=0, le=30, description="Pictures per second, at most.")
    kbit_per_s: int = Field(200, ge=32, le=8000, description="Of the video, on average, at most.")
    hosts: tuple[str, ...] = Field(
        (),
        description="Where pictures may be uploaded to, by host name; none: to the cloud's own ([cloud] url),"
        " or, on a node that was not enrolled, wherever it says, by https where the broker's is mqtts.",
    )
    ca_file: Path | None = Field(None, description="Authorities for https; default: [cloud]'s.")
