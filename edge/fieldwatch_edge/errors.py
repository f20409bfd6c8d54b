"""What can go wrong on a node.

EdgeError
├── ConfigError      node.toml, or a model folder, says something that cannot be
│   └── InUseError   another node runs in the state directory
├── SourceError      a camera, folder or video gives no (more) pictures
│   └── PictureError one picture cannot be read, or has no time
├── ModelError       a detector cannot be loaded, or its file does not match its card
│   └── SignatureError   nobody whom this node trusts has signed it
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


class PictureError(SourceError):
    pass


class ModelError(EdgeError):
    pass


class SignatureError(ModelError):
    pass


class OutboxError(EdgeError):
    pass


class CorruptOutboxError(OutboxError):
    pass
