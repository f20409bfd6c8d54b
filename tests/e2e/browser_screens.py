"""Writes the pictures of the documentation, every page in both languages, from a reserve at work:

python -m tests.e2e.browser_screens docs/screens [NAME ...]
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.browser_desk import see_fire, set_gate, wet_days
from tests.e2e.browser_page import chromium, sound_page
from tests.e2e.browser_places import PHONE, PLACES, Place, enter, visit
from tests.e2e.browser_staff import drill, staff, taking_mail
from tests.e2e.browser_takes import DESK, LANGUAGES, POCKET, TAKES, large, supply, write
from tests.e2e.browser_world import World, act, incidents, open_session, running_world

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_SEEN = """() => [...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight)
    .every((one) => one.complete && one.naturalWidth > 0)"""
WALL = (1920, 1080)
SIDE = {
    name: f"side-{name}"
    for name in (
        "overview",
        "species",
        "species-list",
        "camera",
        "camera-list",
        "flight",
        "flight-list",
        "reserves",
    )
}
"""What these are called in the folder."""
SCENES = ("map", "needs", "pictures", "cameras", "species")
DOOR = {"FIELDWATCH_MQTT_NODES_URL": "mqtts://reserve.example:8883"}
"""Where nodes would come in: nobody does here."""


def burn(browser: Browser, world: World) -> str:
    """A fire that two cameras saw; the id of its incident."""
    with sound_page(browser, width=800, height=600) as page:
        open_session(page, world.site)
        see_fire(world.node, world.site, ["ridge", "lick"], (107.762, 33.69), utc_now())
        return str(next(one["id"] for one in incidents(page, world.site) if one["state"] == "new"))


def hold_back(browser: Browser, world: World) -> None:
    """On a wet day, what a camera with a gate faintly saw."""
    with sound_page(browser, width=800, height=600) as page:
        open_session(page, world.site)
        wet_days(world.site, page)
        set_gate(world.site, page, "saddle", {"low": 0.45, "moderate": 0.3})
        see_fire(world.node, world.site, ["saddle"], (107.99, 33.60), utc_now(), confidence=0.31)


def answer(browser: Browser, world: World, fire: str) -> None:
    with sound_page(browser, width=800, height=600) as page:
        open_session(page, world.site)
        act(page, world.site, fire, "acknowledge")


def places(browser: Browser, world: World, fire: str, folder: Path, names: set[str], language: str) -> None:
    chosen = [place for place in (*PLACES, *PHONE) if not names or place.name in names]
    for place in chosen:
        if place.name != "wall":
            _one(
                browser,
                world,
                fire,
                folder / f"{SIDE.get(place.name, place.name)}-{language}.jpg",
                place,
                language,
            )


def _one(browser: Browser, world: World, fire: str, file: Path, place: Place, language: str) -> None:
    width, height = POCKET if place in PHONE else DESK
    with sound_page(browser, width=width, height=height) as page:
        enter(page, world, place.who, language, "#phone" if place in PHONE else "")
        visit(page, world, place, fire)
        page.wait_for_timeout(800)  # what comes once a picture is near
        page.wait_for_function(_SEEN)
        page.evaluate(
            "Promise.all([...document.images].filter((one) => one.complete).map((one) => one.decode()))"
        )
        write(page, file)


def wall(browser: Browser, world: World, folder: Path, language: str, *, fire: bool) -> None:
    """Each scene; where a fire waits, the fire."""
    with sound_page(browser, width=WALL[0], height=WALL[1]) as page:
        enter(page, world, PLACES[0].who, language, "#wall?every=3600")
        page.wait_for_selector("main.wall .wall-note[data-connection=live]")
        if fire:
            page.wait_for_selector(".wall-alarm")
            page.wait_for_selector(".map[data-state=idle]")
            write(page, folder / f"wall-fire-{language}.jpg")
            return
        page.wait_for_selector(".wall-dots [data-scene=species]")
        for scene in SCENES:
            page.wait_for_selector(f"main.wall[data-scene={scene}]")
            page.wait_for_selector(".map[data-state=idle]")
            page.wait_for_function("[...document.images].every((one) => one.complete)")
            write(page, folder / f"wall-{scene}-{language}.jpg")
            page.keyboard.press("ArrowRight")


PARTS = {
    "door": "Log-in, and the link for somebody new",
    "map": "The map",
    "side": "Overview, species, cameras, reserves",
    "counts": "Counts",
    "desk": "Fire desk",
    "review": "Review",
    "report": "Reports",
    "admin": "Administration",
    "wall": "Control room",
    "fleet": "Fleet",
    "live": "Live view",
    "aim": "Aiming a camera, on the phone",
    "phone": "The ranger's phone",
}


def gallery(folder: Path) -> None:
    """README.md: both languages side by side, part by part."""
    files = sorted(file.name for file in folder.iterdir() if file.suffix in (".png", ".jpg"))
    stems = dict.fromkeys(re.sub(r"-(en|zh)\.\w+$", "", name) for name in files)
    lines = [
        "# Every page, in both languages",
        "",
        "Made by the browser tests from a drawn reserve; not kept by hand.",
    ]
    known = [part for part in PARTS if any(stem.split("-")[0] == part for stem in stems)]
    others = {stem.split("-")[0] for stem in stems} - set(known)
    for part in [*known, *sorted(others)]:
        lines += ["", f"## {PARTS.get(part, part.capitalize())}", "", "| English | 中文 |", "|---|---|"]
        for stem in stems:
            if stem.split("-")[0] == part:
                pair = [
                    next((one for one in files if one.startswith(f"{stem}-{language}.")), None)
                    for language in ("en", "zh")
                ]
                lines.append("| " + " | ".join(f"![{stem}]({one})" if one else "" for one in pair) + " |")
    (folder / "README.md").write_text("\n".join(lines) + "\n")


def main(folder: Path, names: set[str]) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="fws-", dir="/tmp") as state,
        tempfile.TemporaryDirectory() as files,
        taking_mail() as mail,  # before the browser, whose loop runs in this thread
        chromium() as browser,
    ):
        Path(state).chmod(0o711)

        def wanted(name: str) -> bool:
            return not names or name in names

        if wanted("large"):
            large(browser, folder)
        if names == {"large"}:
            gallery(folder)
            return
        with running_world(Path(state) / "world", Path(files), DOOR | mail) as world:
            supply(world)
            staff(browser, world)
            fire = burn(browser, world)
            for language in LANGUAGES if wanted("wall") else ():
                wall(browser, world, folder, language, fire=True)
            answer(browser, world, fire)
            if wanted("desk-danger"):
                hold_back(browser, world)
            held = drill(browser, world) if wanted("desk-drills") else ""
            for language in LANGUAGES:
                if wanted("wall"):
                    wall(browser, world, folder, language, fire=False)
                places(browser, world, fire, folder, names, language)
                if held:
                    report = Place("desk-drills", f"#fire/drills/{held}", "[data-card=report]")
                    _one(browser, world, fire, folder / f"desk-drills-{language}.jpg", report, language)
                for name, take in TAKES.items():
                    if wanted(name):
                        take(browser, world, folder, language)
    gallery(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), set(sys.argv[2:]))
