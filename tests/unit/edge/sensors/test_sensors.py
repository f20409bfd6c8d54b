"""Sensors: the kernel's files, real serial lines with recorded sentences, and one reading each interval."""

from __future__ import annotations

import json
import os
import pty
import tty
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.power.sysfs_tree import chip

from fieldwatch_edge.errors import DeviceError, OutboxError
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.sensors import Sensors, nmea
from fieldwatch_edge.sensors.companion import open_device
from fieldwatch_edge.sensors.gather import mean_direction
from fieldwatch_edge.settings import (
    FileSensor,
    HwmonSensor,
    IioSensor,
    JsonSensor,
    NmeaSensor,
    Sensor,
    W1Sensor,
)
from fieldwatch_shared.messages import Quantity, Reading, ReadingBatch
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MWV = "$WIMWV,045,R,011.63,N,A*09"
"""From Vaisala's manual of the WMT700."""
Q = Quantity


def sentence(body: str) -> str:
    total = 0
    for byte in body.encode():
        total ^= byte
    return f"${body}*{total:02X}"


def said(values: object) -> dict[Quantity, float]:
    return {one.quantity: pytest.approx(one.value, abs=1e-3) for one in values}  # type: ignore[attr-defined]


@pytest.fixture
def line() -> Iterator[tuple[str, int]]:
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    yield os.ttyname(theirs), ours
    os.close(ours)
    os.close(theirs)


def test_a_bme280_by_industrial_io(tmp_path: Path) -> None:
    folder = tmp_path / "devices" / "iio:device0"
    folder.mkdir(parents=True)
    (folder / "name").write_text("bme280\n")
    for name, value in {
        "in_temp_input": 22440, "in_humidityrelative_input": 45213, "in_pressure_input": 98.301562
    }.items():  # fmt: skip
        (folder / name).write_text(f"{value}\n")
    source = IioSensor(kind="iio", device="bme280", path=tmp_path / "devices")
    assert said(open_device(source).read()) == {Q.TEMPERATURE: 22.44, Q.HUMIDITY: 45.213, Q.PRESSURE: 983.016}


def test_an_si7005_says_raw_values_with_their_scale_and_offset(tmp_path: Path) -> None:
    folder = tmp_path / "iio:device1"
    folder.mkdir()
    (folder / "name").write_text("si7005\n")
    for name, value in {"in_temp_raw": 2260, "in_temp_offset": -1600, "in_temp_scale": 31.25}.items():
        (folder / name).write_text(f"{value}\n")
    source = IioSensor(kind="iio", device="iio:device1", path=tmp_path)
    assert said(open_device(source).read()) == {Q.TEMPERATURE: 20.625}


def test_an_sht31_by_hwmon_and_what_measures_nothing(tmp_path: Path) -> None:
    root = tmp_path / "hwmon"
    chip(root, "hwmon2", "sht3x", "1-0044", temp1_input=-4120, humidity1_input=87650)
    chip(root, "hwmon3", "ina226", "1-0040", in1_input=12000)
    source = HwmonSensor(kind="hwmon", device="1-0044", path=root)
    assert said(open_device(source).read()) == {Q.TEMPERATURE: -4.12, Q.HUMIDITY: 87.65}
    with pytest.raises(DeviceError, match="neither"):
        open_device(source.model_copy(update={"device": "ina226"})).read()


