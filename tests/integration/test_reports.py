"""Reports of a real reserve: made, read, scheduled once, mailed through a real mail server."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader
from tests.integration.api_world import NOON
from tests.integration.notify_world import eventually, notifying
from tests.integration.report_world import MONDAY, PANDA, ReportWorld
from tests.integration.test_notify_channels import Mailbox, mail_server

from fieldwatch_cloud.db import deliveries, reporting, sensitive
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.errors import BusyError
from fieldwatch_cloud.jobs import tasks
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.media.thumbnails import Thumbnails
from fieldwatch_cloud.reporting import make, spans
from fieldwatch_cloud.reporting.gather import gather
from fieldwatch_cloud.settings import CloudSettings
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.reporting.facts import Facts

# A report is made by a process of its own, which loads much before it draws.
pytestmark = pytest.mark.timeout(900)

REPORTS = "/api/v1/reserves/foping/reports"
SCHEDULE = "/api/v1/reserves/foping/report-schedule"
OFF = {"enabled": False}
WEEK = {"kind": "weekly", "ending": "2026-05-10"}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> ReportWorld:
    return ReportWorld(database_url, db, tmp_path)


def work(world: ReportWorld) -> int:
    """What the jobs' leader does every two seconds."""
    return tasks.make_reports(world.settings)(world.db, utc_now())


def facts(world: ReportWorld) -> Facts:
    span = spans.asked("weekly", spans.date(2026, 5, 10), "Asia/Shanghai", utc_now())
    thumbnails = Thumbnails(world.store, world.settings.media_dir / "thumbnails", most_bytes=2**30)
    return gather(world.db, "foping", "weekly", span, now=utc_now(), thumbnails=thumbnails)


def words(pdf: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def account(world: ReportWorld, who: str, *, language: str = "en", mailbox: str | None = None) -> UUID:
    """The account that `world.token(who)` made; with a mailbox, reached there."""
    world.run("UPDATE account SET language = %s WHERE email = %s", language, f"{who}@example.org")
    ((id_,),) = world.rows("SELECT id FROM account WHERE email = %s", f"{who}@example.org")
    if mailbox:
        world.run(
            "INSERT INTO device (id, account_id, channel, name, address, language)"
            " VALUES (gen_random_uuid(), %s, 'email', 'mail', %s, %s)",
            id_,
            json.dumps({"email": mailbox}),
            language,
        )
    found: UUID = id_
    return found


def test_a_report_is_made_in_the_background_and_read_by_members_alone(world: ReportWorld) -> None:
    world.fill()
    world.pictured("FP-02", MONDAY + timedelta(hours=30), "Sus scrofa")
    with world.client("manager") as manager, world.client("ranger") as ranger:
        world.burnt(MONDAY + timedelta(hours=38), camera="FP-05", answered_min=3.2)
        asked = manager.post(REPORTS, json=WEEK)
        assert asked.status_code == 202, asked.text
        assert [(one["language"], one["state"]) for one in asked.json()["items"]] == [
            ("en", "waiting"),
            ("zh", "waiting"),
        ]
        waiting = asked.json()["items"][0]["id"]
        assert manager.get(f"/api/v1/reserve-reports/{waiting}.pdf").status_code == 404
        assert work(world) == 2
        en, zh = ranger.get(REPORTS).json()["items"]
        assert {one["state"] for one in (en, zh)} == {"made"}
        assert (en["first_day"], en["last_day"], en["made_by"]) == ("2026-05-04", "2026-05-10", "Manager")
        assert en["headlines"][0].startswith("11 of 12 cameras looked, for 73.0 camera-days")
        assert "1 fire; answered after 3 min." in en["headlines"]
        pdf = ranger.get(f"/api/v1/reserve-reports/{zh['id']}.pdf", params={"download": True})
        assert pdf.headers["content-type"] == "application/pdf"
        disposition = 'attachment; filename="foping-weekly-2026-05-04-zh.pdf"'
        assert pdf.headers["content-disposition"] == disposition
        text = words(pdf.content)
        for said in ("佛坪", "12台相机中有11台工作", "羚牛", "3分钟，Ranger", "未观测", "FP-12"):
            assert said in text, said
        assert len(PdfReader(io.BytesIO(pdf.content)).pages) == zh["pages"] == 5
        # The same in the other language, by either's id.
        page = ranger.get(f"/api/v1/reserve-reports/{zh['id']}.html", params={"language": "en"})
        assert page.headers["content-disposition"].startswith("inline")
        assert "Wild boar" in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "style-src 'sha256-" in policy
        assert "script" not in policy
        assert "img-src data:" in policy
        with world.client("stranger") as stranger:
            assert stranger.get(f"/api/v1/reserve-reports/{zh['id']}.pdf").status_code == 404
            assert stranger.get(REPORTS).status_code == 404
        assert ranger.post(REPORTS, json=WEEK).status_code == 403
        # Made anew it takes the place of the one before, and leaves no file behind.
        assert manager.post(REPORTS, json=WEEK | {"languages": ["en"]}).status_code == 202
        again = manager.get(REPORTS).json()["items"][0]
        assert (again["id"], again["state"]) == (en["id"], "waiting")
        assert manager.get(f"/api/v1/reserve-reports/{en['id']}.html").status_code == 200
        assert work(world) == 1
    files = [file for file in (world.settings.media_dir / "reports").rglob("*") if file.is_file()]
    assert len(files) == 4


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "weekly", "ending": "2999-01-01"}, "has not come yet"),
        ({"kind": "daily"}, "kind"),
        ({"kind": "weekly", "languages": []}, "languages"),
    ],
)
def test_what_cannot_be_made_is_said(world: ReportWorld, body: dict[str, Any], said: str) -> None:
    with world.client("researcher") as researcher:
        refused = researcher.post(REPORTS, json=body)
        assert refused.status_code == 422
        assert said in refused.text
        assert researcher.post(REPORTS, json=WEEK | {"mail": True}).status_code == 403
        assert researcher.get(SCHEDULE).status_code == 403


