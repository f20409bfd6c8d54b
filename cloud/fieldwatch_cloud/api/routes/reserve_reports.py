"""Weekly and monthly reports: made now or by schedule, read and taken along."""

import base64
import hashlib
import re
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from fieldwatch_cloud.api.auth import AnyMember, Manager, Member, SignedIn, check_role, require
from fieldwatch_cloud.api.models.calls import Language
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.models.reserve_reports import (
    MonthlySchedule,
    NewReport,
    NewReportSchedule,
    ReportPerson,
    ReportSchedule,
    ReserveReport,
    ReserveReports,
    WeeklySchedule,
)
from fieldwatch_cloud.api.services import Db, Services, Wired
from fieldwatch_cloud.db import geography, reporting
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError, QuestionError
from fieldwatch_cloud.reporting import files, spans
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["reports"])
Maker = Annotated[Member, Depends(require(Role.MANAGER, Role.RESEARCHER))]
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get("/reserves/{slug}/reports", summary="Reports of a reserve", responses=problems(401, 404))
def list_reports(member: AnyMember, db: Db) -> ReserveReports:
    """Newest first, with those that are being made."""
    with db.transaction() as conn:
        return _list(conn, member)


@router.post(
    "/reserves/{slug}/reports",
    summary="Have a report made now",
    status_code=202,
    responses=problems(401, 403, 404, 422, 429),
)
def make_report(body: NewReport, member: Maker, services: Wired) -> ReserveReports:
    """For managers and researchers. It is made in the background, which takes seconds: ask the list for its
    progress. One of the same days is made anew."""
    if body.mail:
        check_role(member.caller.roles_in(member.reserve), (Role.MANAGER,))
    with services.database.transaction() as conn:
        timezone = geography.reserves(conn, [member.reserve])[0].timezone
        try:
            span = spans.asked(body.kind, body.ending, timezone, utc_now())
        except ValueError as error:
            raise QuestionError(str(error)) from error
        for language in dict.fromkeys(body.languages):
            reporting.ask(
                conn,
                member.reserve_id,
                kind=body.kind,
                days=(span.first, span.last),
                span=(span.since, span.until),
                language=language,
                made_by=member.caller.account.id,
                mail=body.mail,
            )
        return _list(conn, member)


@router.get(
    "/reserve-reports/{report_id}.{form}",
    summary="A report as a page or as PDF",
    response_class=Response,
    responses={
        200: {"content": {"text/html": _BINARY, "application/pdf": _BINARY}},
        **problems(401, 404),
    },
)
def get_report(
    report_id: UUID,
    form: Literal["html", "pdf"],
    caller: SignedIn,
    services: Wired,
    language: Annotated[
        Language | None, Query(description="The same report in this language; absent: its own.")
    ] = None,
    download: Annotated[bool, Query(description="To be kept as a file, not to be shown.")] = False,
) -> Response:
    """Complete in itself: no script, no font and no picture from anywhere else. It tells no place of a
    sensitive species: every member of the reserve may read it."""
    with services.database.transaction() as conn:
        found = (
            reporting.report(conn, report_id)
            if language is None
            else reporting.in_language(conn, report_id, language)
        )
    if not caller.roles_in(found.reserve):
        raise NotFoundError(f"no such report: {report_id}")
    sha256 = found.html_sha256 if form == "html" else found.pdf_sha256
    if sha256 is None:
        raise HTTPException(404, "this report is not made yet")
    content = files.store(services.settings.media_dir).read(sha256)
    how = "attachment" if download else "inline"
    headers = {"Content-Disposition": f'{how}; filename="{files.name(found)}.{form}"', "ETag": f'"{sha256}"'}
    if form == "pdf":
        return Response(content, media_type="application/pdf", headers=headers)
    headers["Content-Security-Policy"] = _policy(content)
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


@router.get(
    "/reserves/{slug}/report-schedule",
    summary="When reports are made, and for whom",
    responses=problems(401, 403, 404),
)
def get_report_schedule(member: Manager, services: Wired) -> ReportSchedule:
    """For managers. Until somebody sets it, nothing is made by itself."""
    with services.database.transaction() as conn:
        return _schedule(conn, member, services)


@router.put(
    "/reserves/{slug}/report-schedule",
    summary="Set when reports are made, and for whom",
    responses=problems(401, 403, 404, 422),
)
def set_report_schedule(body: NewReportSchedule, member: Manager, services: Wired) -> ReportSchedule:
    """For managers. Each recipient gets the PDF by e-mail, in their device's language where it is among
    `languages`. What falls due while the service is down is made late, once."""
    with services.database.transaction() as conn:
        reporting.set_schedule(
            conn,
            member.reserve_id,
            weekly=(body.weekly.enabled, body.weekly.weekday, body.weekly.hour),
            monthly=(body.monthly.enabled, body.monthly.day, body.monthly.hour),
            languages=body.languages,
            recipients=body.recipients,
            now=utc_now(),
            changed_by=member.caller.account.id,
        )
        return _schedule(conn, member, services)


def _policy(page: bytes) -> str:
    """Nothing but what the page carries itself: its one style sheet, and pictures inside it."""
    styles = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'"
        for style in _STYLE.findall(page)
    )
    return (
        f"default-src 'none'; style-src {styles}; img-src data:; font-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; sandbox allow-popups"
    )


def _list(conn: Connection, member: Member) -> ReserveReports:
    timezone = geography.reserves(conn, [member.reserve])[0].timezone
    return ReserveReports(
        timezone=timezone,
        today=spans.today(timezone, utc_now()),
        items=[_report(one) for one in reporting.of_reserve(conn, member.reserve_id)],
    )


def _report(one: reporting.Report) -> ReserveReport:
    return ReserveReport(
        id=one.id,
        kind=one.kind,
        first_day=one.first_day,
        last_day=one.last_day,
        language=one.language,
        state=one.state,
        progress=one.progress,
        failure=one.failure,
        asked_at=one.asked_at,
        made_at=one.made_at,
        made_by=one.made_by_name,
        headlines=one.headlines,
        pages=one.pages,
        html_bytes=one.html_bytes,
        pdf_bytes=one.pdf_bytes,
        mails_waiting=one.mails_waiting,
        mails_sent=one.mails_sent,
        mails_failed=one.mails_failed,
        software=one.software,
    )


def _schedule(conn: Connection, member: Member, services: Services) -> ReportSchedule:
    kept = reporting.schedule(conn, member.reserve_id)
    people = reporting.people(conn, member.reserve_id)
    following = spans.next_due(kept, utc_now()) if kept else {}
    languages: list[Language] = list(kept.languages) if kept else ["en", "zh"]
    return ReportSchedule(
        weekly=WeeklySchedule(enabled=kept.weekly, weekday=kept.weekly_weekday, hour=kept.weekly_hour)
        if kept
        else WeeklySchedule(enabled=False),
        monthly=MonthlySchedule(enabled=kept.monthly, day=kept.monthly_day, hour=kept.monthly_hour)
        if kept
        else MonthlySchedule(enabled=False),
        recipients=[one.account_id for one in people if one.recipient],
        languages=languages,
        timezone=geography.reserves(conn, [member.reserve])[0].timezone,
        next_weekly_at=following.get("weekly"),
        next_monthly_at=following.get("monthly"),
        people=[
            ReportPerson(
                account_id=one.account_id,
                name=one.name,
                role=one.role,
                language=one.language,
                has_mail=one.device_id is not None,
            )
            for one in people
        ],
        mail_is_set_up=services.settings.notify.smtp_url is not None,
    )
