"""What the doctor says of SIM, line, disk, ports, clocks and certificates: from the kernel's own files and
ModemManager's own answers."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.edge.identity.test_files import NOW, installed

from fieldwatch_edge.doctor import clock, disk, machine, modem, network, secrets
from fieldwatch_edge.identity.files import Store
from fieldwatch_edge.settings import NodeSettings


def of_modem(**generic: Any) -> dict[str, Any]:
    """As `mmcli -m 0 -J` tells of a Quectel that is connected, as far as we read it."""
    network = generic.pop("network", {})
    return {
        "modem": {
            "3gpp": {"operator-name": "CHN-UNICOM", "registration-state": "home", **network},
            "generic": {
                "access-technologies": ["lte"],
                "manufacturer": "QUECTEL",
                "model": "EC25",
                "signal-quality": {"recent": "yes", "value": "71"},
                "state": "connected",
                "state-failed-reason": "--",
                "unlock-required": "sim-pin2",  # of settings on the card: it hinders nothing
                "unlock-retries": ["sim-pin (3)", "sim-puk (10)", "sim-pin2 (3)"],
                **generic,
            },
        }
    }


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        pytest.param(of_modem(), "ok", "CHN-UNICOM, LTE, signal 71 %, connected", id="connected"),
        pytest.param(
            of_modem(state="failed", **{"state-failed-reason": "sim-missing"}),
            "fail",
            "no SIM card",
            id="no SIM",
        ),
        pytest.param(
            of_modem(state="locked", **{"unlock-required": "sim-pin"}),
            "fail",
            "asks for its PIN, tries left: sim-pin (3)",
            id="PIN",
        ),
        pytest.param(
            of_modem(state="locked", **{"unlock-required": "sim-puk"}), "fail", "asks for its PUK", id="PUK"
        ),
        pytest.param(
            of_modem(state="searching", network={"registration-state": "searching", "operator-name": "--"}),
            "fail",
            "not registered",
            id="no cell",
        ),
        pytest.param(
            of_modem(state="enabled", network={"registration-state": "denied"}),
            "fail",
            "refuses",
            id="denied",
        ),
        pytest.param(of_modem(state="registered"), "fail", "no data", id="no APN"),
        pytest.param(of_modem(state="disabled"), "fail", "switched off", id="off"),
        pytest.param(
            of_modem(**{"signal-quality": {"recent": "yes", "value": "12"}}), "warn", "signal 12 %", id="weak"
        ),
        pytest.param(
            of_modem(network={"registration-state": "roaming"}), "ok", "CHN-UNICOM (roaming)", id="roaming"
        ),
        pytest.param({"modem": {}}, "fail", "not registered", id="an answer of another day"),
    ],
)
def test_a_modem_in_words(said: dict[str, Any], status: str, words: str) -> None:
    check = modem.judge(said)
    assert check.status == status
    assert words in check.finding
    assert (check.advice == "") == (status == "ok")


def test_modemmanager_is_asked_as_it_wants_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that answers as mmcli does, where no modem can be."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(modem.modems()) == []
    program = tmp_path / "mmcli"
    path = "/org/freedesktop/ModemManager1/Modem/0"
    one, other = json.dumps({"modem-list": [path]}), json.dumps(of_modem())
    program.write_text(
        f"#!/bin/sh\nif [ \"$*\" = '-L -J' ]; then echo '{one}';"
        f" elif [ \"$*\" = '-m {path} -J' ]; then echo '{other}'; else exit 1; fi\n"
    )
    program.chmod(0o755)
    assert [check.status for check in modem.modems()] == ["ok"]
    program.write_text("#!/bin/sh\necho '{\"modem-list\": []}'\n")
    assert "sees no modem" in next(modem.modems()).finding
    program.write_text(
        "#!/bin/sh\necho 'error: could not find the ModemManager process in the bus' >&2; exit 1\n"
    )
    assert "does not answer" in next(modem.modems()).finding


def test_the_default_route_is_the_one_of_the_least_metric(tmp_path: Path) -> None:
    head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    (tmp_path / "route").write_text(
        head
        + "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
        + "wwan0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0\n"
        + "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
    )
    assert network.default_route(tmp_path) == network.Route("wwan0", 50)
    (tmp_path / "route").write_text(head)
    assert network.default_route(tmp_path) is None
    nothing, to_there = "0" * 32, "fe80" + "0" * 28
    (tmp_path / "ipv6_route").write_text(
        f"{nothing} 00 {nothing} 00 {nothing} ffffffff 00000001 00000000 00200200       lo\n"
        f"{nothing} 00 {nothing} 00 {to_there} 00000400 00000001 00000000 00000003    wwan0\n"
    )
    assert network.default_route(tmp_path) == network.Route("wwan0", 1024)


def test_what_listens_is_found_with_its_program_but_not_on_loopback() -> None:
    with socket.socket() as outside, socket.socket() as inside, socket.socket(socket.AF_INET6) as six:
        outside.bind(("0.0.0.0", 0))  # noqa: S104  it is what the test is about
        inside.bind(("127.0.0.1", 0))
        six.bind(("::1", 0))
        for each in (outside, inside, six):
            each.listen()
        check = machine.listening()
        program = Path("/proc/self/comm").read_text().strip()
        assert f"tcp {outside.getsockname()[1]} ({program})" in check.finding
        assert f"tcp {inside.getsockname()[1]} " not in check.finding
        assert f"tcp {six.getsockname()[1]} " not in check.finding
        assert check.status == "warn"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("tcp 0100007F:1F90 0A", "nothing listens", id="127.0.0.1"),
        pytest.param("tcp 00000000:0016 0A", "nothing listens but ssh", id="ssh"),
        pytest.param("tcp 0201A8C0:D431 01", "nothing listens", id="a connection of our own"),
        pytest.param(
            "tcp6 0000000000000000FFFF00000100007F:1F90 0A", "nothing listens", id="mapped loopback"
        ),
        pytest.param("tcp6 00000000000000000000000000000000:1F90 0A", "tcp 8080 (another user's)", id="all"),
        pytest.param("udp 00000000:0044 07", "nothing listens", id="DHCP"),
        pytest.param("udp 00000000:14E9 07", "udp 5353 (another user's)", id="mDNS"),
    ],
)
def test_each_line_of_the_kernels_is_read(line: str, expected: str, tmp_path: Path) -> None:
    name, address, state = line.split()
    (tmp_path / "net").mkdir()
    other = "00000000:0000" if len(address) == 13 else "0" * 32 + ":0000"
    (tmp_path / "net" / name).write_text(
        f"  sl  local_address ...\n   0: {address} {other} {state} 00000000:00000000 00:00000000 00000000"
        "   100        0 12345 1 0000000000000000 100 0 0 10 0\n"
    )
    assert machine.listening(tmp_path).finding == expected


def test_encryption_is_found_below_lvm_and_told_by_its_kind(tmp_path: Path) -> None:
    crypt, lvm, plain = (tmp_path / name for name in ("dm-0", "dm-1", "mmcblk0p2"))
    for device, uuid in ((crypt, "CRYPT-LUKS2-0123456789abcdef-state"), (lvm, "LVM-xyz"), (plain, "")):
        (device / "slaves").mkdir(parents=True)
        if uuid:
            (device / "dm").mkdir()
            (device / "dm/uuid").write_text(uuid + "\n")
            (device / "dm/name").write_text(device.name + "\n")
    (lvm / "slaves/dm-0").symlink_to(crypt)
    (crypt / "slaves/mmcblk0p2").symlink_to(plain)
    assert disk._crypt_below(crypt) == disk._crypt_below(lvm) == "LUKS2 (dm-0)"
    assert disk._crypt_below(plain) is None


def test_a_folder_lies_in_the_last_mount_above_it(tmp_path: Path) -> None:
    inner = tmp_path / "with blank"
    inner.mkdir()
    escaped = str(inner).replace(" ", "\\040")
    (tmp_path / "mountinfo").write_text(
        "22 1 179:2 / / rw,noatime - ext4 /dev/mmcblk0p2 rw\n"
        f"30 22 0:44 / {escaped} rw shared:2 - fuse.gocryptfs /var/cipher rw\n"
    )
    found = disk.mount_of(inner, tmp_path / "mountinfo")
    assert found == disk.Mount(str(inner), "fuse.gocryptfs", "/var/cipher")
    outer = disk.mount_of(tmp_path, tmp_path / "mountinfo")
    assert outer is not None
    assert outer.kind == "ext4"
    assert "memory" in (disk.at_rest(Path("/dev/shm")) or "")  # noqa: S108


@pytest.mark.parametrize(
    ("says", "vouched", "status"),
    [
        pytest.param("1000000010\n", True, "ok", id="right"),
        pytest.param("86400\n", True, "warn", id="a flat cell"),
        pytest.param("86400\n", False, "ok", id="nobody knows better"),
        pytest.param("", True, "warn", id="silent"),
    ],
)
def test_the_battery_clock_is_held_against_one_that_is_set(
    says: str, status: str, tmp_path: Path, *, vouched: bool
) -> None:
    (tmp_path / "since_epoch").write_text(says)
    assert clock.kept(tmp_path, 1_000_000_000, vouched=vouched).status == status


@pytest.fixture
def enrolled(tmp_path: Path) -> NodeSettings:
    installed(Store(tmp_path / "identity"))
    (tmp_path / "node.toml").write_text(
        '[node]\nid = "node-1"\nreserve = "ridge"\nstate_dir = "state"\n[broker]\nurl = "mqtts://b"\n'
        'cert_file = "identity/current/certificate.pem"\nkey_file = "identity/current/key.pem"\n'
        '[[camera]]\ndeployment_id = "0198c0de-0000-7000-8000-000000000001"\n'
        'source = { kind = "rtsp", url = "rtsp://me:secret@cam/x" }\n[camera.fire]\n'
    )
    return NodeSettings.read(tmp_path / "node.toml")


@pytest.mark.parametrize(
    ("day", "status", "words"),
    [
        pytest.param(-3, "warn", "has not begun", id="a clock that is behind"),
        pytest.param(30, "ok", "60 days left", id="young"),
        pytest.param(80, "warn", "10 days left", id="late"),
        pytest.param(91, "fail", "has ended", id="ended"),
    ],
)
def test_a_certificates_age(day: int, status: str, words: str, enrolled: NodeSettings) -> None:
    (check,) = secrets.certificate(enrolled, NOW + timedelta(days=day))
    assert (check.status, words in check.finding) == (status, True), check


def test_files_that_others_can_read_are_told_with_the_command_that_mends_it(
    enrolled: NodeSettings, tmp_path: Path
) -> None:
    config, key = tmp_path / "node.toml", tmp_path / "identity/current/key.pem"
    enrolled.node.state_dir.mkdir(mode=0o700)
    config.chmod(0o640)
    assert list(secrets.modes(enrolled, config)) == []
    config.chmod(0o644)
    enrolled.node.state_dir.chmod(0o755)
    assert [check.what for check in secrets.modes(enrolled, config)] == ["settings file", "state files"]
    assert all("chmod" in check.advice for check in secrets.modes(enrolled, config))
    assert "secret" not in " ".join(check.finding for check in secrets.modes(enrolled, config))
    key.chmod(0o644)
    checks = {check.what: check for check in secrets.certificate(enrolled, NOW + timedelta(days=1))}
    assert checks["private key"].status == "fail"
    key.unlink()
    (check,) = secrets.certificate(enrolled, datetime.now(UTC))
    assert (check.status, "edge enrol" in check.finding) == ("fail", True)


def test_a_disk_that_is_slow_or_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert disk._speed(tmp_path).status == "ok"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(disk, "SLOW_MS", 0)
    assert disk._speed(tmp_path).status == "warn"
    assert disk._speed(tmp_path / "gone").status == "fail"
    assert os.listdir(tmp_path) == []  # noqa: PTH208