def test_facts_are_those_of_the_screens(world: ReportWorld) -> None:
    world.fill()
    told = facts(world)
    with world.client("researcher") as researcher:
        span = {"from": told.span.since.isoformat(), "to": told.span.until.isoformat()}
        counts = researcher.post("/api/v1/reserves/foping/counts", json=span).json()
    assert told.camera_days == pytest.approx(counts["effort"]["camera_days"])
    screen = {one["scientific_name"]: one for one in counts["species"]}
    for one in told.species:
        if not one.events:
            continue
        same = screen[one.scientific_name]
        assert (one.events, one.individuals) == (same["events"], same["individuals"])
        assert one.rate is not None
        assert one.rate.value == pytest.approx(same["rate_per_100_camera_days"]["estimate"])
        assert one.rate.low == pytest.approx(same["rate_per_100_camera_days"]["low"])
    assert [one.name for one in told.cameras][:2] == ["FP-12", "FP-11"]
    assert [one.share for one in told.cameras][:3] == pytest.approx([0, 3 / 7, 1])
    # The fourth week of the series: nobody looked, so no number.
    (boar,) = [curve for curve in told.curves if curve.scientific_name == "Sus scrofa"]
    assert [point.rate is None for point in boar.points] == [False, False, True, *[False] * 5]
    assert {one.scientific_name for one in told.new_species} == {"Panthera pardus", PANDA}


def test_cameras_and_hours_are_those_that_looked_whatever_their_dates(world: ReportWorld) -> None:
    world.fill()
    before = facts(world)
    takin = {one.scientific_name: one for one in before.clocks}["Budorcas taxicolor"]
    # What a camera sees that reports no effort is in no rate; who looked after its end has stood there.
    for minute in range(0, 600, 40):
        world.observe(world.cameras["FP-12"], _minutes(MONDAY) + minute, name="Budorcas taxicolor")
    ended = world.cameras["FP-01"]
    world.run("UPDATE deployment SET ended_at = %s WHERE id = %s", MONDAY - timedelta(days=1), ended)
    told = facts(world)
    assert {one.scientific_name: one for one in told.clocks}["Budorcas taxicolor"] == takin
    assert (told.looked, told.deployments, len(told.cameras)) == (11, 12, 12)
    (named,) = [one for one in told.cameras if one.name == "FP-01"]
    assert (named.hours, named.share) == (pytest.approx(168), 1)


