"""Memory cards of camera traps, taken in at the office: `fieldwatch edge card`.

A camera trap has no link: its card is collected, read, kept and wiped. Each card is read as a node of its own
over one folder, with a state of its own, so that an interrupted reading goes on where it was, and the next
card of the same camera begins anew though its pictures bear the same names (IMG_0001.JPG).

Effort of a camera that takes pictures when something moves cannot come from the gaps between pictures: it
was looking all the time. It is told as the span from the first picture to the last, which is right where the
technician makes it take one when it is set up and when it is collected, and too short, never too long,
where not.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fieldwatch_edge.capture.listing import Listing
from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.settings import Camera, DetectorSettings, FolderSource, Times, WildlifeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_edge.settings import NodeSettings

HEAD_BYTES = 4096
LONGEST_GAP_S = timedelta(days=366).total_seconds()
"""As long as the cloud believes a span of effort to be."""
BURST_S = 15.0
"""Pictures that a trap takes at one alarm lie seconds apart: what is in all of them is one animal."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card holds."""

    folder: Path
    names: tuple[str, ...]
    """Of its pictures, relative to `folder`, in order."""
    fingerprint: str
    """Of names, sizes and the beginning of each picture, where its time stands: the same card again has the
    same one, the next of the same camera has another."""

    @classmethod
    def read(cls, folder: Path) -> Card:
        """
        Raises:
            ConfigError: the folder cannot be read, or holds no pictures.
        """
        try:
            names = tuple(Listing(folder).new_names())
            told = hashlib.sha256()
            for name in names:
                with (folder / name).open("rb") as file:
                    told.update(
                        f"{name}\t{os.fstat(file.fileno()).st_size}\t".encode() + file.read(HEAD_BYTES)
                    )
        except OSError as error:
            raise ConfigError(f"cannot read {folder}: {error.strerror}") from error
        if not names:
            raise ConfigError(f"there are no pictures in {folder}: is it the card's folder, such as DCIM?")
        return cls(folder, names, told.hexdigest()[:16])


def settings_of(
    node: NodeSettings,
    card: Card,
    deployment_id: UUID,
    *,
    times: Times,
    model: str,
    time_lapse_s: float | None,
    allow_unsigned: bool = False,
) -> NodeSettings:
    """The node's settings, for one run over that card alone.

    Args:
        times: where its pictures' times come from.
        model: of what lives there.
        time_lapse_s: the camera took a picture each so many seconds, whatever moved; None: when something
            moved.
        allow_unsigned: take the model whoever made it.
    """
    camera = Camera(
        deployment_id=deployment_id,
        source=FolderSource(kind="folder", path=card.folder, times=times),
        max_gap_s=LONGEST_GAP_S if time_lapse_s is None else 2.5 * time_lapse_s,
        wildlife=WildlifeSettings(
            detector=DetectorSettings(model=model, allow_unsigned=allow_unsigned),
            # One picture may be all that there is of an animal, and in each something moved.
            min_frames=1,
            gate=WildlifeSettings().gate.model_copy(update={"enabled": False}),
            lost_s=BURST_S,
        ),
    )
    state_dir = node.node.state_dir / "cards" / f"{deployment_id}-{card.fingerprint}"
    return node.model_copy(
        update={
            "cameras": [camera],
            "power": None,
            "node": node.node.model_copy(update={"state_dir": state_dir}),
        }
    )


def keep(card: Card, to: Path) -> Iterator[str]:
    """Copy the card's pictures to a folder of their own below `to`, and read each copy again; yields their
    names as they are done. What is there already, and the same, is left alone; nothing is ever overwritten.

    Raises:
        ConfigError: a picture cannot be read or written, was read back otherwise than it was written, or
            another one lies where it should go.
    """
    target = to / card.fingerprint
    for name in card.names:
        source, copy = card.folder / name, target / name
        try:
            wanted = _sha256(source)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                part = copy.with_name(f".{copy.name}.part")
                shutil.copy2(source, part)
                if _sha256(part) != wanted:
                    raise ConfigError(f"{part} is not what was written: is the disk, or the card, broken?")
                part.replace(copy)
            elif _sha256(copy) != wanted:
                raise ConfigError(f"{copy} is there already, and another picture: choose another folder")
        except OSError as error:
            raise ConfigError(f"cannot copy {source} to {copy}: {error.strerror}") from error
        yield name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
