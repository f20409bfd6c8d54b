"""What can go wrong between a script and the service.

ClientError
├── Refused       the service answered with a problem (RFC 9457): its words, its status, the fields at fault
└── Unreachable   no answer, also after trying again
"""

from __future__ import annotations


class ClientError(Exception):
    pass


class Refused(ClientError):  # noqa: N818  It reads as what it is.
    def __init__(self, status: int, detail: str, fields: dict[str, str]) -> None:
        told = "".join(f"\n  {field}: {message}" for field, message in fields.items())
        super().__init__(f"{detail} ({status}){told}")
        self.status = status
        self.fields = fields
        """What is wrong, by field."""


class Unreachable(ClientError):  # noqa: N818
    pass