def test_the_days_before_are_whole_days_where_clocks_change(world: ReportWorld) -> None:
    """In Berlin the week that ends on 29 March 2026 has 167 hours: the hour before it is not told of."""
    world.run("UPDATE reserve SET timezone = 'Europe/Berlin' WHERE id = %s", world.foping)
    monday = datetime(2026, 3, 22, 23, tzinfo=UTC)
    for camera in (world.ridge, world.lick):
        world.look(camera, _minutes(monday) - 1440, _minutes(monday) + 14 * 1440)
    world.observe(world.ridge, _minutes(monday) - 30, name="Sus scrofa")
    world.observe(world.ridge, _minutes(monday) + 30, name="Sus scrofa")
    span = spans.asked("weekly", spans.date(2026, 4, 5), "Europe/Berlin", utc_now())
    thumbnails = Thumbnails(world.store, world.settings.media_dir / "thumbnails", most_bytes=2**30)
    told = gather(world.db, "foping", "weekly", span, now=utc_now(), thumbnails=thumbnails)
    assert [one.events_before for one in told.species] == [1]
    assert told.camera_days_before == pytest.approx(2 * 167 / 24)


def _minutes(at: datetime) -> float:
    return (at - NOON) / timedelta(minutes=1)


def test_sensitive_species_are_told_of_the_whole_reserve_only(world: ReportWorld) -> None:
    world.fill()
    world.pictured("FP-03", MONDAY + timedelta(hours=30), PANDA)
    world.pictured("FP-04", MONDAY + timedelta(hours=31), "Sus scrofa")
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {PANDA: 20_000})
    told = facts(world)
    assert (told.blurred, told.withheld) == (1, 0)
    panda = next(one for one in told.species if one.scientific_name == PANDA)
    assert panda.events == 6
    assert [one.camera for one in told.new_species if one.scientific_name == PANDA] == [None]
    assert all(one.scientific_name != PANDA for one in (*told.curves, *told.clocks, *told.pictures))
    assert len(told.pictures) == 1
    # Their events are in no hexagon: all rates times effort together are the other animals' events.
    others = sum(one.events for one in told.species if one is not panda)
    in_cells = sum(cell.rate.value * cell.camera_days / 100 for cell in told.cells if cell.rate)
    assert in_cells == pytest.approx(others)
    # A year ago one camera looked: against that, only of what anybody may know.
    year = _minutes(MONDAY - timedelta(weeks=52))
    world.look(world.cameras["FP-01"], year, year + 7 * 1440)
    for name in (PANDA, "Sus scrofa"):
        world.observe(world.cameras["FP-01"], year + 60, name=name)
    ratios = {one.scientific_name: one.year_ratio for one in facts(world).species}
    assert ratios[PANDA] is None
    assert ratios["Sus scrofa"] is not None
    # Where two cameras looked, the reserve would be their place.
    two = [world.cameras["FP-01"], world.cameras["FP-02"]]
    world.run("DELETE FROM effort_day WHERE deployment_id <> ALL (%s)", two)
    few = facts(world)
    assert (few.blurred, few.withheld) == (0, 1)
    assert all(one.scientific_name != PANDA for one in (*few.species, *few.new_species))


def test_an_empty_reserve_has_a_report_that_says_so(world: ReportWorld) -> None:
    with world.client("manager") as manager:
        manager.post(REPORTS, json=WEEK | {"languages": ["en"]})
        assert work(world) == 1
        (made,) = manager.get(REPORTS).json()["items"]
        assert made["state"] == "made", made
        assert "not zero animals" in made["headlines"][0]
        pdf = manager.get(f"/api/v1/reserve-reports/{made['id']}.pdf").content
        assert "notobserved" in words(pdf)


def test_the_schedule_makes_each_report_once_however_often_the_service_restarts(world: ReportWorld) -> None:
    due = datetime(2026, 5, 10, 22, tzinfo=UTC)  # Monday, six o'clock there
    with world.db.transaction() as conn:
        reporting.set_schedule(
            conn,
            world.foping,
            weekly=(True, 0, 6),
            monthly=(True, 1, 6),
            languages=["zh"],
            recipients=[],
            now=due - timedelta(days=3),
            changed_by=None,
        )
    assert make.ask_due(world.db, due - timedelta(seconds=1)) == 0
    # Several leaders who think so at once, each after a restart; and one that comes two weeks late.
    asked: list[int] = []

    def lead() -> None:
        with Database(world.settings.database_url, size=1) as db:
            asked.append(make.ask_due(db, due))

    leaders = [threading.Thread(target=lead) for _ in range(4)]
    for one in leaders:
        one.start()
    for one in leaders:
        one.join()
    assert sorted(asked) == [0, 0, 0, 1]
    assert make.ask_due(world.db, due + timedelta(days=15)) == 2
    assert make.ask_due(world.db, due + timedelta(days=22)) == 2  # another week, and the month of May
    rows = world.rows("SELECT kind, first_day::text, due_at FROM report ORDER BY due_at, kind::text")
    assert [row[:2] for row in rows] == [
        ("weekly", "2026-05-04"),
        ("weekly", "2026-05-11"),
        ("weekly", "2026-05-18"),
        ("monthly", "2026-05-01"),
        ("weekly", "2026-05-25"),
    ]
    # Whoever takes one and dies leaves it to the next, once its lease has run out.
    with world.db.transaction() as conn:
        taken = reporting.take(conn, 300)
    assert taken is not None
    with world.db.transaction() as conn:
        assert taken not in {reporting.take(conn, 300) for _ in range(5)}
    world.run("UPDATE report SET leased_until = now() - interval '1 s' WHERE id = %s", taken)
    with world.db.transaction() as conn:
        assert reporting.take(conn, 300) == taken


