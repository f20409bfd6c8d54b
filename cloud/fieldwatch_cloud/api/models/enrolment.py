"""Nodes as managers and technicians see them: how each may log in, and the code that lets a box in."""

from typing import Annotated, Literal

from pydantic import Field

from fieldwatch_cloud.api.models.common import Answer, Body, Instant
from fieldwatch_shared.enrolment import CERTIFICATE_DAYS
from fieldwatch_shared.messages import Slug

ValidDays = Annotated[
    int,
    Field(ge=1, le=825, description="How long each certificate of the node holds; it renews them itself."),
]


class CodeRequest(Body):
    valid_days: ValidDays = CERTIFICATE_DAYS


class EnrolmentCode(Answer):
    """A one-time code, shown this once: only its hash is kept."""

    code: str = Field(description="As a person types it.", examples=["FW1-7K3M-Q0XV-9TPA-2HRC-5D"])
    link: str = Field(description="What the QR code holds: the cloud's address, and the code after '#'.")
    qr: str = Field(description="The link as a QR code: an SVG document.")
    command: str = Field(description="To be typed on the node, which then asks for the code.")
    expires_at: Instant


class NodeCertificate(Answer):
    serial: str = Field(description="Hexadecimal digits.")
    issued_at: Instant
    until: Instant
    revoked_at: Instant | None
    reason: Literal["revoked", "superseded"] | None = Field(
        description="`superseded`: another box was enrolled as this node."
    )


class NodeCode(Answer):
    """A code that was made for the node; of the code itself nothing is known."""

    made_at: Instant
    expires_at: Instant
    used_at: Instant | None
    refused_at: Instant | None = Field(
        description="When another box tried it after it was used: somebody else has seen it."
    )


class ReserveNode(Answer):
    id: Slug
    name: str
    online: bool
    created_at: Instant
    revoked_at: Instant | None = Field(description="Since when it may not log in, by nothing.")
    log_in: Literal["certificate", "password", "none"] = Field(
        description="`none`: it was not enrolled yet, or was revoked."
    )
    certificate: NodeCertificate | None = Field(description="The newest.")
    code: NodeCode | None = Field(description="The newest.")
    hardware: dict[str, str] | None = Field(description="What the box said of itself.")


class ReserveNodes(Answer):
    items: list[ReserveNode]
    broker_url: str | None = Field(
        description="Where nodes with certificates reach the broker; null: nowhere yet, and none can be "
        "enrolled."
    )


class RevokedNode(Answer):
    id: Slug
    serials: list[str] = Field(description="Of the certificates that held until now.")
