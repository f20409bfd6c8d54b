"""What waits in a node's outbox, carried to the office on a stick, where no link is; and the receipt that may
be carried back.

A file is a zip: `carried.json` (who, when, how many), and for each message, in the order of sending, its
payload as it would go over MQTT, `000001.observations`, with the record of a picture beside it,
`000002.media.json`. The messages keep their ids: it does not matter which way arrives first, nor whether
both do.
"""

import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, ValidationError

from fieldwatch_shared.messages import Slug, Utc, Wire
from fieldwatch_shared.topics import Kind

SUFFIX = ".fieldwatch"
HEADER = "carried.json"
LARGEST = 64 * 1024**2
"""Of one message; none is larger by far. A file that says so is no file of ours."""


class CarriedError(Exception):
    """A file that is not what it should be; the message says in what."""


class Header(Wire):
    format: Literal[1] = 1
    reserve: Slug
    node: Slug
    written_at: Utc
    messages: int = Field(ge=0)


class CarriedReceipt(Wire):
    """The cloud has these messages of that node."""

    format: Literal[1] = 1
    reserve: Slug
    node: Slug
    message_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class Carried:
    kind: Kind
    payload: bytes
    media: str | None = None
    """The record that travels beside a picture, JSON."""


def write(path: Path, reserve: str, node: str, messages: Iterable[Carried], now: datetime) -> Header:
    """Write them to `path`: whole or not at all, and on the stick when this returns.

    Raises:
        OSError: the stick is full, say; nothing is left behind then.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                number = 0
                for number, message in enumerate(messages, 1):
                    # Pictures are compressed already.
                    how = zipfile.ZIP_STORED if message.kind is Kind.MEDIA else zipfile.ZIP_DEFLATED
                    archive.writestr(f"{number:06}.{message.kind}", message.payload, how)
                    if message.media is not None:
                        archive.writestr(f"{number:06}.media.json", message.media)
                header = Header(reserve=reserve, node=node, written_at=now, messages=number)
                archive.writestr(HEADER, header.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return header


class CarriedFile:
    """A file to read; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises:
        CarriedError: it is none of ours, or was cut off.
        """
        self.damaged: list[str] = []
        """Messages that could not be read, with the reason."""
        try:
            self._archive = zipfile.ZipFile(path)
            self.header = Header.model_validate_json(self._read(HEADER))
        except (OSError, KeyError, zipfile.BadZipFile, zlib.error, ValidationError) as error:
            raise CarriedError(f"{path} is no outbox that was carried here: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def __iter__(self) -> Iterator[Carried]:
        """All that can be read; what cannot is named in `damaged`."""
        names = [name for name in self._archive.namelist() if not name.endswith(".json")]
        beside = {name for name in self._archive.namelist() if name.endswith(".media.json")}
        for name in sorted(names):
            number, _, kind = name.partition(".")
            record = f"{number}.media.json"
            try:
                media = self._read(record).decode() if record in beside else None
                yield Carried(Kind(kind), self._read(name), media)
            except (OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
                self.damaged.append(f"{name}: {error}")

    def _read(self, name: str) -> bytes:
        if self._archive.getinfo(name).file_size > LARGEST:
            raise zipfile.BadZipFile(f"{name} is too large to be a message")
        return self._archive.read(name)