def test_a_report_that_fails_is_tried_again_and_then_says_why(world: ReportWorld) -> None:
    with world.client("manager") as manager:
        manager.post(REPORTS, json=WEEK | {"languages": ["en"]})
        for attempt in range(1, reporting.MOST_ATTEMPTS):
            with world.db.transaction() as conn:
                taken = reporting.take(conn, 300)
                assert taken is not None
                assert reporting.failed(conn, taken, f"attempt {attempt}") == "waiting"
            with world.db.transaction() as conn:
                assert reporting.take(conn, 300) is None  # Not at once.
            world.run("UPDATE report SET leased_until = NULL")
        # For the last time, and its files cannot be kept: a file lies where their folder would.
        world.settings.media_dir.mkdir(parents=True, exist_ok=True)
        (world.settings.media_dir / "reports").write_text("in the way")
        assert work(world) == 0
        (found,) = manager.get(REPORTS).json()["items"]
        assert (found["state"], found["failure"]) == ("failed", make._NO_ROOM)
        # Whoever asks again has it made anew.
        manager.post(REPORTS, json=WEEK | {"languages": ["en"]})
        (found,) = manager.get(REPORTS).json()["items"]
        assert (found["state"], found["failure"]) == ("waiting", None)


def test_too_many_at_once_are_refused(world: ReportWorld) -> None:
    with world.db.transaction() as conn:
        for n in range(reporting.MOST_WAITING):
            day = spans.date(2026, 1, 4) + timedelta(weeks=n)
            span = spans.asked("weekly", day, "UTC", utc_now())
            values: dict[str, Any] = {"days": (span.first, span.last), "span": (span.since, span.until)}
            reporting.ask(conn, world.foping, kind="weekly", language="en", **values)
        with pytest.raises(BusyError):
            reporting.ask(conn, world.foping, kind="monthly", language="en", **values)


