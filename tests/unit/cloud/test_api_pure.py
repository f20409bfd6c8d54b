"""The parts of the API that need neither a server nor a database."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.exceptions import RequestValidationError
from jsonschema import Draft202012Validator
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from fieldwatch_cloud.api import cursor, openapi
from fieldwatch_cloud.api.attempts import Attempts
from fieldwatch_cloud.api.compress import Compressed
from fieldwatch_cloud.api.live import QUEUE_EVENTS, Live, LiveEvent
from fieldwatch_cloud.api.security import same_origin

CONTRACTS = Path(__file__).parents[3] / "docs/contracts"
PUBLIC = (
    "log_in", "get_health", "create_receipt", "look_at_link", "use_link", "get_authority", "enrol_node",
    "make_challenge", "open_session",
)  # fmt: skip
"""Without a log-in; a delivery's receipt, a link to set a password, a node's one-time code and its proof have
secrets of their own. The authority's certificate is none."""


def test_the_published_openapi_document_is_up_to_date() -> None:
    """If this fails: python -m fieldwatch_cloud.api.openapi docs/contracts, and look at what changed."""
    assert (CONTRACTS / openapi.FILE).read_text(encoding="utf-8") == openapi.document()


def test_the_openapi_document_reads_well() -> None:
    document = json.loads(openapi.document())
    operations = [op for path in document["paths"].values() for op in path.values()]
    unsafe = [op for path in document["paths"].values() for method, op in path.items() if method != "get"]
    for operation in unsafe:  # From another site's page, with a cookie.
        by_cookie = any("session" in way for way in operation.get("security", ()))
        assert "403" in operation["responses"] or not by_cookie, operation["operationId"]
    names = [op["operationId"] for op in operations]
    assert len(set(names)) == len(names) > 15
    tags = {tag["name"] for tag in document["tags"]}
    for operation in operations:
        assert operation["summary"]
        assert set(operation["tags"]) <= tags
        assert "503" in operation["responses"]
        assert ("413" in operation["responses"]) >= ("requestBody" in operation)
        assert operation.get("security") or operation["operationId"] in PUBLIC
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], operation["operationId"]

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [r for value in node.values() for r in references(value)]
        return [r for value in node for r in references(value)] if isinstance(node, list) else []

    schemas = document["components"]["schemas"]
    used = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert used == set(schemas)  # none missing, none left over
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),  # typed by the user
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),  # a neighbour's subdomain
        ({"sec-fetch-site": "cross-site", "origin": "https://map.example"}, False),
        ({"origin": "https://map.example"}, True),
        ({"origin": "https://map.example:8443"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({}, False),
    ],
)
def test_same_origin(headers: dict[str, str], same: bool) -> None:
    assert same_origin(Headers(headers | {"host": "map.example"}), None) is same


def test_same_origin_behind_a_proxy() -> None:
    headers = Headers({"host": "127.0.0.1:8080", "origin": "https://map.example"})
    assert same_origin(headers, "https://map.example")


def test_attempts_end_and_come_back() -> None:
    attempts = Attempts(limit=3, window_s=60)
    assert [attempts.begin("a", now) for now in (0, 10, 20)] == [0, 0, 0]
    assert attempts.begin("a", 25) == 35  # until the first is a minute old
    assert attempts.begin("b", 25) == 0
    assert attempts.begin("a", 60) == 0
    assert attempts.begin("a", 61) == 9
    attempts.succeeded("a")
    assert attempts.begin("a", 62) == 0


def test_an_attempt_that_was_none_is_withdrawn() -> None:
    attempts = Attempts(limit=2, window_s=60)
    attempts.begin("a", 1)
    attempts.begin("a", 2)
    attempts.withdraw("a", 2)
    attempts.withdraw("b", 2)  # forgotten meanwhile
    assert attempts.begin("a", 3) == 0
    assert attempts.begin("a", 4) > 0


def test_attempts_forget_the_oldest_keys() -> None:
    attempts = Attempts(limit=1, window_s=60, keys=2)
    for key in "abc":
        attempts.begin(key, 0)
    assert attempts.begin("c", 1) > 0
    assert attempts.begin("a", 1) == 0


def test_a_cursor_comes_back() -> None:
    place = datetime(2026, 5, 4, 12, 0, 0, 123456, UTC), uuid4()
    assert cursor.decode(cursor.encode(*place)) == place


BEFORE_TIME = base64.urlsafe_b64encode(f"0001-01-01T00:00:00+14:00 {uuid4()}".encode()).decode()


@pytest.mark.parametrize("text", ["", "x", "!!!!", "MjAyNg", "MjAyNi0wNS0wNCB4", "é", BEFORE_TIME])
def test_a_strange_cursor_is_refused(text: str) -> None:
    with pytest.raises(RequestValidationError):
        cursor.decode(text)


