"""A reserve whose people can be called, for the pictures of the fire desk: a mail server, somebody on duty,
and a drill that was held and answered."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.e2e.browser_desk import MANAGER, RANGER
from tests.e2e.browser_page import sound_page
from tests.e2e.browser_site import SLUG, wait_for
from tests.e2e.browser_world import World, act, open_session, post
from tests.integration.test_notify_channels import Mailbox, mail_server

from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@contextmanager
def taking_mail() -> Iterator[dict[str, str]]:
    """Settings of a service whose mail arrives."""
    with mail_server(Mailbox()) as port:
        yield {
            "FIELDWATCH_NOTIFY_SMTP_URL": f"smtp+insecure://localhost:{port}",
            "FIELDWATCH_NOTIFY_MAIL_FROM": "fire@foping.example",
        }


def staff(browser: Browser, world: World) -> None:
    """A device for the ranger and the manager, and the ranger on duty in the reserve, each day."""
    for email in (RANGER, MANAGER):
        with sound_page(browser, width=800, height=600) as page:
            open_session(page, world.site, email)
            address = {"channel": "email", "name": "Work", "address": {"email": email}, "language": "zh"}
            post(page.request, world.site, "/devices", address)
    with sound_page(browser, width=800, height=600) as page:
        open_session(page, world.site)
        people = {one["email"]: one["id"] for one in _told(page, world, f"/accounts?reserve={SLUG}")}
        zone = _told(page, world, f"/reserves/{SLUG}/zones")["features"][0]["properties"]["id"]
        midnight = utc_now().replace(hour=16, minute=0, second=0, microsecond=0)  # of the reserve
        start = midnight - timedelta(days=4)
        for email, of, place in ((RANGER, None, 1), (MANAGER, None, 2), (RANGER, zone, 1)):
            shift = {
                "account_id": people[email], "zone_id": of, "place": place, "repeats": "daily",
                "starts_at": start.isoformat(), "ends_at": (start + timedelta(days=1)).isoformat(),
            }  # fmt: skip
            post(page.request, world.site, f"/reserves/{SLUG}/shifts", shift)


def drill(browser: Browser, world: World) -> str:
    """Its id, once it was called, answered and ended."""
    with sound_page(browser, width=800, height=600) as page:
        open_session(page, world.site)
        camera = str(world.site.deployments["lick"])
        begun = post(page.request, world.site, f"/reserves/{SLUG}/drills", {"deployment_id": camera})
        drill_id, incident = str(begun["id"]), begun["incident_id"]
        wait_for(lambda: _told(page, world, f"/drills/{drill_id}")["calls"], "the calls of the drill")
        with sound_page(browser, width=800, height=600) as ranger:
            open_session(ranger, world.site, RANGER)
            act(ranger, world.site, incident, "acknowledge")
        post(page.request, world.site, f"/drills/{drill_id}/end", {})
    return drill_id


def _told(page: Page, world: World, path: str) -> Any:
    answer = page.request.get(f"{world.site.url}/api/v1{path}")
    assert answer.ok, answer.text()
    return answer.json()
