"""Weekly and monthly reports of a reserve."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fieldwatch_cloud.api.models.calls import Language
from fieldwatch_cloud.api.models.common import Answer, Body, Instant

ReportKind = Literal["weekly", "monthly"]
Languages = Annotated[list[Language], Field(min_length=1, max_length=2)]
Hour = Annotated[int, Field(ge=0, le=23, description="Local time of the reserve.")]


class NewReport(Body):
    kind: ReportKind
    ending: date | None = Field(
        None,
        description="Its last day, in the reserve's time zone: the seven days, or the month, up to it. "
        "Null: the last calendar week (Monday to Sunday) or month that is over.",
    )
    languages: Languages = Field(["en", "zh"])
    mail: bool = Field(
        False, description="Send it to the reserve's recipients once it is made. For managers."
    )


class ReserveReport(Answer):
    id: UUID
    kind: ReportKind
    first_day: date
    last_day: date = Field(description="Included. Days of the reserve's time zone.")
    language: Language
    state: Literal["waiting", "making", "made", "failed"] = Field(
        description="A report that is made anew has its files all the while."
    )
    progress: float = Field(description="Of the making, 0 to 1.")
    failure: str | None
    asked_at: Instant
    made_at: Instant | None
    made_by: str | None = Field(description="Who asked for it; null: the schedule.")
    headlines: list[str] = Field(description="What it says first, in its language.")
    pages: int | None
    html_bytes: int | None = Field(description="Null: there is no file yet. So for the next.")
    pdf_bytes: int | None
    mails_waiting: int
    mails_sent: int
    mails_failed: int
    software: str | None


class ReserveReports(Answer):
    timezone: str
    today: date = Field(description="In the reserve.")
    items: list[ReserveReport] = Field(description="By their days, newest first.")


class WeeklySchedule(Body):
    enabled: bool
    weekday: int = Field(
        0, ge=0, le=6, description="0: Monday. The report is of the seven days before that day."
    )
    hour: Hour = 6


class MonthlySchedule(Body):
    enabled: bool
    day: int = Field(1, ge=1, le=28, description="The report is of the calendar month before.")
    hour: Hour = 6


class NewReportSchedule(Body):
    weekly: WeeklySchedule
    monthly: MonthlySchedule
    recipients: list[UUID] = Field([], max_length=500, description="Accounts of members.")
    languages: Languages = Field(["en", "zh"])


class ReportPerson(Answer):
    account_id: UUID
    name: str
    role: str
    language: Language
    has_mail: bool = Field(description="False: they have no e-mail device, so no report reaches them.")


class ReportSchedule(Answer):
    weekly: WeeklySchedule
    monthly: MonthlySchedule
    recipients: list[UUID]
    languages: list[Language]
    timezone: str
    next_weekly_at: Instant | None
    next_monthly_at: Instant | None
    people: list[ReportPerson] = Field(description="Who may be a recipient: the reserve's members.")
    mail_is_set_up: bool = Field(description="False: this service has no mail server, so nothing is sent.")