@pytest.mark.parametrize(
    ("text", "celsius"),
    [
        ("72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n", 23.125),
        ("f8 ff 4b 46 7f ff 08 10 fe : crc=fe YES\nf8 ff 4b 46 7f ff 08 10 fe t=-500\n", -0.5),
        ("72 01 4b 46 7f ff 0e 10 57 : crc=11 NO\n72 01 4b 46 7f ff 0e 10 57 t=23125\n", None),
        ("50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n", None),
        ("", None),
    ],
)
def test_a_ds18b20(tmp_path: Path, text: str, celsius: float | None) -> None:
    (tmp_path / "28-0316a2794bff").mkdir()
    (tmp_path / "28-0316a2794bff" / "w1_slave").write_text(text)
    device = open_device(W1Sensor(kind="w1", device="28-0316a2794bff", path=tmp_path))
    if celsius is None:
        with pytest.raises(DeviceError):
            device.read()
    else:
        assert said(device.read()) == {Q.TEMPERATURE: celsius}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (MWV, {Q.WIND_SPEED: 5.983, Q.WIND_DIRECTION: 135}),  # 11.63 knots, 45 degrees from a mark at 90
        ("$WIMWV,045,R,011.63,N,A*0A", {}),  # a wrong checksum
        (sentence("WIMWV,,R,,N,V"), {}),  # not valid
        (sentence("WIMWV,200,R,0.0,M,A"), {Q.WIND_SPEED: 0}),  # calm: no direction
        (
            sentence("WIMDA,29.03,I,0.983,B,22.4,C,,,45.2,,9.9,C,38.5,T,,M,5.1,N,2.6,M"),
            {
                Q.PRESSURE: 983, Q.TEMPERATURE: 22.4, Q.HUMIDITY: 45.2,
                Q.WIND_SPEED: 2.6, Q.WIND_DIRECTION: 38.5,
            },
        ),
        (
            sentence("WIXDR,C,-3.5,C,TEMP,H,88.0,P,RH,P,0.9702,B,BARO,D,1.24,M,WATERLEVEL,C,-5.1,C,DEWPOINT"),
            {Q.TEMPERATURE: -3.5, Q.HUMIDITY: 88, Q.PRESSURE: 970.2, Q.WATER_LEVEL: 1.24},
        ),
        (sentence("GPRMC,1,2,3"), {}),
        ("noise", {}),
    ],
)  # fmt: skip
def test_sentences_of_a_weather_station(text: str, found: dict[Quantity, float]) -> None:
    assert said(nmea.values(text, heading_deg=90 if text == MWV else 0)) == found


def test_a_weather_station_at_a_serial_line_in_pieces(line: tuple[str, int]) -> None:
    port, ours = line
    device = open_device(NmeaSensor(kind="nmea", port=port, heading_deg=0))
    device.read()
    os.write(ours, b"45,R,9.9,N,A*00\r\n" + MWV.encode()[:11])
    assert device.read() == []
    os.write(ours, MWV.encode()[11:] + b"\r\n")
    assert said(device.read()) == {Q.WIND_SPEED: 5.983, Q.WIND_DIRECTION: 45}
    device.close()


def test_json_over_a_serial_line(line: tuple[str, int]) -> None:
    port, ours = line
    device = open_device(JsonSensor(kind="serial-json", port=port))
    device.read()
    os.write(ours, b'l": 3}\n{"water_level_m": 1.24, "battery": 3.1, "soil_moisture_percent": "wet"}\n{"rain')
    assert said(device.read()) == {Q.WATER_LEVEL: 1.24}
    device.close()


def test_a_file_is_read_on_from_where_it_was_and_anew_once_it_was_rotated(tmp_path: Path) -> None:
    path = tmp_path / "level.jsonl"
    path.write_text('{"water_level_m": 0.1}\n')
    device = open_device(FileSensor(kind="file", path=path))
    assert device.read() == [], "that may have been read before the node was begun anew"
    with path.open("a") as file:
        file.write('{"at": "2026-05-04T12:00:00+08:00", "rain_mm": 0.4, "over_s": 300}\n{"water_level_m": 1.')
    (rain,) = device.read()
    assert (rain.value, rain.over_s) == (0.4, 300)
    assert rain.at is not None
    assert rain.at.isoformat() == "2026-05-04T12:00:00+08:00"
    with path.open("a") as file:
        file.write('5}\n{"at": "2026-05-04 12:00", "rain_mm": 1}\n')  # a time of no zone says nothing
    assert said(device.read()) == {Q.WATER_LEVEL: 1.5}
    path.rename(tmp_path / "level.1")
    path.write_text('{"water_level_m": 2.5}\n')
    assert said(device.read()) == {Q.WATER_LEVEL: 2.5}


