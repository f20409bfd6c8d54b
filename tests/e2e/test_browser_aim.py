"""A technician with a phone: from the PIN to a deployment in PostGIS, with the real node, models and cloud.

Photographed deer walk before the camera; where the landmarks lie is known exactly, so that what the page
finds can be held against the truth.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.browser_page import sound_page
from tests.e2e.browser_site import START_S, STOP_S, end
from tests.integration.cloud_field import eventually, working
from tests.integration.enrolment_world import Box, Reserve, reserve_world

from fieldwatch.demo import pictures
from fieldwatch.demo.scenes import plan_animals
from fieldwatch_edge.decide.geometry import direction
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from fieldwatch_cloud.db.pool import Database

EDGE = [sys.executable, "-m", "fieldwatch", "edge"]
SHOTS = os.environ.get("FIELDWATCH_AIM_SHOTS")
"""A folder: then each step is kept there as a picture, for docs/screens."""
HEADING, TILT, VIEW, ASPECT = 211.0, 0.0, 62.0, 16 / 9
LAT, LON = 33.6187, 107.5495
KIND_OF_CHECK = re.compile(r"^[✓!✗] ")
NAMES = {
    "en": ("North mast", "Larch Peak", "Radio mast", "Written"),
    "zh": ("北坡瞭望塔", "落叶松峰", "通信塔", "已写入"),
}


@pytest.fixture
def reserve(db: Database, database_url: str, state_dir: Path) -> Iterator[Reserve]:
    with reserve_world(db, database_url, state_dir) as world:
        yield world


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds in which deer stand in the meadow."""
    folder = tmp_path_factory.mktemp("footage")
    scene = plan_animals(pictures.MEADOW, 5, 40)
    walk = scene.walks[0]
    middle = (walk.enters_s + walk.leaves_s()) / 2
    for n in range(12):
        picture, _ = scene.draw(middle - 0.6 + n * 0.1)
        at = datetime(2026, 5, 1, 6, 0, n, tzinfo=UTC)
        picture.save(folder / f"{at:%Y%m%d_%H%M%S}.jpg", quality=90)
    return folder


class Aiming:
    """The command, as it runs in the technician's terminal."""

    def __init__(self, box: Box) -> None:
        self.log = box.folder / "aim.log"
        command = [
            *EDGE,
            "aim",
            "-c",
            str(box.config),
            "--listen",
            "127.0.0.1",
            "--port",
            "0",
            "--minutes",
            "10",
        ]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.url, self.pin = eventually(self._printed, within_s=START_S)

    def _printed(self) -> tuple[str, str] | None:
        assert self.process.poll() is None, self.log.read_text()
        found = re.search(r"Open (\S+) .*PIN (\d{6})", self.log.read_text())
        return (found[1], found[2]) if found else None

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_S)


def prepared(reserve: Reserve, folder: Path, footage: Path) -> Box:
    """A box that was enrolled, with its camera."""
    box = Box(folder)
    done = box.enrol(reserve.url, reserve.code(), "--deployment", str(reserve.field.deployments["node-1"][0]),
                     camera=str(footage))  # fmt: skip
    assert done.exit_code == 0, done.output
    times = '{ kind = "interval", start = 2026-05-01T06:00:00Z, every_s = 0.1 }'
    _have_source(box, f'kind = "folder", path = "{footage}", times = {times}')
    return box


PASTED: list[tuple[str, tuple[float, float] | None]] = [
    ("33.61870, 107.54950", (33.6187, 107.5495)),
    ("33.61870，107.54950", (33.6187, 107.5495)),
    ("-2.333 34.833", (-2.333, 34.833)),
    ("33,6187; 107,5495", (33.6187, 107.5495)),
    ("geo:33.6187,107.5495;u=12", (33.6187, 107.5495)),
    ("https://www.openstreetmap.org/@33.6187,107.5495,15z", (33.6187, 107.5495)),
    ("33°37'07.3\"N 107°32'58.2\"E", (33.618694, 107.5495)),
    ("S 2 20.5 E 34 50", (-2.341667, 34.833333)),
    ("北纬33°37′07″ 东经107°32′58″", (33.618611, 107.549444)),
    ("91, 12", None),
    ("33°61'N 107°E", None),
    ("12", None),
    ("somewhere", None),
]


