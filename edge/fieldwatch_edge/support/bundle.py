"""A support bundle: what a person needs to understand a node, in one zip. Never pictures or keys: it is made
of texts that are named here, each of them cleaned, and of nothing else."""

from __future__ import annotations

import io
import json
import platform
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from fieldwatch_edge.errors import OutboxError
from fieldwatch_edge.support import log
from fieldwatch_edge.support.clean import cleaned
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import NodeSettings

LINES = 20_000
_STATES = (
    "fleet/ledger.json",
    "software/ledger.json",
    "desired.json",
)
"""Of the state directory, beside the log."""
_PACKAGES = ("fieldwatch", "numpy", "onnxruntime", "opencv-python-headless", "pydantic", "paho-mqtt", "av")
_KERNEL_LINES = 400


def bundle(
    settings: NodeSettings,
    *,
    findings: Sequence[dict[str, Any]],
    outbox: Outbox | None,
    heartbeat: str | None = None,
    max_bytes: int = 2 * 1024**2,
    lines: int = LINES,
) -> bytes:
    """The zip.

    Args:
        findings: of `fieldwatch edge doctor`.
        heartbeat: the last one, JSON: power, link, fleet, cameras.
        max_bytes: it has at most; where there is too much, the oldest lines of the log are left out.
    """
    texts = dict(_texts(settings, findings, outbox, heartbeat))
    room = max_bytes * 8  # JSON lines pack to about a tenth
    while True:
        packed = _packed({**texts, "log.jsonl": log.tail(settings.node.state_dir, lines, room)})
        if len(packed) <= max_bytes or room < 1024:
            return packed
        room //= 2


def _texts(
    settings: NodeSettings,
    findings: Sequence[dict[str, Any]],
    outbox: Outbox | None,
    heartbeat: str | None,
) -> Iterator[tuple[str, str]]:
    yield "settings.json", settings.model_dump_json(indent=1)
    yield "findings.json", json.dumps(list(findings), ensure_ascii=False, indent=1)
    yield "versions.json", json.dumps(_versions(), indent=1)
    yield "outbox.json", json.dumps(_outbox(outbox), indent=1)
    yield "kernel.txt", _kernel()
    if heartbeat is not None:
        yield "heartbeat.json", heartbeat
    for name in _STATES:
        path = settings.node.state_dir / name
        try:
            if path.stat().st_size <= log.FILE_BYTES:
                yield f"state/{name.replace('/', '-')}", path.read_text("utf-8", "replace")
        except OSError:
            continue


def _packed(texts: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in texts.items():
            archive.writestr(name, cleaned(text))
    return made.getvalue()


def _versions() -> dict[str, str]:
    found = {"made_at": utc_now().isoformat(), "python": sys.version, "platform": platform.platform()}
    found["prefix"] = sys.prefix
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _outbox(outbox: Outbox | None) -> dict[str, Any]:
    if outbox is None:
        return {"problem": "it could not be opened"}
    try:
        statistics = outbox.statistics()
    except OutboxError as error:
        return {"problem": str(error)}
    return {
        "records": {str(kind): count for kind, count in statistics.records.items()},
        "open_tracks": statistics.open_tracks,
        "bytes": statistics.bytes,
        "given_up": {str(kind): count for kind, count in statistics.given_up.items()},
    }


def _kernel() -> str:
    """The end of the kernel's messages, where this user may read them."""
    try:
        done = subprocess.run(
            ["dmesg", "--ctime"], capture_output=True, timeout=10, check=False, text=True, errors="replace"
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"not to be had: {error}\n"
    said = done.stdout or done.stderr
    return "\n".join(said.splitlines()[-_KERNEL_LINES:]) + "\n"
