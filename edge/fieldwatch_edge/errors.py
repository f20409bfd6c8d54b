"""What can go wrong on a node.

EdgeError
├── ConfigError      node.toml, or a model folder, says something that cannot be
│   └── InUseError   another node runs in the state directory
├── SourceError      a camera, folder or video gives no (more) pictures
│   ├── StuckError   a camera's driver holds a thread that nothing can end: only a new process helps
│   └── PictureError one picture cannot be read, or has no time
├── ModelError       a detector cannot be loaded, or its file does not match its card
│   └── SignatureError   nobody whom this node trusts has signed it
├── IdentityError    key or certificate of this node are missing, damaged, or do not fit each other
├── CloudError       the cloud did not do what was asked of it over HTTPS
│   ├── UnreachableError  it was not reached, or the line was cut: worth another try later
│   └── RefusedError      it said no: the same question gets the same answer
├── DeviceError      a meter or sensor is not there, or does not answer
└── OutboxError      the store on disk cannot be written or read
    └── CorruptOutboxError  its file is damaged, and will never be read again
"""

from __future__ import annotations


class EdgeError(Exception):
    """Any failure that a technician should see as one clear sentence."""


class ConfigError(EdgeError):
    pass


class InUseError(ConfigError):
    pass


class SourceError(EdgeError):
    pass


class StuckError(SourceError):
    pass


class PictureError(SourceError):
    pass


class ModelError(EdgeError):
    pass


class SignatureError(ModelError):
    pass


class DeviceError(EdgeError):
    pass


class IdentityError(EdgeError):
    pass


class CloudError(EdgeError):
    pass


class UnreachableError(CloudError):
    """Also where the cloud is up and says "later": `retry_after_s` is what it asked for, if it did."""

    def __init__(self, sentence: str, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class RefusedError(CloudError):
    """`status` is the HTTP status, `detail` what the cloud said."""

    def __init__(self, sentence: str, status: int, detail: str = "") -> None:
        super().__init__(sentence)
        self.status, self.detail = status, detail


class OutboxError(EdgeError):
    pass


class CorruptOutboxError(OutboxError):
    pass
