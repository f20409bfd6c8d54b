"""Artefacts from the cloud: whole and checked, or later; never before a fire, nor beyond a budget."""

from __future__ import annotations

import random
import shutil
import time
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_edge.errors import EdgeError
from fieldwatch_edge.fleet.models import NotTakenError
from fieldwatch_edge.identity.download import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch_edge.fleet.means import Means
    from fieldwatch_shared.messages import DesiredArtifact

log = structlog.get_logger(__name__)

RETRY_FIRST_S, RETRY_LONGEST_S = 5.0, 900.0
FREE_BYTES = 256 * 1024**2
"""Are left for what the cameras see."""


class Fetching:
    """Of one node; in the agent's thread alone."""

    def __init__(self, means: Means, stopping: Callable[[], bool]) -> None:
        self._means, self._stopping = means, stopping
        self._retry: dict[str, tuple[float, float]] = {}
        """By the artefact's hash: when to ask again (monotonic), and how long to wait after that."""
        self._damaged: set[str] = set()
        self._yield_at, self._yields = 0.0, False

    def fetched(self, artifact: DesiredArtifact, to: Path) -> bool:
        """Whether the artefact is here, its hash checked; else it is tried again later.

        Raises:
            NotTakenError: what comes is not what was announced.
        """
        if to.exists() and _is(artifact, to):
            return True
        if (
            time.monotonic() < self._retry.get(artifact.sha256, (0, 0))[0]
            or self._means.may_spend() is not None
        ):
            return False
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(to.parent).free < 3 * artifact.bytes + FREE_BYTES:
            self._later(artifact, "too little room on the disk")
            return False
        try:
            whole = self._means.fetch(artifact, to, self._may_go_on)
        except DamagedError as error:
            # Once, a power cut may have left blocks that were never written.
            if artifact.sha256 in self._damaged:
                raise NotTakenError(str(error)) from error
            self._damaged.add(artifact.sha256)
            return False
        except EdgeError as error:
            self._later(artifact, str(error))
            return False
        if whole and not _is(artifact, to):
            raise NotTakenError(f"what came as {artifact.name} {artifact.version} has another SHA-256")
        if whole:
            self._retry.pop(artifact.sha256, None)
        return whole

    def _later(self, artifact: DesiredArtifact, why: str) -> None:
        _, usual_s = self._retry.get(artifact.sha256, (0, RETRY_FIRST_S))
        # Without chance, all nodes of a reserve would ask again in the same instant.
        wait_s = usual_s * random.uniform(0.5, 1.5)  # noqa: S311  # not cryptography
        self._retry[artifact.sha256] = (time.monotonic() + wait_s, min(2 * usual_s, RETRY_LONGEST_S))
        log.info(
            "fleet.later", name=artifact.name, version=artifact.version, why=why, wait_s=round(wait_s, 1)
        )

    def _may_go_on(self) -> bool:
        """Asked at each chunk: fires go first, and no budget is overdrawn."""
        now = time.monotonic()
        if now >= self._yield_at:
            self._yield_at = now + 0.5
            self._yields = self._means.fires_wait() or self._means.may_spend() is not None
        return not self._stopping() and not self._yields


def _is(artifact: DesiredArtifact, file: Path) -> bool:
    """Whether `file` is that artefact; else it is gone."""
    if sha256_of(file) == artifact.sha256:
        return True
    file.unlink()
    return False
