"""Every page and section of the app, with what stands there once it has been read. For the tests of access,
and for the pictures of the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as TimedOutError
from tests.e2e.browser_flight import flown
from tests.e2e.browser_world import MANAGER, RANGER, World, sign_in_as

if TYPE_CHECKING:
    from playwright.sync_api import Page


@dataclass(frozen=True)
class Place:
    name: str
    address: str
    """The part from the # on; `{camera}`, `{fire}` and `{flight}` are filled in."""
    ready: str
    """A selector that is there once the place has been read."""
    who: str = MANAGER


def _own(name: str, address: str | None = None, ready: str = "main h1, main h2") -> Place:
    return Place(name, address or f"#{name}", ready)


MAP_TABS = ("live", "count", "fire", "cameras")
PLACES = [
    *(Place(f"map-{tab}", f"#map?tab={tab}", f"#tab-{tab}[aria-selected=true]") for tab in MAP_TABS),
    _own("overview"),
    _own("species", "#species/Equus"),
    _own("species-list", "#species"),
    _own("camera", "#camera/{camera}"),
    _own("camera-list", "#camera"),
    _own("flight", "#flight/{flight}", "main.flight .shots"),
    _own("flight-list", "#flight", "main.flights table"),
    _own("reserves"),
    *(
        Place(f"counts-{name}", f"#counts/{name}", f"main.research[data-section={name}][data-busy=false]")
        for name in ("species", "series", "map", "compare", "effort", "estimates", "files")
    ),
    Place("review", "#review", "main .stage"),
    Place("desk", "#fire", "main.desk"),
    Place("desk-incident", "#fire/incidents/{fire}", "main.desk article"),
    *(
        Place(f"desk-{name}", f"#fire/{name}", "main.desk")
        for name in ("roster", "wildlife", "masks", "danger", "drills", "devices")
    ),
    _own("reports"),
    *(
        Place(f"admin-{name}", f"#admin/{name}", f"main.admin[data-section={name}]", MANAGER)
        for name in ("start", "reserve", "zones", "cameras", "people", "retention", "sources", "record", "me")
    ),
    _own("wall", "#wall?every=3600", "main.wall .wall-note[data-connection=live]"),
]
PHONE = [
    Place("phone-list", "#phone", "main", RANGER),
    Place("phone-incident", "#incident/{fire}", "main", RANGER),
    Place("phone-settings", "#phone/settings", "main", RANGER),
]

_GO = """(hash) => new Promise((there) => {
    if (location.hash === hash) return there();
    // The page of before stands until the next frame, and is not to be taken for the one that is wanted.
    const drawn = () => requestAnimationFrame(() => requestAnimationFrame(there));
    addEventListener("hashchange", drawn, {once: true});
    location.hash = hash;
})"""
_UNREST = """() => {
    const map = document.querySelector(".map");
    const signs = "[aria-busy=true], main[data-busy=true], main.starting, .side-loading";
    const busy = document.querySelector(signs);
    if (busy) return `${busy.tagName}.${busy.className}`;
    if (map && map.dataset.state !== "idle") return `the map is ${map.dataset.state}`;
    const missing = [...document.images].find((one) => !one.complete && one.loading !== "lazy");
    if (missing) return missing.src;
    return document.fonts.status === "loaded" ? "" : `fonts are ${document.fonts.status}`;
}"""
REST_MS = 300_000
"""A map on eight million pixels, drawn by a processor that others want, too."""


def address_of(world: World, place: Place, fire: str) -> str:
    flight = flown(world) if "flight" in place.address else None
    return place.address.format(camera=world.site.deployments["ridge"], fire=fire, flight=flight)


def visit(page: Page, world: World, place: Place, fire: str) -> None:
    """Go there within the app, as a link does, and wait until it is at rest."""
    address = address_of(world, place, fire)
    page.evaluate(_GO, address)
    page.wait_for_selector(place.ready)
    try:
        page.wait_for_function(f"() => ({_UNREST})() === ''", timeout=REST_MS)
    except TimedOutError as error:
        raise AssertionError(f"{place.name} does not come to rest: {page.evaluate(_UNREST)}") from error


def enter(page: Page, world: World, who: str, language: str, where: str = "") -> None:
    sign_in_as(page, world.site, where, who, language)
    page.wait_for_selector("main")