def test_recipients_get_the_pdf_by_mail_once(world: ReportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fill()
    mailbox = Mailbox()
    with (
        mail_server(mailbox) as port,
        world.client("manager") as manager,
        world.client("researcher"),
        world.client("ranger"),
    ):
        people = [
            account(world, "manager", mailbox="manager@foping.example"),
            account(world, "researcher", language="zh", mailbox="researcher@foping.example"),
            account(world, "ranger"),
        ]
        schedule = {
            "weekly": {"enabled": True, "weekday": 0, "hour": 6},
            "monthly": {"enabled": False},
            "recipients": [str(id_) for id_ in people],
            "languages": ["en", "zh"],
        }
        set_up = manager.put(SCHEDULE, json=schedule)
        assert set_up.status_code == 200, set_up.text
        reach = {one["name"]: one["has_mail"] for one in set_up.json()["people"]}
        assert reach == {"Manager": True, "Ranger": False, "Researcher": True}
        assert set_up.json()["next_weekly_at"] is not None
        stranger = schedule | {"recipients": ["0197aaaa-0000-7000-8000-00000000dead"]}
        assert manager.put(SCHEDULE, json=stranger).status_code == 422
        assert manager.get(SCHEDULE).json()["recipients"] == set_up.json()["recipients"]
        world.run("UPDATE report_schedule SET weekly_since = now() - interval '7 days'")  # one Monday
        assert work(world) == 2
        for name, value in {
            "FIELDWATCH_NOTIFY_SMTP_URL": f"smtp+insecure://localhost:{port}",
            "FIELDWATCH_NOTIFY_MAIL_FROM": "fire@reserve.example",
            "FIELDWATCH_HTTP_PUBLIC_URL": "https://fire.reserve.example",
        }.items():
            monkeypatch.setenv(name, value)
        settings = CloudSettings.load(world.settings.state).with_urls(world.settings.database_url, None)
        with notifying(settings):
            mails = {str(mail["To"]): mail for mail in (mailbox.mails.get(timeout=120) for _ in range(2))}
            assert work(world) == 0  # once
            eventually(lambda: world.rows("SELECT count(*) FROM delivery WHERE state = 'sent'") == [(2,)])
        assert mailbox.mails.empty()
        chinese = mails["researcher@foping.example"]
        assert str(chinese["Subject"]).startswith("佛坪周报（")
        english = mails["manager@foping.example"]
        assert str(english["Subject"]).startswith("Foping: weekly report")
        assert "https://fire.reserve.example/#reports/" in english.get_body(("plain",)).get_content()
        (attached,) = chinese.iter_attachments()
        assert attached.get_content_type() == "application/pdf"
        assert re.fullmatch(r"foping-weekly-\d{4}-\d\d-\d\d-zh\.pdf", attached.get_filename() or "")
        assert "佛坪" in words(attached.get_content())
        listed = manager.get(REPORTS).json()["items"]
        figures = ("mails_sent", "mails_waiting", "mails_failed")
        assert [tuple(one[name] for name in figures) for one in listed] == [(1, 0, 0)] * 2
        assert all(one["made_by"] is None for one in listed)
        # Who could not be reached is on record with the mail.
        unreached = world.rows("SELECT details -> 'unreached' -> 0 ->> 'name' FROM notification")
        assert sorted(row[0] or "" for row in unreached) == ["", "Ranger"]


def test_what_is_mailed_in_one_language_goes_to_readers_of_the_other_too(world: ReportWorld) -> None:
    with world.client("manager") as manager, world.client("researcher"):
        people = [
            account(world, "manager", mailbox="manager@foping.example"),
            account(world, "researcher", language="zh", mailbox="researcher@foping.example"),
        ]
        off = {"enabled": False}
        schedule = {"weekly": off, "monthly": off, "recipients": [str(id_) for id_ in people]}
        assert manager.put(SCHEDULE, json=schedule | {"languages": ["en", "zh"]}).status_code == 200
        assert manager.post(REPORTS, json=WEEK | {"languages": ["en"], "mail": True}).status_code == 202
        assert work(world) == 1
        (made,) = manager.get(REPORTS).json()["items"]
    assert made["mails_waiting"] == 2


def test_who_is_no_member_any_more_gets_no_report_that_waited(world: ReportWorld) -> None:
    with world.client("manager") as manager, world.client("researcher"), world.client("ranger"):
        people = [account(world, who, mailbox=f"{who}@x.org") for who in ("manager", "researcher", "ranger")]
        schedule = {"weekly": OFF, "monthly": OFF, "recipients": [str(id_) for id_ in people]}
        assert manager.put(SCHEDULE, json=schedule | {"languages": ["en"]}).status_code == 200
        assert manager.post(REPORTS, json=WEEK | {"languages": ["en"], "mail": True}).status_code == 202
        assert work(world) == 1
    world.run("DELETE FROM membership WHERE account_id = %s", people[1])
    world.run("UPDATE account SET disabled_at = now() WHERE id = %s", people[2])
    with world.db.transaction() as conn:
        claimed = [deliveries.claim(conn, "email", 60) for _ in people]
    assert {one.address["email"]: one.disabled for one in claimed if one} == {
        "manager@x.org": False,
        "researcher@x.org": True,
        "ranger@x.org": True,
    }


def test_the_command_makes_one_and_lists_it(world: ReportWorld, tmp_path: Path) -> None:
    def cloud(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fieldwatch", "cloud", "report", *arguments, "--reserve", "foping"],
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(tmp_path),
                "FIELDWATCH_STATE": str(world.settings.state),
                "FIELDWATCH_DATABASE_URL": world.settings.database_url,
                "FIELDWATCH_MQTT_URL": "mqtt://nobody@127.0.0.1:1",
                "COLUMNS": "160",
            },
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    out = tmp_path / "out"
    told = cloud("make", "--kind", "monthly", "--ending", "2026-04-30", "--language", "zh", "--out", str(out))
    assert told.split() == [str(out / f"foping-monthly-2026-04-zh.{form}") for form in ("html", "pdf")]
    assert (out / "foping-monthly-2026-04-zh.pdf").read_bytes().startswith(b"%PDF-")
    assert "2026-04-01 – 2026-04-30" in cloud("list")
    assert (
        DiskStore(world.settings.media_dir / "reports")
        .read(world.rows("SELECT pdf_sha256 FROM report")[0][0])
        .startswith(b"%PDF-")
    )
