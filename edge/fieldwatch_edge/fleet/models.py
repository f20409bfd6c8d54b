"""A model from its wish to its trial: fetched, unpacked, its papers and signature checked, proven."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge import whole
from fieldwatch_edge.errors import EdgeError, ModelError
from fieldwatch_edge.fleet import archive
from fieldwatch_edge.fleet.proof import Question, Side, prove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fieldwatch_edge.fleet.ledger import Book
    from fieldwatch_edge.settings import DetectorSettings, NodeSettings
    from fieldwatch_shared.messages import DesiredArtifact

log = structlog.get_logger(__name__)


class NotTakenError(EdgeError):
    """What came, or what is wanted, is never taken on; says why."""


@dataclass(frozen=True, slots=True)
class Users:
    """Who asks for a model on this node."""

    detector: DetectorSettings
    """Of the first of them: how it is run, and whose signature it may bear."""
    for_fire: bool
    for_wildlife: bool


def users(settings: NodeSettings, name: str) -> Users | None:
    """None where no camera of this node asks for a model of that name."""
    fire = [c.fire.detector for c in settings.cameras if c.fire and c.fire.detector.model == name]
    animals = [
        c.wildlife.detector for c in settings.cameras if c.wildlife and c.wildlife.detector.model == name
    ]
    found = [*fire, *animals]
    return Users(found[0], bool(fire), bool(animals)) if found else None


def check_asked_for(settings: NodeSettings, name: str) -> Users:
    """Raises NotTakenError where no camera of this node asks for a model of that name."""
    who = users(settings, name)
    if who is not None:
        return who
    known = asked_for(settings)
    if paths := [model for model in known if "/" in model]:
        raise NotTakenError(
            f"this node's settings ask for models by their paths ({', '.join(paths)}), not for {name}"
        )
    raise NotTakenError(f"no camera of this node asks for a model {name}: it has {', '.join(known)}")


def asked_for(settings: NodeSettings) -> dict[str, DetectorSettings]:
    """All models of this node, by the name under which its settings ask for them."""
    found: dict[str, DetectorSettings] = {}
    for camera in settings.cameras:
        for task in (camera.fire, camera.wildlife):
            if task is not None:
                found.setdefault(task.detector.model, task.detector)
    return found


def unpack(book: Book, artifact: DesiredArtifact, zipped: Path) -> None:
    """The model's folder, whole and on the disk, in its place for good.

    Raises:
        NotTakenError: the archive is not one of a model.
        OSError: the disk does not take it.
    """
    folder = book.model_folder(artifact.sha256)
    part = folder.with_name(f"{artifact.sha256}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        archive.unpack(zipped, part / artifact.name)
        whole.flush_folder(part)
        part.replace(folder)
        whole.flush_folder(folder.parent)
    except archive.ArchiveError as error:
        raise NotTakenError(f"{artifact.name} {artifact.version}: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def stands(
    book: Book,
    artifact: DesiredArtifact,
    settings: NodeSettings,
    search_path: Sequence[Path],
    pictures: Sequence[Path],
    stopping: Callable[[], bool],
) -> bool:
    """Whether it was proven; False where `stopping` came first.

    Args:
        search_path: in which the old one is found.

    Raises:
        NotTakenError: it did not stand the test; says why.
    """
    who = check_asked_for(settings, artifact.name)
    folder = book.model_folder(artifact.sha256)
    question = Question(
        name=artifact.name,
        version=artifact.version,
        new=Side(detector=who.detector, search_path=(folder,)),
        old=Side(detector=who.detector, search_path=tuple(search_path)),
        pictures=tuple(pictures),
        for_fire=who.for_fire,
        for_wildlife=who.for_wildlife,
    )
    answer = prove(question, stopping)
    if answer is None:
        return False
    log.info(
        "fleet.proof", model=artifact.name, version=artifact.version, found=answer.words, why=answer.reason
    )
    if answer.reason is not None:
        raise NotTakenError(answer.reason)
    return True


def prune(book: Book, wanted: Sequence[str]) -> None:
    """Delete models that neither work, nor did just before, nor are `wanted` (hashes)."""
    ledger = book.now
    keep = {
        *ledger.choice.models.values(),
        *ledger.works_by.models.values(),
        *ledger.former.values(),
        *wanted,
    }
    root = book.folder / "models"
    for path in root.iterdir() if root.is_dir() else ():
        if path.name.partition(".")[0] in keep:
            continue
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError as error:
            log.warning("fleet.not_pruned", path=str(path), error=str(error))


def labels(settings: NodeSettings, search_path: Sequence[Path]) -> Mapping[str, str]:
    """What runs: name@version, by the name under which settings ask for it. What cannot be opened is left
    out: the camera's own problem says why."""
    from fieldwatch_edge.detect.model_folder import find_model

    found = {}
    for name in asked_for(settings):
        try:
            found[name] = find_model(name, search_path).label
        except ModelError:
            continue
    return found
