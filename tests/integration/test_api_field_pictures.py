"""Pictures that people take at the fire, small pictures, and what an opened alert costs a bad link."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from PIL import Image

from fieldwatch_shared.ids import uuid7

from .api_world import NOON
from .fire_world import FireWorld
from .labels_world import drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_cloud.db.pool import Database

SEQUENCES = Path(__file__).parents[3] / "shared" / "sequences"
TAKEN = NOON.isoformat()


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FireWorld:
    return FireWorld(database_url, db, tmp_path)


def path(fire: UUID, picture: UUID) -> str:
    return f"/incidents/{fire}/pictures/{picture}"


def test_a_picture_from_the_field(world: FireWorld) -> None:
    fire, new, content = world.fire(), uuid7(), drawn(1)
    with world.people("ranger", "researcher", "stranger") as (ranger, researcher, stranger):
        where = {"taken_at": TAKEN, "note": "from the saddle 从山口", "lon": 107.61, "lat": 33.63}
        kept = ranger.put(path(fire, new), content, params=where)
        assert kept.status_code == 200, kept.text
        detail = researcher.sees(fire)
        assert detail["pictures"] == [kept.json()]
        assert kept.json() | {"received_at": ""} == {
            "id": str(new),
            "account": "Ranger",
            "taken_at": "2026-05-04T12:00:00Z",
            "received_at": "",
            "location": {"type": "Point", "coordinates": [107.61, 33.63]},
            "note": "from the saddle 从山口",
            "mime": "image/jpeg",
            "bytes": len(content),
        }
        assert detail["log"][-1]["action"] == "picture"
        assert detail["log"][-1]["details"] == {"picture_id": str(new)}
        assert detail["revision"] == 2

        served = researcher.get(path(fire, new))
        assert served.content == content
        assert served.headers["content-type"] == "image/jpeg"
        assert served.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert "sandbox" in served.headers["content-security-policy"]
        same = researcher.get(path(fire, new), headers={"If-None-Match": served.headers["etag"]})
        assert same.status_code == 304
        assert (
            Image.open(io.BytesIO(researcher.get(path(fire, new), params={"width": 160}).content)).width
            <= 160
        )

        for method in (stranger.get, lambda at: stranger.put(at, content, params={"taken_at": TAKEN})):
            assert method(path(fire, new)).status_code == 404
        assert researcher.get(path(world.fire(), new)).status_code == 404, "it belongs to another incident"


def test_sent_again_it_is_there_once(world: FireWorld) -> None:
    fire, new = world.fire(), uuid7()
    with world.people("ranger", "manager") as (ranger, manager):
        first = ranger.put(path(fire, new), drawn(1), params={"taken_at": TAKEN})
        again = ranger.put(path(fire, new), drawn(1), params={"taken_at": TAKEN})
        assert again.status_code == 200
        assert again.json() == first.json()
        for who, incident, content in (
            (ranger, fire, drawn(2)),  # other bytes
            (manager, fire, drawn(1)),  # another person
            (ranger, world.fire(), drawn(1)),  # another incident
        ):
            taken = who.put(path(incident, new), content, params={"taken_at": TAKEN})
            assert taken.status_code == 409, taken.text
        assert len(ranger.sees(fire)["log"]) == 2
    assert world.rows("SELECT count(*) FROM incident_picture") == [(1,)]


def test_an_incident_holds_only_so_many(world: FireWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldwatch_cloud.api.routes.field_pictures.MOST", 2)
    fire, ids = world.fire(), [uuid7() for _ in range(3)]
    with world.people("ranger") as (ranger,):

        def put(n: int) -> int:
            answer = ranger.put(path(fire, ids[n]), drawn(n), params={"taken_at": TAKEN})
            return int(answer.status_code)

        assert [put(0), put(1), put(2), put(1)] == [200, 200, 422, 200]
        assert len(ranger.sees(fire)["pictures"]) == 2


def test_it_cannot_be_altered_either(world: FireWorld, database_url: str) -> None:
    fire = world.fire()
    with world.people("ranger") as (ranger,):
        ranger.put(path(fire, uuid7()), drawn(1), params={"taken_at": TAKEN})
    for statement in ("UPDATE incident_picture SET note = 'x'", "DELETE FROM incident_picture"):
        with psycopg.connect(database_url) as conn, pytest.raises(psycopg.errors.RaiseException):
            conn.execute(statement)


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return out.getvalue()


REFUSED: dict[str, tuple[bytes, dict[str, Any], int]] = {
    "no picture": (b"hello", {}, 422),
    "nothing": (b"", {}, 422),
    "a PNG": (png(), {}, 422),
    "too large": (drawn(1) + b"\0" * 1024**2, {}, 413),
    "without a time": (drawn(1), {"taken_at": None}, 422),
    "a time without a zone": (drawn(1), {"taken_at": "2026-05-04T12:00:00"}, 422),
    "half a place": (drawn(1), {"lon": 107.5}, 422),
    "a place that is none": (drawn(1), {"lon": 107.5, "lat": 91}, 422),
    "a long note": (drawn(1), {"note": "x" * 2001}, 422),
}


@pytest.mark.parametrize(("content", "query", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(world: FireWorld, content: bytes, query: dict[str, Any], status: int) -> None:
    fire = world.fire()
    params = {key: value for key, value in ({"taken_at": TAKEN} | query).items() if value is not None}
    with world.people("ranger") as (ranger,):
        response = ranger.put(path(fire, uuid7()), content, params=params)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert ranger.sees(fire)["pictures"] == []


def test_of_a_phone_whose_clock_is_wrong(world: FireWorld) -> None:
    fire = world.fire()
    with world.people("ranger") as (ranger,):
        ahead = ranger.put(path(fire, uuid7()), drawn(1), params={"taken_at": "2099-01-01T00:00:00Z"}).json()
        said = {"taken_at": "2099-01-01T00:00:00Z", "sent_at": "2099-01-01T01:00:00Z"}
        known = ranger.put(path(fire, uuid7()), drawn(2), params=said).json()
    taken, received = (datetime.fromisoformat(ahead[at]) for at in ("taken_at", "received_at"))
    assert abs(received - taken) < timedelta(minutes=1), "nothing was taken in the future"
    taken, received = (datetime.fromisoformat(known[at]) for at in ("taken_at", "received_at"))
    assert timedelta(minutes=59) < received - taken < timedelta(minutes=61)


# Small pictures -------------------------------------------------------------------------------------


def put_media(world: FireWorld, content: bytes, mime: str = "image/jpeg") -> UUID:
    new, digest = uuid7(), hashlib.sha256(content).hexdigest()
    world.store.put(digest, content)
    world.run(
        "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
        " clock_quality) VALUES (%s, %s, %s, %s, %s, %s, 1, 1, 'ntp')",
        new,
        world.ridge,
        NOON,
        mime,
        digest,
        len(content),
    )
    return new


def landscape() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((1280, 720), 40).convert("RGB").save(out, "JPEG", quality=60)
    return out.getvalue()


def test_a_smaller_picture(world: FireWorld) -> None:
    shown = put_media(world, landscape())
    with world.people("ranger", "stranger") as (ranger, stranger):
        whole = ranger.get(f"/media/{shown}")
        small = ranger.get(f"/media/{shown}", params={"width": 480})
        assert Image.open(io.BytesIO(small.content)).size == (480, 270)
        assert small.headers["content-type"] == "image/jpeg"
        assert small.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert small.headers["etag"] != whole.headers["etag"], "one is not the other"
        assert "sandbox" in small.headers["content-security-policy"]
        kept = ranger.get(
            f"/media/{shown}", params={"width": 480}, headers={"If-None-Match": small.headers["etag"]}
        )
        assert (kept.status_code, kept.content) == (304, b"")
        for width in (159, 1281, 0, -5, "wide"):
            assert ranger.get(f"/media/{shown}", params={"width": width}).status_code == 422
        assert stranger.get(f"/media/{shown}", params={"width": 480}).status_code == 404
        assert ranger.get(f"/media/{uuid4()}", params={"width": 480}).status_code == 404


def test_of_a_clip_or_a_broken_picture_there_is_no_smaller_one(world: FireWorld) -> None:
    with world.people("ranger") as (ranger,):
        for content, mime in ((b"\0\0\0\x18ftypmp42", "video/mp4"), (landscape()[:3000], "image/jpeg")):
            shown = put_media(world, content, mime)
            refused = ranger.get(f"/media/{shown}", params={"width": 480})
            assert refused.status_code == 422
            assert "picture" in refused.json()["detail"]
            assert ranger.get(f"/media/{shown}").content == content, "as it is, it can be had"


def test_of_a_lost_file_it_says_so(world: FireWorld) -> None:
    content = landscape()
    shown = put_media(world, content)
    world.store.path(hashlib.sha256(content).hexdigest()).unlink()
    with world.people("ranger") as (ranger,):
        assert ranger.get(f"/media/{shown}", params={"width": 480}).status_code == 404


# The budget of an opened alert ----------------------------------------------------------------------

BUDGET = 60_000


def cost(world: FireWorld, pictures: Sequence[bytes]) -> int:
    """Bytes that a phone loads to see an incident whole: its record, and three pictures of each camera."""
    shown = [put_media(world, content) for content in pictures]
    fire = world.fire(media=shown[-1])
    world.run(
        "UPDATE incident SET location = ST_Point(107.6, 33.62, 4326), location_method = 'bearings',"
        " semi_major_m = 120, semi_minor_m = 40, orientation_deg = 30,"
        " region = ST_Buffer(ST_Point(107.6, 33.62, 4326), 0.001, 'quad_segs=16') WHERE id = %s",
        fire,
    )
    with world.people("ranger") as (ranger,):
        record = ranger.get(f"/incidents/{fire}")
        assert record.status_code == 200
        small = [ranger.get(f"/media/{media}", params={"width": 480}) for media in shown]
    assert {response.status_code for response in small} == {200}
    sizes = [len(record.content), *(len(response.content) for response in small)]
    print(json.dumps({"record": sizes[0], "pictures": sizes[1:], "total": sum(sizes)}))
    return sum(sizes)


def test_an_opened_alert_stays_within_its_budget(world: FireWorld) -> None:
    """Noise is the worst that a JPEG can be made of."""
    assert cost(world, [landscape() for _ in range(3)]) <= BUDGET


@pytest.mark.skipif(not SEQUENCES.is_dir(), reason=f"no public sequences here ({SEQUENCES})")
def test_with_pictures_of_real_fires(world: FireWorld) -> None:
    found = list(itertools.islice(sorted(SEQUENCES.rglob("*.jpg")), 0, None, 40))[:3]
    assert len(found) == 3
    assert cost(world, [one.read_bytes() for one in found]) <= BUDGET
