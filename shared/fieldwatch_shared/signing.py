"""What the cloud signs of the things that it sends to a node, and how the node tells which key it was.

A signature covers the topic beside the payload: a desired state of one node is none for another. It travels
as two MQTT user properties: `signature`, base64 of the Ed25519 signature over `signed_bytes`, and `key-id`.
"""

from __future__ import annotations

import hashlib

SIGNATURE = "signature"
KEY_ID = "key-id"


def signed_bytes(topic: str, payload: bytes) -> bytes:
    """What is signed: the topic cannot hold a line feed, so where it ends is never in doubt."""
    return b"fieldwatch-signed:" + topic.encode() + b"\n" + payload


def key_id(public_key: bytes) -> str:
    """Of an Ed25519 public key (its 32 bytes): the first 16 hexadecimal digits of their SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]
