"""Meters: the kernel's files, recorded VE.Direct lines through a real serial line, and a file."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.power.sysfs_tree import chip

from fieldwatch_edge.errors import DeviceError
from fieldwatch_edge.power.meters import Measured, open_meter
from fieldwatch_edge.power.meters.vedirect import Blocks
from fieldwatch_edge.power.meters.victron import Victron
from fieldwatch_edge.settings import FileMeter, HwmonMeter, VictronMeter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MPPT = {
    "PID": "0xA053", "FW": "159", "SER#": "HQ2132QABCD", "V": "13260", "I": "1800", "VPV": "36170",
    "PPV": "26", "CS": "3", "MPPT": "2", "OR": "0x00000000", "ERR": "0", "LOAD": "ON", "IL": "300",
    "H19": "4212", "H20": "14", "H21": "61", "H22": "33", "H23": "77", "HSDS": "201",
}  # fmt: skip
"""A SmartSolar 75/15 with a load at its output, as it was recorded; the serial number is another."""
SHUNT = {
    "PID": "0xA389", "V": "13244", "VS": "-5", "I": "-640", "P": "-8", "CE": "-9812", "SOC": "871",
    "TTG": "6210", "Alarm": "OFF", "AR": "0", "BMV": "SmartShunt 500A/50mV", "FW": "0419", "MON": "0",
}  # fmt: skip
SHUNT_HISTORY = {"H1": "-18811", "H2": "-9812", "H7": "10455", "H8": "14612", "H17": "1563", "H18": "2095"}


def victron(settings: VictronMeter) -> Victron:
    return Victron(settings, first_s=0)


def block(fields: dict[str, str]) -> bytes:
    """As the device writes it, with the byte that makes the sum zero."""
    text = "".join(f"\r\n{label}\t{value}" for label, value in fields.items()).encode("latin-1")
    text += b"\r\nChecksum\t"
    return text + bytes([-sum(text) % 256])


class Device:
    """The far end of a real terminal."""

    def __init__(self) -> None:
        self.ours, theirs = pty.openpty()
        tty.setraw(self.ours)
        tty.setraw(theirs)
        self.name = os.ttyname(theirs)
        self._theirs = theirs

    def says(self, data: bytes) -> None:
        os.write(self.ours, data)

    def close(self) -> None:
        for end in (self.ours, self._theirs):
            os.close(end)


@pytest.fixture
def device() -> Iterator[Device]:
    device = Device()
    yield device
    device.close()


@pytest.fixture
def other() -> Iterator[Device]:
    device = Device()
    yield device
    device.close()


def test_a_battery_monitor_and_its_panel_and_load_by_one_ina3221(tmp_path: Path) -> None:
    root = tmp_path / "hwmon"
    chip(root, "hwmon0", "cpu_thermal", "soc", temp1_input=51000)
    chip(
        root, "hwmon4", "ina3221", "1-0040",
        in1_input=13200, curr1_input=-250, in2_input=36000, curr2_input=500,
        in3_input=13200, curr3_input=1500,
        in4_input=2500, in5_input=5, in6_input=15,
    )  # fmt: skip
    meter = open_meter(
        HwmonMeter(kind="hwmon", path=root, battery="1-0040:1", solar="1-0040:2", load="ina3221:3")
    )
    assert meter.read() == Measured(13.2, pytest.approx(-3.3), 18.0, pytest.approx(19.8))


def test_the_third_follows_from_two_rails(tmp_path: Path) -> None:
    """INA226: in0 is the shunt, power is in microwatts and has no sign; the current tells it."""
    root = tmp_path / "hwmon"
    rail = {"in0_input": -3, "in1_input": 12800, "curr1_input": -1000, "power1_input": 12800000}
    chip(root, "hwmon1", "ina226", "1-0040", **rail)
    chip(root, "hwmon2", "ina219", "1-0041", in1_input=18000, curr1_input=1000, power1_input=18000000)
    said = open_meter(HwmonMeter(kind="hwmon", path=root, battery="ina226", solar="ina219")).read()
    assert said.battery_w == pytest.approx(-12.8)
    assert said.load_w == pytest.approx(18 + 12.8)
    turned = HwmonMeter(kind="hwmon", path=root, battery="ina226", battery_reversed=True)
    assert open_meter(turned).read().battery_w == pytest.approx(12.8)


def test_a_chip_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    root = tmp_path / "hwmon"
    chip(root, "hwmon1", "ina226", "1-0040", in1_input=12800, curr1_input=0)
    chip(root, "hwmon2", "ina226", "1-0041", in1_input=12800, curr1_input=0)
    with pytest.raises(DeviceError, match=r"no 'ina219'.*1-0040 \(ina226\)"):
        open_meter(HwmonMeter(kind="hwmon", path=root, load="ina219")).read()
    with pytest.raises(DeviceError, match="2 of 'ina226'"):
        open_meter(HwmonMeter(kind="hwmon", path=root, load="ina226")).read()
    with pytest.raises(DeviceError, match="right channel"):
        open_meter(HwmonMeter(kind="hwmon", path=root, load="1-0041:3")).read()


def test_a_charge_controller_alone_with_its_load_output(device: Device) -> None:
    meter = victron(VictronMeter(kind="victron", ports=(device.name,)))
    assert meter.read() == Measured()
    device.says(block(MPPT) + block({**MPPT, "PPV": "30"}))
    said = meter.read()
    meter.close()
    assert said.battery_v == pytest.approx(13.26)
    assert said.solar_w == pytest.approx(28)
    assert said.battery_w == pytest.approx(13.26 * 1.8)
    assert said.load_w == pytest.approx(13.26 * 0.3)


def test_who_asks_once_waits_for_an_answer(device: Device) -> None:
    """The doctor: it opens the port, and nothing lies there yet."""
    meter = open_meter(VictronMeter(kind="victron", ports=(device.name,)))
    speaking = threading.Timer(0.5, device.says, [block(SHUNT_HISTORY) + block(SHUNT)])
    speaking.start()
    assert meter.read().charge == pytest.approx(0.871)
    speaking.join()
    meter.close()


def test_a_shunt_beside_it_says_the_charge_and_the_true_load(device: Device, other: Device) -> None:
    meter = victron(VictronMeter(kind="victron", ports=(device.name, other.name)))
    meter.read()
    device.says(block({**MPPT, "IL": "0"}))
    other.says(block(SHUNT) + block(SHUNT_HISTORY))
    said = meter.read()
    meter.close()
    assert said.charge == pytest.approx(0.871)
    assert said.battery_w == pytest.approx(-13.244 * 0.64)
    assert said.load_w == pytest.approx(13.26 * 1.8 + 13.244 * 0.64)


def test_a_block_in_pieces_with_noise_and_hex_messages_between(device: Device) -> None:
    meter = victron(VictronMeter(kind="victron", ports=(device.name,)))
    meter.read()
    whole = b"4\r\nPPV\t99\r\nChecksum\tx" + b":A0102000543\n" + block(MPPT)
    found = Measured()
    for n in range(0, len(whole), 7):
        device.says(whole[n : n + 7])
        said = meter.read()
        found = found if said.nothing else said
    meter.close()
    assert found.solar_w == pytest.approx(26)


def test_every_checksum_byte_is_one_also_a_colon_or_a_line_end() -> None:
    seen = set()
    for n in range(256):
        name = "".join(chr(60 + (n + each) // 3) for each in range(3))  # of which the sum rises by one
        raw = block({"PID": "0xA053", "SER#": name, "PPV": "7"})
        seen.add(raw[-1])
        (found, after) = Blocks().feed(raw + block(MPPT))
        assert (found["SER#"], after["PPV"]) == (name, "26")
    assert len(seen) == 256


def test_a_flipped_bit_is_no_measurement() -> None:
    raw = bytearray(block(MPPT))
    raw[20] ^= 1
    blocks = Blocks()
    assert blocks.feed(bytes(raw)) == []
    assert blocks.damaged == 1
    assert len(blocks.feed(block(MPPT))) == 1


def test_soc_that_the_shunt_does_not_know_is_none(device: Device) -> None:
    meter = victron(VictronMeter(kind="victron", ports=(device.name,)))
    meter.read()
    device.says(block({**SHUNT, "SOC": "---"}))
    assert meter.read().charge is None
    meter.close()


def test_a_cable_that_is_pulled_out_is_told_and_taken_up_again(tmp_path: Path, device: Device) -> None:
    link = tmp_path / "ttyUSB0"
    meter = victron(VictronMeter(kind="victron", ports=(str(link),)))
    with pytest.raises(DeviceError, match="ttyUSB0"):
        meter.read()
    link.symlink_to(device.name)
    meter.read()
    device.says(block(SHUNT))
    assert meter.read().charge == pytest.approx(0.871)
    meter.close()


@pytest.mark.parametrize(
    "text",
    [
        '{"battery_v": 12.8, "battery_a": -0.5, "solar_w": 3, "charge": 0.62, "cells": [3.2, 3.2]}',
        "time,battery_v,battery_a,solar_w,charge\n1,9,9,9,0.9\n2,12.8,-0.5,3,0.62\n3,12.",
    ],
)
def test_a_file_that_another_program_writes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bms"
    path.write_text(text)
    said = open_meter(FileMeter(kind="file", path=path)).read()
    assert said == Measured(12.8, pytest.approx(-6.4), 3.0, pytest.approx(9.4), 0.62)


def test_a_file_is_read_again_where_it_changed_and_says_nothing_once_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / "bms.json"
    path.write_text('{"charge": 0.5}')
    meter = open_meter(FileMeter(kind="file", path=path, stale_s=60))
    assert meter.read().charge == 0.5
    path.write_text('{"charge": 0.25}')
    assert meter.read().charge == 0.25
    old = time.time() - 100
    os.utime(path, (old, old))
    with pytest.raises(DeviceError, match="last written 100 s ago"):
        meter.read()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"charge": 62}', "from 0 to 1"),
        ('{"voltage": 12}', "names none of"),
        ('{"solar_w": "much"}', "'much'"),
        ('{"solar_w": 1', "no JSON object"),
        ("battery_v,charge\n", "no line below its header"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "bms"
    path.write_text(text)
    with pytest.raises(DeviceError, match=complaint):
        open_meter(FileMeter(kind="file", path=path)).read()
