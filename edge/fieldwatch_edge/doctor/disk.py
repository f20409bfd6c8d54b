"""The disk: whether it takes what the node sees, for how long, and who could read it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fieldwatch_edge.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge.settings import NodeSettings

LEAST_FREE_BYTES = 256 * 1024**2
SLOW_MS = 200.0
"""Of one record made safe (fsync). A good card takes 2 to 20 ms; at 200, a busy camera waits for its disk."""
WRITES = 8
WORN = 0x0A
"""eMMC: tenths of its life; 0x0A is 90 to 100 %, 0x0B beyond (JEDEC 84, EXT_CSD 268 and 269)."""
HOW_TO_ENCRYPT = "docs/guides/encrypted-store.md: one command, before the node goes up the mast"
_FS_IOC_GET_ENCRYPTION_POLICY_EX = 0xC0096616


def disk(settings: NodeSettings) -> Iterator[Check]:
    folder = settings.node.state_dir
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        advice = "its file system has an error (dmesg), or the card is at its end: replace it"
        yield Check("disk", "fail", f"{folder} is read-only", advice)
        return
    yield _room(folder, settings.outbox.max_bytes)
    yield _speed(folder)
    yield from _wear(folder)


def _room(folder: Path, budget: int) -> Check:
    free = shutil.disk_usage(folder).free
    finding = f"{free / 1024**3:.1f} GiB free in {folder}"
    if free < LEAST_FREE_BYTES:
        return Check("disk", "fail", finding, "make room: the node cannot keep what it sees")
    if free < budget:
        return Check(
            "disk", "warn", finding, f"[outbox] max_bytes allows {budget / 1024**3:.1f} GiB: lower it"
        )
    return Check("disk", "ok", finding)


def _speed(folder: Path) -> Check:
    """Milliseconds until a record of 4 KiB is safe: the median of some."""
    took = []
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            for _ in range(WRITES):
                started = time.perf_counter()
                file.write(os.urandom(4096))
                file.flush()
                os.fsync(file.fileno())
                took.append(1000 * (time.perf_counter() - started))
    except OSError as error:
        return Check(
            "disk speed", "fail", f"nothing can be written to {folder}: {error.strerror}", "see disk"
        )
    median = statistics.median(took)
    finding = f"a record is safe after {median:.1f} ms ({max(took):.0f} at most)"
    if median > SLOW_MS:
        return Check("disk speed", "warn", finding, "a card made for endurance, or an SSD, is faster")
    return Check("disk speed", "ok", finding)


def _wear(folder: Path) -> Iterator[Check]:
    """Where the device tells: eMMC does, most SD cards do not."""
    device = block_device(folder)
    if device is None:
        return
    for place in (device, device.parent):  # a partition lies in its disk
        text = _text(place / "device/life_time")
        if text is not None:
            used = max(int(word, 16) for word in text.split())
            finding = f"{place.name}: {min(10 * used, 100)} % of its life used, at most"
            if used >= WORN:
                yield Check("disk wear", "warn", finding, "replace it at the next visit")
            else:
                yield Check("disk wear", "ok", finding)
            return


# Encryption at rest --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of /proc/self/mountinfo."""

    point: str
    kind: str
    source: str


def encryption(settings: NodeSettings, identity_folder: Path | None) -> Check:
    """Whether one who takes the disk reads pictures and keys."""
    found = {folder: at_rest(folder) for folder in (settings.node.state_dir, identity_folder) if folder}
    plain = [str(folder) for folder, how in found.items() if how is None]
    if plain:
        finding = f"{' and '.join(plain)}: whoever takes the disk reads it"
        return Check("encryption", "warn", finding, HOW_TO_ENCRYPT)
    return Check("encryption", "ok", ", ".join(sorted({how for how in found.values() if how is not None})))


def at_rest(folder: Path) -> str | None:
    """How `folder` is encrypted on its disk; None: it is not, or nothing tells."""
    mount = mount_of(folder)
    if mount is not None and mount.kind in ("tmpfs", "ramfs"):
        return f"{mount.point} is memory, gone with the power"
    if mount is not None and mount.kind in ("fuse.gocryptfs", "ecryptfs", "fuse.encfs"):
        return mount.kind.removeprefix("fuse.")
    if _has_fscrypt_policy(folder):
        return "fscrypt"
    device = block_device(folder)
    return None if device is None else _crypt_below(device)


def _crypt_below(device: Path) -> str | None:
    """dm-crypt at the device or at one that it is made of: LVM on LUKS, and the other way round."""
    uuid = _text(device / "dm/uuid") or ""
    if uuid.startswith("CRYPT-"):
        return f"{uuid.split('-')[1]} ({_text(device / 'dm/name')})"
    with contextlib.suppress(OSError):
        for slave in sorted((device / "slaves").iterdir()):
            if (how := _crypt_below(slave.resolve())) is not None:
                return how
    return None


def block_device(folder: Path, sys: Path = Path("/sys")) -> Path | None:
    """Its device's folder in /sys; None where it has none (memory, network, FUSE)."""
    try:
        number = folder.stat().st_dev
        if os.major(number) == 0:  # btrfs and overlays have made-up numbers
            mount = mount_of(folder)
            number = Path(mount.source).stat().st_rdev if mount is not None else 0
    except OSError:
        return None
    link = sys / f"dev/block/{os.major(number)}:{os.minor(number)}"
    return link.resolve() if link.exists() else None


def mount_of(folder: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> Mount | None:
    """The mount that `folder` lies in."""
    best = None
    where = folder.resolve()
    for line in (_text(mountinfo) or "").splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4].encode().decode("unicode_escape")  # a blank is \040
        kind, source, *_ = after.split()
        inside = where == Path(point) or Path(point) in where.parents
        if inside and (best is None or len(point) >= len(best.point)):  # the last one lies on top
            best = Mount(point, kind, source)
    return best


def _has_fscrypt_policy(folder: Path) -> bool:
    """FS_IOC_GET_ENCRYPTION_POLICY_EX (linux/fscrypt.h): ENODATA or ENOTTY where there is none."""
    # policy_size (u64), then room for the policy: 24 bytes in version 2.
    argument = bytearray((24).to_bytes(8, "little") + bytes(24))
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.ioctl(fd, _FS_IOC_GET_ENCRYPTION_POLICY_EX, argument)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
