/** The calls of the page of reports. */
import { call } from "../client";
import type { NewReport, NewSchedule, Reports, Schedule } from "./wire";

export const reportsApi = {
  list: (slug: string) => call<Reports>(`/reserves/${slug}/reports`),
  make: (slug: string, wanted: NewReport) => call<Reports>(`/reserves/${slug}/reports`, wanted),
  schedule: (slug: string) => call<Schedule>(`/reserves/${slug}/report-schedule`),
  setSchedule: (slug: string, wanted: NewSchedule) =>
    call<Schedule>(`/reserves/${slug}/report-schedule`, wanted, { method: "PUT" }),
};

export const reportUrl = (id: string, form: "html" | "pdf", download = false) =>
  `/api/v1/reserve-reports/${id}.${form}${download ? "?download=true" : ""}`;