def test_winds_around_north_have_a_mean_that_is_north() -> None:
    assert mean_direction([350, 10], [1, 1]) == pytest.approx(0, abs=1e-9)
    assert mean_direction([350, 20], [1, 3]) == pytest.approx(12.63, abs=0.01)
    assert mean_direction([90, 270], [1, 1]) is None


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def readings(outbox: Outbox) -> list[Reading]:
    return [Reading.model_validate_json(e.body) for e in outbox if e.kind is Kind.READINGS]


def test_readings_are_told_once_each_interval_and_travel_as_batches(
    tmp_path: Path, line: tuple[str, int]
) -> None:
    port, ours = line
    outbox, notices, clock = Outbox(tmp_path / "o", 64 * 1024**2), list[str](), Clock()
    wind = Sensor(name="mast", source=NmeaSensor(kind="nmea", port=port), every_s=600)
    sensors = Sensors([wind], outbox, notices.append, clock=clock)
    sensors.step(0.0)
    for n, (angle, speed) in enumerate(((350, 4.0), (10, 6.0))):
        os.write(ours, sentence(f"WIMWV,{angle},R,{speed},M,A").encode() + b"\r\n")
        clock.at = 2.0 + 2 * n
        sensors.step(clock.at)
    assert readings(outbox) == []
    clock.at = 600.0
    sensors.step(clock.at)
    found = {one.quantity: one for one in readings(outbox)}
    assert found[Q.WIND_SPEED].value == 5
    assert found[Q.WIND_SPEED].over_s == 600
    assert found[Q.WIND_DIRECTION].value == pytest.approx(2, abs=0.1)
    message = outbox.take(0.0, 100)
    assert message is not None
    assert message.kind is Kind.READINGS
    batch = ReadingBatch.model_validate_json(message.payload)
    assert {one.id for one in batch.readings} == {one.id for one in found.values()}
    outbox.forget([message.id])
    assert outbox.empty
    outbox.close()


def test_a_sensor_that_fails_is_told_once_and_one_that_says_what_cannot_be_is_left_aside(
    tmp_path: Path,
) -> None:
    outbox, notices = Outbox(tmp_path / "o", 64 * 1024**2), list[str]()
    path = tmp_path / "sht"
    chip(path, "hwmon0", "sht3x", "1-0044", temp1_input=21000, humidity1_input=140000)
    one = Sensor(name="air", source=HwmonSensor(kind="hwmon", device="1-0044", path=path), every_s=60)
    gone = Sensor(name="water", source=HwmonSensor(kind="hwmon", device="1-0045", path=path), every_s=60)
    sensors = Sensors([one, gone], outbox, notices.append, clock=lambda: 0.0)
    for now in range(0, 200, 10):
        sensors.step(float(now))
    assert {reading.quantity for reading in readings(outbox)} == {Q.TEMPERATURE}
    assert len(notices) == 1
    assert "water" in notices[0]
    outbox.close()


def test_what_the_disk_refuses_is_told_once_it_takes_it_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", 64 * 1024**2)
    path = tmp_path / "sht"
    chip(path, "hwmon0", "sht3x", "1-0044", temp1_input=21000)
    one = Sensor(name="air", source=HwmonSensor(kind="hwmon", device="1-0044", path=path), every_s=60)
    sensors = Sensors([one], outbox, print, clock=lambda: 0.0)
    write, outbox.write = outbox.write, _refuses  # type: ignore[method-assign]
    for now in (0.0, 60.0, 120.0):
        sensors.step(now)
    outbox.write = write  # type: ignore[method-assign]
    sensors.step(180.0)
    found = readings(outbox)
    assert len(found) == 3
    assert len({json.dumps(str(each.id)) for each in found}) == 3
    outbox.close()


def _refuses(*_: object, **__: object) -> None:
    raise OutboxError("disk full")
