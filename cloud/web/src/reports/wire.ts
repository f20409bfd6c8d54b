/** The shapes of the reports' part of the API, by short names. */
import type { components } from "../api";

type Schemas = components["schemas"];

export type Report = Schemas["ReserveReport"];
export type Reports = Schemas["ReserveReports"];
export type NewReport = Schemas["NewReport"];
export type Schedule = Schemas["ReportSchedule"];
export type NewSchedule = Schemas["NewReportSchedule"];
export type ReportPerson = Schemas["ReportPerson"];
export type Kind = Report["kind"];
