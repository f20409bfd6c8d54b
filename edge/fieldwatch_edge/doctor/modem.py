"""SIM and modem, as ModemManager tells (`mmcli -J`)."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from fieldwatch_edge.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

_WITHIN_S = 10
WEAK_PERCENT = 20
_LOCKED = ("sim-pin", "sim-puk")
"""What ModemManager asks for before it can register. `sim-pin2` guards settings of the card alone."""
_NOTHING = "--"
_WHY_FAILED = {
    "sim-missing": ("no SIM card", "put one in with the power off, contacts as the slot shows"),
    "sim-error": ("the SIM card cannot be read", "take it out, clean it, try another"),
    "esim-without-profiles": ("the eSIM holds no profile", "have its operator load one"),
}
_REGISTERED = ("home", "roaming")


def modems() -> Iterator[Check]:
    """Nothing where no ModemManager is installed: the line is then another's business, a router's say."""
    program = shutil.which("mmcli")
    if program is None:
        return
    listed = _asked(program, "-L")
    if listed is None:
        advice = "systemctl enable --now ModemManager"
        yield Check("modem", "warn", "ModemManager is installed and does not answer", advice)
        return
    paths = listed.get("modem-list", [])
    if not paths:
        advice = (
            "is it plugged in and powered? lsusb shows it; a USB hub without its own supply is often too weak"
        )
        yield Check("modem", "warn", "ModemManager sees no modem", advice)
    for path in paths:
        said = _asked(program, "-m", path)
        if said is not None:
            yield judge(said)


def judge(said: dict[str, Any]) -> Check:
    """What `mmcli -m N -J` says of one modem, in words."""
    generic, network = _section(said, "generic"), _section(said, "3gpp")
    name = " ".join(_text(generic, key) for key in ("manufacturer", "model") if _text(generic, key)) or "?"
    what = f"modem {name}"
    state, lock = _text(generic, "state"), _text(generic, "unlock-required")
    if state == "failed":
        reason = _text(generic, "state-failed-reason")
        finding, advice = _WHY_FAILED.get(
            reason, (f"it fails: {reason or 'no reason given'}", "start it again")
        )
        return Check(what, "fail", finding, advice)
    if lock in _LOCKED:
        left = [each for each in generic.get("unlock-retries", []) if each.startswith(f"{lock} ")]
        tries = f", tries left: {left[0]}" if left else ""
        advice = (
            "mmcli -i 0 --pin=PIN, then --disable-pin, so that it comes back after a power cut by itself"
            if lock == "sim-pin"
            else "the operator has its PUK: mmcli -i 0 --puk=PUK --pin=NEW"
        )
        return Check(what, "fail", f"the SIM card asks for its {lock[4:].upper()}{tries}", advice)
    finding = ", ".join(_line(generic, network))
    registration = _text(network, "registration-state")
    if registration == "denied":
        return Check(
            what, "fail", f"{finding}: the operator refuses it", "is the contract active, the IMEI allowed?"
        )
    if state == "disabled":
        return Check(what, "fail", "it is switched off", "nmcli radio wwan on; mmcli -m 0 --enable")
    if registration not in _REGISTERED:
        advice = "no cell in reach, or the antenna is loose or of the wrong band: try the mast's other side"
        return Check(what, "fail", f"{finding}: not registered with any network", advice)
    if state != "connected":
        advice = (
            "nmcli connection add type gsm apn NAME ifname '*' autoconnect yes: the operator tells the name"
        )
        return Check(what, "fail", f"{finding}: registered, but no data", advice)
    signal = _signal(generic)
    if signal is not None and signal < WEAK_PERCENT:
        return Check(what, "warn", finding, "turn or raise the antenna: look at the signal while you do")
    return Check(what, "ok", finding)


def _line(generic: dict[str, Any], network: dict[str, Any]) -> Iterator[str]:
    if operator := _text(network, "operator-name"):
        roams = " (roaming)" if _text(network, "registration-state") == "roaming" else ""
        yield operator + roams
    if technologies := generic.get("access-technologies"):
        yield " and ".join(each.upper() for each in technologies)
    signal = _signal(generic)
    yield f"signal {signal} %" if signal is not None else "signal unknown"
    yield _text(generic, "state") or "state unknown"


def _signal(generic: dict[str, Any]) -> int | None:
    try:
        return int(generic["signal-quality"]["value"])
    except (KeyError, TypeError, ValueError):
        return None


def _section(said: dict[str, Any], name: str) -> dict[str, Any]:
    section = said.get("modem", {}).get(name, {})
    return section if isinstance(section, dict) else {}


def _text(section: dict[str, Any], key: str) -> str:
    value = section.get(key)
    return value if isinstance(value, str) and value != _NOTHING else ""


def _asked(program: str, *question: str) -> dict[str, Any] | None:
    try:
        done = subprocess.run([program, *question, "-J"], capture_output=True, timeout=_WITHIN_S, check=False)
        said = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return said if isinstance(said, dict) else None