def notification(reserve: str, event: str, data: object) -> str:
    return json.dumps({"reserve": reserve, "event": event, "data": data})


def test_live_gives_each_reserve_its_own_events() -> None:
    async def play() -> None:
        live = Live()
        with live.subscribe("foping") as ours, live.subscribe("elsewhere") as theirs:
            live.dispatch(notification("foping", "media", [{"id": 1}, {"id": "佛"}]))
            assert await ours.next(0.01) == LiveEvent("media", '{"id":1}')
            assert await ours.next(0.01) == LiveEvent("media", '{"id":"佛"}')
            assert await ours.next(0.01) is None
            assert await theirs.next(0.01) is None

    asyncio.run(play())


def test_live_wakes_a_waiting_client() -> None:
    async def play() -> None:
        live = Live()
        with live.subscribe("foping") as ours:
            waiting = asyncio.create_task(ours.next(60))
            await asyncio.sleep(0.01)
            live.dispatch(notification("foping", "incident", {"id": 1}))
            event = await waiting
            assert event is not None
            assert event.name == "incident"

    asyncio.run(play())


def test_a_slow_client_is_sent_away_and_holds_up_nobody() -> None:
    async def play() -> None:
        live = Live()
        with live.subscribe("foping") as slow, live.subscribe("foping") as quick:
            for number in range(QUEUE_EVENTS + 1):
                live.dispatch(notification("foping", "media", {"id": number}))
                assert await quick.next(0.01) == LiveEvent("media", f'{{"id":{number}}}')
            assert await slow.next(0.01) == LiveEvent("refetch", '{"reason": "slow_client"}')
            with pytest.raises(EOFError):
                await slow.next(0.01)

    asyncio.run(play())


def test_closing_ends_waiting_and_later_clients() -> None:
    async def play() -> None:
        live = Live()
        with live.subscribe("foping") as early:
            waiting = asyncio.create_task(early.next(60))
            await asyncio.sleep(0.01)
            live.close()
            with pytest.raises(EOFError):
                await waiting
        with live.subscribe("foping") as late, pytest.raises(EOFError):
            await late.next(60)

    asyncio.run(play())


@pytest.mark.parametrize("payload", ["", "[]", "{}", '{"reserve": "foping"}', "null"])
def test_an_unreadable_notification_harms_nobody(payload: str) -> None:
    async def play() -> None:
        live = Live()
        with live.subscribe("foping") as ours:
            live.dispatch(payload)
            live.dispatch(notification("foping", "media", {"id": 1}))
            assert await ours.next(0.01) == LiveEvent("media", '{"id":1}')

    asyncio.run(play())


def test_live_goes_on_after_whatever_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = 0

    async def notifications(_url: str) -> AsyncIterator[str | None]:
        nonlocal connections
        connections += 1
        yield None
        if connections == 1:
            raise OSError("no more file descriptors")
        yield notification("foping", "media", {"id": 1})
        await asyncio.sleep(600)

    monkeypatch.setattr("fieldwatch_cloud.api.live.notifications", notifications)

    async def play() -> None:
        live = Live()
        with live.subscribe("foping") as ours:
            following = asyncio.create_task(live.run("postgresql://"))
            assert await ours.next(60) == LiveEvent("refetch", '{"reason": "reconnected"}')
            assert await ours.next(60) == LiveEvent("media", '{"id":1}')
            following.cancel()

    asyncio.run(play())


class TestCompressed:
    """What is packed, and what must not be."""

    @staticmethod
    def _client() -> TestClient:
        async def large(scope: Scope, receive: Receive, send: Send) -> None:
            kind = "text/event-stream" if scope["path"].endswith("/events") else "application/json"
            await Response(b"x" * 10_000, media_type=kind)(scope, receive, send)

        return TestClient(Compressed(large))

    @pytest.mark.parametrize(
        ("path", "packed"),
        [
            ("/api/v1/reserves/foping/deployments", True),
            ("/api/v1/reserves/foping/tiles/cameras/9/1/2.mvt", True),
            ("/api/v1/reserves/foping/stream", False),  # each event leaves at once
            ("/api/v1/reserves/foping/events", False),  # so does any other stream
            ("/api/v1/reserves/foping/basemap.pmtiles", False),  # read by ranges
            ("/api/v1/media/0197a1b2", False),  # pictures are packed already
            ("/assets/main.js", False),  # the build has packed it
        ],
    )
    def test_by_path(self, path: str, packed: bool) -> None:
        answer = self._client().get(path, headers={"Accept-Encoding": "gzip"})
        assert (answer.headers.get("content-encoding") == "gzip") is packed
        assert answer.content == b"x" * 10_000

    def test_only_for_who_takes_it(self) -> None:
        answer = self._client().get("/api/v1/reserves", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in answer.headers