def _reads_coordinates_as_people_have_them(page: Page) -> None:
    read = page.evaluate(
        "texts => import('/places.js').then(m => texts.map(t => m.readPlace(t)))",
        [text for text, _ in PASTED],
    )
    for (text, place), found in zip(PASTED, read, strict=True):
        if place is None:
            assert found is None, text
        else:
            assert (found["lat"], found["lon"]) == pytest.approx(place, abs=1e-5), text


def _have_source(box: Box, source: str) -> None:
    box.config.write_text(re.sub(r"(?m)^source = .*", f"source = {{ {source} }}", box.config.read_text()))


def landmark(x: float) -> str:
    """Coordinates of something 5 km away that the camera shows at that share of its width."""
    pyproj = pytest.importorskip("pyproj")
    bearing, _ = direction(x, 0.5, heading_deg=HEADING, tilt_deg=TILT, field_of_view_deg=VIEW, aspect=ASPECT)
    lon, lat, _ = pyproj.Geod(ellps="WGS84").fwd(LON, LAT, bearing, 5000)
    return f"{lat:.6f}, {lon:.6f}"


def shoot(page: Page, name: str, language: str) -> None:
    if SHOTS is not None:
        page.screenshot(path=Path(SHOTS) / f"aim-{name}-{language}.png")


def tap(page: Page, x: float, y: float) -> None:
    place = page.locator("#overlay").bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + x * place["width"], place["y"] + y * place["height"])


def go(page: Page, step: str) -> None:
    page.click(f"nav [data-to={step}]")


def number(text: str, what: str) -> float:
    """Not a number where it does not stand there yet."""
    found = re.search(rf"(?:{what})\D*?(-?\d+(?:\.\d+)?)", text)
    return float(found[1]) if found else math.nan


