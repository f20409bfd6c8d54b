"""What a node costs when nothing happens: CPU of a real node process before a real network camera that shows
a still scene each 2 s, and its memory over 24 simulated hours.

    python -m tests.bench.bench_idle [--minutes 3] [--hours 24] [--only cpu|memory]

CPU is what the kernel counts for the process and all its threads (/proc/PID/stat), after half a minute of
warming up, the link to a real broker included. Memory is VmRSS while the shipped pipeline takes in a folder
that holds `hours` of pictures, one each 2 s, animals and smoke among them, as fast as it can; the slope is a
least-squares line through the last four fifths.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from tests.bench.mjpeg_camera import MjpegCamera

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CPU, MOST_MIB_A_DAY = 5.0, 4.0
EVERY_S = 2.0
START = datetime(2026, 5, 1, 6, tzinfo=UTC)
DEPLOYMENT = "0198c0de-0000-7000-8000-000000000001"
FIRE = "[camera.fire]\ndetector = { model = 'fire', threads = 1 }\nevery_s = 30\n"
WATCHES = {
    "animals": "[camera.wildlife]\ndetector = { model = 'wildlife', threads = 1 }\n",
    "animals, and smoke each 30 s": (
        "[camera.wildlife]\ndetector = { model = 'wildlife', threads = 1 }\n" + FIRE
    ),
}


def scenes(width: int, height: int, count: int) -> list[bytes]:
    """One still scene with a sensor's noise, as JPEG."""
    chance = np.random.default_rng(5)
    coarse = chance.integers(40, 200, (height // 40, width // 40, 3), np.uint8)
    scene = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    made = []
    for _ in range(count):
        noisy = np.clip(scene + chance.integers(-3, 4, scene.shape), 0, 255).astype(np.uint8)
        made.append(cv2.imencode(".jpg", noisy, (cv2.IMWRITE_JPEG_QUALITY, 85))[1].tobytes())
    return made


def config(folder: Path, source: str, watches: str, broker: str) -> Path:
    file = folder / "node.toml"
    file.write_text(
        f'heartbeat_s = 60\n[node]\nid = "mast-1"\nreserve = "bench"\nstate_dir = "state"\n'
        f'[broker]\nurl = "{broker}"\n[[camera]]\ndeployment_id = "{DEPLOYMENT}"\n'
        f"source = {source}\nheading_deg = 90\nfield_of_view_deg = 60\n{watches}"
    )
    return file


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    running = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
    try:
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


@contextmanager
def node(file: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    with (file.parent / "log").open("wb") as log:
        command = [sys.executable, "-m", "fieldwatch", "--log-json", "edge", "run", "-c", str(file), *options]
        running = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield running
        finally:
            if running.poll() is None:
                running.send_signal(signal.SIGTERM)
            running.wait(60)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def idle_cpu(watches: str, minutes: float) -> tuple[float, float]:
    """Percent of one core, and MiB."""
    camera = MjpegCamera(scenes(1920, 1080, 8), 1 / EVERY_S)
    try:
        with tempfile.TemporaryDirectory() as name, broker(Path(name)) as url:
            source = f'{{ kind = "rtsp", url = "{camera.url}", every_s = {EVERY_S} }}'
            with node(config(Path(name), source, watches, url)) as running:
                time.sleep(30)
                before, began = cpu_s(running.pid), time.monotonic()
                time.sleep(60 * minutes)
                used, lasted = cpu_s(running.pid) - before, time.monotonic() - began
                log = (Path(name) / "log").read_text()
                assert "link.connected" in log, log
                assert "camera.found" in log, log
                return 100 * used / lasted, rss_mib(running.pid)
    finally:
        camera.close()


def day_of_pictures(folder: Path, hours: float) -> int:
    """Pictures of a still scene through which a square walks now and then; hard links, as they are many."""
    folder.mkdir()
    kinds = [folder.parent / f"{number}.jpg" for number in range(60)]
    plain = scenes(640, 360, len(kinds))
    for number, (file, data) in enumerate(zip(kinds, plain, strict=True)):
        if number >= 40:  # something that moves, for the gate
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            assert image is not None
            left = (number - 40) * 28
            image[200:280, left : left + 60] = (20, 30, 60)
            data = cv2.imencode(".jpg", image)[1].tobytes()
        file.write_bytes(data)
    count = round(hours * 3600 / EVERY_S)
    for number in range(count):
        at = START + timedelta(seconds=EVERY_S * number)
        minute = number % 300
        os.link(kinds[minute % 40 if minute < 280 else 40 + minute - 280], folder / f"{at:%Y%m%d_%H%M%S}.jpg")
    return count


def memory(hours: float) -> tuple[float, float, int]:
    """MiB per day by the slope, MiB at the end, pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = day_of_pictures(folder / "pictures", hours)
        times = '{ kind = "name", pattern = "%Y%m%d_%H%M%S" }'
        source = f'{{ kind = "folder", path = "pictures", times = {times} }}'
        watches = WATCHES["animals, and smoke each 30 s"]
        seen: list[tuple[float, float]] = []
        with node(config(folder, source, watches, "mqtt://127.0.0.1:1"), "--offline") as running:
            began = time.monotonic()
            while running.poll() is None:
                try:
                    seen.append((time.monotonic() - began, rss_mib(running.pid)))
                except (ProcessLookupError, FileNotFoundError):
                    break
                time.sleep(0.5)
        assert running.returncode == 0, (folder / "log").read_text()[-2000:]
        ended = seen[-1][0]
        late = np.array([each for each in seen if 0.2 * ended <= each[0] <= 0.98 * ended])
        slope = float(np.polyfit(late[:, 0], late[:, 1], 1)[0])
        return slope * ended * 24 / hours, float(late[-1, 1]), count


def blame(hours: float) -> None:
    """What Python itself holds more of at the end than after a warm-up, by line; in this process."""
    import threading

    from fieldwatch_edge.detect import model_search_path
    from fieldwatch_edge.node import Node
    from fieldwatch_edge.settings import NodeSettings

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = day_of_pictures(folder / "pictures", hours)
        source = (
            '{ kind = "folder", path = "pictures", times = { kind = "name", pattern = "%Y%m%d_%H%M%S" } }'
        )
        file = config(folder, source, WATCHES["animals, and smoke each 30 s"], "mqtt://127.0.0.1:1")
        running = Node(NodeSettings.read(file), search_path=model_search_path(None), offline=True)
        thread = threading.Thread(target=running.run)
        tracemalloc.start(8)
        thread.start()
        while not running.workers or running.workers[0].monitor.frames < count / 5:
            time.sleep(0.2)
        first = tracemalloc.take_snapshot()
        while running.workers[0].monitor.frames < 0.95 * count:
            time.sleep(0.2)
        for line in tracemalloc.take_snapshot().compare_to(first, "lineno")[:10]:
            print("   ", line)
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--only", choices=["cpu", "memory"])
    options = parser.parse_args()
    failed = False
    if options.only != "memory":
        print(f"{'idle node, 1080p, a picture each 2 s':42} {'CPU of a core':>14} {'resident':>10}")
        for what, watches in WATCHES.items():
            percent, resident = idle_cpu(watches, options.minutes)
            print(f"{what:42} {percent:12.2f} % {resident:6.0f} MiB", flush=True)
            failed |= percent >= MOST_CPU
    if options.only != "cpu":
        slope, resident, count = memory(options.hours)
        print(
            f"{f'{options.hours:g} h simulated, {count} pictures':42} {slope:+9.2f} MiB/d {resident:6.0f} MiB"
        )
        if slope > MOST_MIB_A_DAY:
            failed = True
            blame(options.hours / 8)
    sys.exit(failed)


@pytest.mark.bench
def test_idle() -> None:
    assert idle_cpu(WATCHES["animals"], 0.5)[0] < MOST_CPU


if __name__ == "__main__":
    main()
