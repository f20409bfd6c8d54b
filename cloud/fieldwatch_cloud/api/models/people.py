"""Accounts, memberships and tokens."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from fieldwatch_cloud.api.models.common import Answer, Body, Instant


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    RESEARCHER = "researcher"
    RANGER = "ranger"
    TECHNICIAN = "technician"


class Login(Body):
    email: str = Field(max_length=254, examples=["ranger@example.org"])
    password: SecretStr = Field(max_length=1024)


class Membership(Answer):
    reserve: str | None = Field(description="The reserve's slug; null: every reserve.")
    role: Role


class Account(Answer):
    id: UUID
    email: str
    name: str
    language: Literal["en", "zh"]
    memberships: list[Membership]


class LoggedIn(Answer):
    account: Account


class NewToken(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = Field(
        description="What it is for.", examples=["monthly report script"]
    )
    expires_at: Instant | None = Field(None, description="Absent: it works until it is revoked.")


class Token(Answer):
    id: UUID
    name: str
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None


class IssuedToken(Token):
    secret: str = Field(description="Shown this once; only its hash is kept.", examples=["fwt_..."])
