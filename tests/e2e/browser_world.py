"""A reserve that has been at work for a fortnight, for tests that look at every page: cameras that looked,
animals with pictures, a roster, somebody who can be called. Told once, by the services themselves."""

from __future__ import annotations

import math
import random
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.e2e.browser_desk import MANAGER, RANGER
from tests.e2e.browser_review import Seen, add_accounts, report
from tests.e2e.browser_site import PASSWORD, SLUG, FieldNode, Site, running_site

from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import LinkReport, PowerReport, Quantity, Reading, utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from uuid import UUID

    from playwright.sync_api import APIRequestContext, Page

    from fieldwatch_shared.messages import Heartbeat

DAYS = 15
"""Of which everything is told."""
STOOD_DAYS = 800
"""So long have the cameras stood: they looked in two springs as well."""
KINDS = ("Cervidae", "Equus", "Elephantidae", "Panthera leo")
ZEBRA = (40, 16)
"""Passages in the valley this spring, and in the last."""
ADMIN = "admin@foping.example"


@dataclass(frozen=True)
class World:
    site: Site
    node: FieldNode
    pictures: list[UUID]
    """Newest first."""


@contextmanager
def running_world(state: Path, folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[World]:
    with running_site(state, folder, settings, days=STOOD_DAYS) as site:
        add_accounts(
            site,
            (MANAGER, "manager", "Zhang Min"),
            (RANGER, "ranger", "Wu Gang"),
            (ADMIN, "admin", "Chen Li"),
        )
        (folder / "node").mkdir()
        with FieldNode.running(site, folder / "node") as node:
            yield World(site, node, _tell(site, node))


def _tell(site: Site, node: FieldNode) -> list[UUID]:
    """Three cameras looked all the time, `saddle` never did; zebra are seen more in the second week."""
    rng = random.Random(11)
    now = utc_now()
    start = now - timedelta(days=DAYS - 1)
    looked = {place: (start, now - timedelta(minutes=5)) for place in ("ridge", "lick", "river")}
    observations = []
    for day in range(DAYS - 1):
        for place in looked:
            for name in KINDS[: 2 if day < 7 else 3]:
                at = start + timedelta(days=day, hours=rng.uniform(1, 20))
                for n in range(rng.choice((0, 1, 1, 2))):
                    seen_at = at + timedelta(hours=n)
                    if seen_at < now - timedelta(hours=2):
                        observations.append(
                            node.observation(place, seen_at, name, count=rng.choice((1, 2, 4)))
                        )
    node.say(node.heartbeat(looked), *observations, *_springs(site, node, now))
    pictures = []
    for n, (place, name) in enumerate(
        [("ridge", "Equus"), ("river", "Elephantidae"), ("lick", "Cervidae"), ("ridge", "Panthera leo"),
         ("lick", "Equus"), ("river", "Cervidae"), ("ridge", "Cervidae")]
    ):  # fmt: skip
        box = (0.2 + 0.07 * n, 0.42, 0.24, 0.36)
        at = now - timedelta(minutes=4 + 21 * n)
        pictures.append(report(node, site, place, at, [Seen(name, box, 0.9 - 0.02 * n)], n))
    return pictures


def spring_year(now: datetime) -> int:
    """Of the last April that is over."""
    return now.year if now >= datetime(now.year, 5, 2, tzinfo=UTC) else now.year - 1


def _springs(site: Site, node: FieldNode, now: datetime) -> list[Any]:
    """Zebra before `ridge` and `lick`, each April of two years: many this year, few the year before."""
    told: list[Any] = []
    last = spring_year(now)
    for year, passages in ((last, ZEBRA[0]), (last - 1, ZEBRA[1])):
        start = datetime(year, 4, 1, tzinfo=UTC)
        looked = {place: (start, start + timedelta(days=30)) for place in ("ridge", "lick")}
        told.append(node.heartbeat(looked))
        for n in range(passages):
            at = start + timedelta(hours=2 + 29 * 24 * n / passages)
            told.append(node.observation(("ridge", "lick")[n % 2], at, "Equus", count=3))
    return told


def supplied(world: World) -> tuple[list[Heartbeat], list[Reading]]:
    """Three days of a node's power with a hole in them, and a day of weather beside it; to be said."""
    now = utc_now()
    plain = world.node.heartbeat({})
    link = LinkReport(
        kind="lte", signal_dbm=-93, sent_today=41_000_000, sent_this_month=870_000_000,
        bytes_per_day=100_000_000, bytes_per_month=2_000_000_000,
    )  # fmt: skip
    beats = []
    for n in range(72, -1, -1):
        if 30 < n < 40:
            continue
        at, id_ = now - timedelta(hours=n), uuid7()
        charge = 0.55 + 0.35 * math.sin(n / 24 * 2 * math.pi)
        power = PowerReport(
            charge=charge, battery_v=13.1, solar_w=12, load_w=6.5, used_wh=6.5, saved_wh=2, co2e_g_per_kwh=41,
            level="full" if charge > 0.6 else "saving" if charge > 0.4 else "low", measured=True,
        )  # fmt: skip
        fields = {"id": id_, "message_id": id_, "observed_at": at, "power": power, "link": link}
        beats.append(plain.model_copy(update=fields))
    clock = plain.clock
    readings = [
        Reading(
            id=uuid7(), sensor="mast", quantity=quantity, value=value, observed_at=at, over_s=600, clock=clock
        )
        for n in range(144)
        for at in (now - timedelta(minutes=10 * n),)
        for quantity, value in (
            (Quantity.TEMPERATURE, 12 + 8 * math.sin(n / 23)),
            (Quantity.WIND_SPEED, 3.5),
            (Quantity.WIND_DIRECTION, (300 + n) % 360),
            (Quantity.RAIN, 0.2 if 40 < n < 60 else 0.0),
        )
    ]
    return beats, readings


def sign_in_as(page: Page, site: Site, where: str = "", email: str = MANAGER, language: str = "en") -> None:
    """A session of its own, in a language, at a place of the app."""
    open_session(page, site, email)
    page.add_init_script(f"localStorage.setItem('fieldwatch.language', '{language}')")
    page.goto(f"{site.url}/{where}")


def open_session(page: Page, site: Site, email: str = MANAGER) -> None:
    who = {"email": email, "password": PASSWORD}
    answer = page.request.post(f"{site.url}/api/v1/login", data=who, headers={"Origin": site.url})
    assert answer.ok, answer.text()


def post(request: APIRequestContext, site: Site, path: str, body: Any) -> Any:
    answer = request.post(f"{site.url}/api/v1{path}", data=body, headers={"Origin": site.url})
    assert answer.ok, answer.text()
    return answer.json() if answer.status != 204 else None


def incidents(page: Page, site: Site) -> list[dict[str, Any]]:
    answer = page.request.get(f"{site.url}/api/v1/reserves/{SLUG}/incidents")
    assert answer.ok, answer.text()
    return list(answer.json()["items"])


def settle(page: Page, site: Site) -> None:
    """Every fire is over, so that the next test begins with none that waits, and with none that takes in the
    evidence of its own; asked as the manager, whoever the page's session is of by now."""
    open_session(page, site)
    for one in incidents(page, site):
        if one["state"] == "new":
            act(page, site, one["id"], "false_alarm", reason="fog")
        elif one["state"] not in ("closed", "false_alarm"):
            act(page, site, one["id"], "close")


def act(page: Page, site: Site, incident: str, action: str, **more: Any) -> None:
    """What the page's account did about a fire, now."""
    body = {"id": str(uuid7()), "action": action, "done_at": utc_now().isoformat(), **more}
    post(page.request, site, f"/incidents/{incident}/actions", body)
