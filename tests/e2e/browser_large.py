"""The map of a large reserve for the pictures of the documentation: 2,000 cameras over drawn land, and what
the reserve of `browser_world` is too small for. Records are few: what is looked at is how the map reads."""

from __future__ import annotations

import json
import math
import random
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.bench import big_reserve
from tests.bench.bench_counts import api
from tests.e2e.browser_page import sound_page

from fieldwatch_cloud.api.auth import COOKIE
from fieldwatch_cloud.basemap import build
from fieldwatch_cloud.db import accounts
from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.db.pool import Database, connection
from fieldwatch_cloud.services.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2
    from playwright.sync_api import Browser, Page

SLUG, OBSERVATIONS, PATROLS = "qinling", 60_000, 6
NEAR, FAR = "107.52,33.48,12.2", "107.42,33.48,9.3"
VIEWS = {
    "large": ("#map", (1440, 900)),
    "density": (f"#map?at={FAR}&layers=cameras,density,boundary,basemap", (1440, 900)),
    "land": (f"#map?at={NEAR}&layers=cameras,views,boundary,zones,tracks,basemap,grid", (1440, 900)),
    "4k": ("#map?at=107.52,33.48,11.4", (3840, 2160)),
}
"""Address and size by name of the picture."""


@dataclass(frozen=True)
class Large:
    url: str
    secret: str
    """Of a manager's session."""


@contextmanager
def running_large(deployments: int = 2000) -> Iterator[Large]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fwl-", dir="/tmp")))
        folder.chmod(0o711)
        state = folder / "state"
        postgres = EmbeddedPostgres(state)
        postgres.start()
        stack.callback(postgres.stop)
        migrate(postgres.url)
        made = big_reserve.make(postgres.url, SLUG, deployments=deployments, observations=OBSERVATIONS)
        with Database(postgres.url) as database:
            build.build(database, made.reserve_id, state / "media")
        with connection(postgres.url) as conn:
            found = conn.execute("SELECT id FROM account WHERE email = %s", (made.email,)).fetchone()
            assert found is not None
            secret = accounts.start_session(conn, found[0], timedelta(hours=2))
        client = stack.enter_context(api(state, postgres.url, made.token))
        _patrol(client)
        where = urlsplit(str(client.base_url))
        yield Large(f"http://{where.hostname}:{where.port}", secret)


def _patrol(client: httpx2.Client) -> None:
    """Some days' rounds, in the middle of the reserve."""
    rng = random.Random(5)
    for n in range(PATROLS):
        lon, lat, course = 107.46 + 0.02 * n, 33.45 + 0.012 * n, rng.uniform(0, 2 * math.pi)
        line = [[lon, lat]]
        for _ in range(60):
            course += rng.uniform(-0.5, 0.5)
            lon, lat = lon + 0.0018 * math.cos(course), lat + 0.0015 * math.sin(course)
            line.append([lon, lat])
        body = {"type": "Feature", "properties": {"name": f"P {n + 1}"},
                "geometry": {"type": "LineString", "coordinates": line}}  # fmt: skip
        answer = client.post(
            f"/api/v1/reserves/{SLUG}/tracks", params={"filename": "round.geojson"}, content=json.dumps(body)
        )
        assert answer.status_code == 201, answer.text


@contextmanager
def map_of(browser: Browser, large: Large, name: str, language: str) -> Iterator[Page]:
    """The map at rest, as the view of that name shows it."""
    where, (width, height) = VIEWS[name]
    with sound_page(browser, width=width, height=height) as page:
        page.context.add_cookies([{"name": COOKIE, "value": large.secret, "url": large.url}])
        page.add_init_script(f"localStorage.setItem('fieldwatch.language', '{language}')")
        page.goto(f"{large.url}/{where}")
        page.wait_for_selector("header.top")
        page.wait_for_selector(".map[data-state=idle]")
        page.wait_for_function("document.fonts.status === 'loaded'")
        page.wait_for_timeout(1500)  # the symbols fade in
        page.wait_for_selector(".map[data-state=idle]")
        yield page
