"""The machine: its state directory, heat, watchdog, and what listens on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from fieldwatch_edge.desired import DESIRED_FILE, Desired
from fieldwatch_edge.doctor.check import Check
from fieldwatch_edge.errors import ConfigError, InUseError
from fieldwatch_edge.health import cpu_celsius
from fieldwatch_edge.identity.seal import Seal
from fieldwatch_edge.outbox import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge.settings import NodeSettings

HOT_CELSIUS = 80.0
UNIT = "fieldwatch-edge"
_TCP_LISTENS, _UDP_OPEN = "0A", "07"
_DHCP = frozenset({68, 546})
_SSH = 22


def is_running(settings: NodeSettings) -> Check | None:
    try:
        with locked(settings.node.state_dir):
            return None
    except InUseError as error:
        return Check("state directory", "warn", str(error), "fine if that is this node at work")
    except ConfigError as error:
        advice = "correct [node] state_dir, or let the node's user write there (chown)"
        return Check("state directory", "fail", str(error), advice)


def desired(settings: NodeSettings) -> Check:
    """By which desired state the node works, and whether it is about cameras that hang on it."""
    refused: list[str] = []
    state = Desired(settings.node.state_dir / DESIRED_FILE, Seal.of(settings), refused.append).state
    if refused:
        advice = "the cloud's comes again with the next connection; who else can write to this disk?"
        return Check("desired state", "fail", refused[0], advice)
    if state is None:
        return Check("desired state", "ok", "none has come: the node works by its settings alone")
    ours = {camera.deployment_id for camera in settings.cameras}
    masks = sum(len(camera.masks) for camera in state.cameras if camera.deployment_id in ours)
    finding = f"version {state.version}, {masks} ignore mask(s)"
    strange = [str(c.deployment_id) for c in state.cameras if c.deployment_id not in ours and c.masks]
    if strange:
        advice = f"is [[camera]] deployment_id right? Masks came for {', '.join(strange)}"
        return Check("desired state", "warn", f"{finding}; masks of cameras that it does not have", advice)
    return Check("desired state", "ok", finding)


def heat() -> Check:
    celsius = cpu_celsius()
    if celsius is None:
        return Check("processor", "ok", "tells no temperature")
    if celsius > HOT_CELSIUS:
        return Check("processor", "warn", f"{celsius:.0f} °C", "give it shade or air: it slows down when hot")
    return Check("processor", "ok", f"{celsius:.0f} °C")


def watchdog() -> Iterator[Check]:
    """Whether somebody starts the node again when it hangs, and the machine when that hangs."""
    unit = _shown(UNIT, "ActiveState", "WatchdogUSec", "Restart")
    if unit is None or unit["ActiveState"] != "active":
        yield Check(
            "service",
            "warn",
            f"{UNIT} is not run by systemd here",
            f"systemctl enable --now {UNIT}: it begins with the machine, and again after each failure",
        )
    elif unit["Restart"] != "always" or unit["WatchdogUSec"] in ("0", "infinity"):
        finding = f"Restart={unit['Restart']}, WatchdogUSec={unit['WatchdogUSec']}"
        yield Check("service", "warn", finding, "install the unit that comes with Fieldwatch anew")
    else:
        yield Check("service", "ok", f"{UNIT} runs; begun again if silent for {unit['WatchdogUSec']}")
    device = next(iter(sorted(Path("/sys/class/watchdog").glob("watchdog*"))), None)
    if device is None:
        yield Check(
            "watchdog", "warn", "the machine has none", "a frozen kernel stays frozen until somebody comes"
        )
        return
    active = _text(device / "state") == "active"
    name = _text(device / "identity") or device.name
    if active:
        yield Check("watchdog", "ok", f"{name}, after {_text(device / 'timeout') or '?'} s")
    else:
        advice = "RuntimeWatchdogSec=30 in /etc/systemd/system.conf, then systemctl daemon-reexec"
        yield Check("watchdog", "warn", f"{name} is there, and nobody uses it", advice)


def listening(proc: Path = Path("/proc")) -> Check:
    """What other machines could speak to. On a node, that is what its technician opened, for as long."""
    owners = _owners(proc)
    open_ports = sorted(
        {
            f"{kind} {port} ({owners.get(inode, 'another user' + chr(39) + 's')})"
            for kind, port, inode in _sockets(proc)
            if (kind, port) != ("tcp", _SSH)
        }
    )
    if open_ports:
        advice = "stop what you did not open: ss -lntup shows it, systemctl disable --now ends it"
        return Check("open to others", "warn", ", ".join(open_ports), advice)
    return Check("open to others", "ok", "nothing listens but ssh" if _ssh(proc) else "nothing listens")


def _ssh(proc: Path) -> bool:
    return any((kind, port) == ("tcp", _SSH) for kind, port, _ in _sockets(proc))


def _sockets(proc: Path) -> Iterator[tuple[str, int, str]]:
    """Protocol, port and inode of each that is not on loopback alone."""
    for name, kind, state in (
        ("tcp", "tcp", _TCP_LISTENS),
        ("tcp6", "tcp", _TCP_LISTENS),
        ("udp", "udp", _UDP_OPEN),
        ("udp6", "udp", _UDP_OPEN),
    ):
        for line in (_text(proc / "net" / name) or "").splitlines()[1:]:
            fields = line.split()
            address, _, port = fields[1].partition(":")
            if fields[3] != state or _is_loopback(address) or (kind == "udp" and int(port, 16) in _DHCP):
                continue
            yield kind, int(port, 16), fields[9]


def _is_loopback(address: str) -> bool:
    """As the kernel writes it: words of 32 bits, each in the machine's order."""
    words = [bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8)]
    whole = b"".join(words)
    if len(whole) == 4:
        return whole[0] == 127
    return whole == b"\0" * 15 + b"\1" or (whole[:12] == b"\0" * 10 + b"\xff\xff" and whole[12] == 127)


def _owners(proc: Path) -> dict[str, str]:
    """Program by socket inode: root sees all, others their own."""
    found = {}
    for process in proc.glob("[0-9]*"):
        try:
            fds = list((process / "fd").iterdir())
        except OSError:
            continue  # Another user's, or it has just ended.
        for fd in fds:
            try:
                target = os.readlink(fd)  # noqa: PTH115  # socket:[123] is no path
            except OSError:
                continue
            if target.startswith("socket:["):
                found[target[8:-1]] = _text(process / "comm") or "?"
    return found


def _shown(unit: str, *properties: str) -> dict[str, str] | None:
    """Of a unit, by systemctl; None where there is no systemd, or no such unit."""
    program = shutil.which("systemctl")
    if program is None:
        return None
    asked = [program, "show", unit, f"--property={','.join(properties)}"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    return said if all(name in said for name in properties) else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