def _is_found(solution: str) -> bool:
    heading, view = number(solution, "Heading|方位角"), number(solution, "Field of view|视场角")
    return heading == pytest.approx(HEADING, abs=0.5) and view == pytest.approx(VIEW, abs=1.0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_the_pin_to_a_deployment_that_counts(
    reserve: Reserve, browser: Browser, footage: Path, tmp_path: Path, language: str
) -> None:
    former = reserve.field.deployments["node-1"][0]
    box = prepared(reserve, tmp_path, footage)
    name, peak, mast, written = NAMES[language]
    aiming = Aiming(box)
    try:
        with sound_page(browser, 360, 740, device_scale_factor=2, has_touch=True) as page:
            page.add_init_script(
                f"localStorage.getItem('language') ?? localStorage.setItem('language', '{language}')"
            )
            page.goto(aiming.url)
            page.fill("#pin", "123123" if aiming.pin != "123123" else "321321")
            page.click("#door .main")
            page.locator("#door-problem:not(:empty)").wait_for()
            page.fill("#pin", aiming.pin)
            page.click("#door .main")

            page.locator("#overlay .box.animal").first.wait_for(state="attached")
            assert page.evaluate("document.documentElement.scrollWidth") == 360
            if language == "en":
                _reads_coordinates_as_people_have_them(page)
            tap(page, 0.4, 0.6)
            page.click("#level-find")
            page.locator("#level-answer:not(:empty)").wait_for()
            shoot(page, "picture", language)
            page.click("#level-none")

            go(page, "place")
            page.fill("#name", name)
            page.fill("#coordinates", f"{LAT}, {LON}")
            page.fill("#height", "12")
            page.locator("#coordinates-read", has_text="-3.7").wait_for()
            shoot(page, "place", language)

            go(page, "direction")
            for x, what in ((0.85, peak), (0.15, mast)):
                page.click("#landmark-add")
                tap(page, x, 0.45)
                page.fill("#landmark-name", what)
                page.fill("#landmark-where", landmark(x))
                page.click("#landmark-form .main")
                page.locator("#landmarks li", has_text=what).wait_for()
            answer = page.locator("#solution")
            answer.filter(has_text="211").wait_for()
            eventually(lambda: _is_found(answer.inner_text()), within_s=START_S)
            page.evaluate("document.querySelector('main').scrollTop = 0")
            shoot(page, "direction", language)

            go(page, "walk")
            page.locator("#walk-seen.yes").wait_for()
            page.click("#walk-mark:not([disabled])")
            page.locator("#walk-table tr").wait_for()
            page.locator("#walk-answer", has_text="5").wait_for()
            shoot(page, "walk", language)

            go(page, "finish")
            shoot(page, "finish", language)
            page.click("#write")
            page.locator("#written h3", has_text=written).wait_for()
            page.locator("#written").scroll_into_view_if_needed()
            shoot(page, "written", language)
            page.click("#done")
            page.locator("#app h1").wait_for()
        assert aiming.process.wait(STOP_S) == 0
    finally:
        aiming.end()
        print(aiming.log.read_text())

    id_ = tomllib.loads(box.config.read_text())["camera"][0]["deployment_id"]
    with reserve.db.transaction() as conn:
        row: Any = conn.execute(
            "SELECT location_name, ST_X(location), ST_Y(location), heading_deg, field_of_view_deg, height_m,"
            " detection_distance_m, ended_at, started_at FROM deployment WHERE id = %s",
            [id_],
        ).fetchone()
        ended: Any = conn.execute("SELECT ended_at FROM deployment WHERE id = %s", [former]).fetchone()
    assert row is not None
    assert row[:3] == (name, LON, LAT)
    assert row[3:7] == pytest.approx((HEADING, VIEW, 12, 5), abs=1.0)
    assert row[7] is None
    assert ended[0] == row[8] <= utc_now()


def test_beside_a_running_node_that_goes_on_watching_and_takes_over_the_deployment(
    reserve: Reserve, browser: Browser, footage: Path, tmp_path: Path
) -> None:
    """The node keeps the camera: the page sees through its window, and it reads node.toml anew."""
    footage = shutil.copytree(footage, tmp_path / "footage")  # which grows here
    box = prepared(reserve, tmp_path, footage)
    box.config.write_text("heartbeat_s = 1\n" + box.config.read_text())
    _have_source(box, f'kind = "folder", path = "{footage}", follow = true, times = {{ kind = "mtime" }}')
    log = (tmp_path / "node.log").open("w")
    with working(reserve.settings):
        node = subprocess.Popen([*EDGE, "run", "-c", str(box.config)], stdout=log, stderr=log)
        try:
            eventually(lambda: (box.settings().node.state_dir / "aim.sock").exists(), within_s=START_S)
            aiming = Aiming(box)
            try:
                with sound_page(browser, 360, 740) as page:
                    page.goto(aiming.url)
                    page.fill("#pin", aiming.pin)
                    page.click("#door .main")
                    _pictures_come(footage, page)
                    go(page, "place")
                    page.fill("#name", "Beside")
                    page.fill("#coordinates", f"{LAT}, {LON}")
                    go(page, "finish")
                    page.click("#write:not([disabled])")
                    page.locator("#written", has_text="taken it over").wait_for()
            finally:
                aiming.end()
                print(aiming.log.read_text())
            id_ = tomllib.loads(box.config.read_text())["camera"][0]["deployment_id"]
            assert node.poll() is None
            # Of the new deployment, by the same process: and the view of the day with it.
            eventually(lambda: _count(reserve, "media", id_), within_s=START_S)
            _another(footage)
            eventually(lambda: _count(reserve, "effort", id_), within_s=START_S)
        finally:
            end(node)
            log.close()
            print((tmp_path / "node.log").read_text()[-3000:])


def _another(footage: Path) -> None:
    """A picture comes."""
    first = min(footage.glob("*.jpg"))
    part = footage / "new.part"
    part.write_bytes(first.read_bytes())
    part.rename(footage / f"{utc_now():%Y%m%d_%H%M%S_%f}.jpg")


def _pictures_come(footage: Path, page: Page) -> None:
    deadline = time.monotonic() + START_S
    while "node at work" not in page.inner_text("#fps"):
        assert time.monotonic() < deadline, f"the node shows nothing: {page.inner_text('#stage')}"
        _another(footage)
        page.wait_for_timeout(500)


def _count(reserve: Reserve, table: str, deployment: str) -> int:
    queries = {
        "media": "SELECT count(*) FROM media WHERE deployment_id = %s",
        "effort": "SELECT count(*) FROM effort WHERE deployment_id = %s",
    }
    with reserve.db.transaction() as conn:
        row = conn.execute(queries[table], [deployment]).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])
