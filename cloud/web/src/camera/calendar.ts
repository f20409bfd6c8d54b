/** Days as a calendar of weeks: a column a week, a row a weekday, Monday on top. Pure. */
import { daysBetween } from "../research/effort";
import type { EffortDay } from "../research/wire";

export const WEEKS = 26;

export interface CalendarDay {
  readonly day: string;
  readonly week: number;
  /** 0 Monday to 6 Sunday. */
  readonly weekday: number;
  /** null: nobody looked; "off": the camera did not stand there. */
  readonly effort: EffortDay | null | "off";
}

/**
 * @param last the newest day, "2026-05-04", on the reserve's clock.
 * @param since the day on which the camera was put up; `until` that on which it was taken down, if it was.
 */
export function calendar(days: readonly EffortDay[], last: string, weeks: number, since: string, until: string | null): CalendarDay[] {
  const ends = Date.parse(last);
  const monday = ends - (((new Date(ends).getUTCDay() + 6) % 7) + 7 * (weeks - 1)) * 86_400_000;
  const looked = new Map(days.filter((one) => one.hours > 0).map((one) => [one.day, one]));
  return daysBetween(new Date(monday).toISOString().slice(0, 10), last).map((day, i) => ({
    day, week: Math.floor(i / 7), weekday: i % 7,
    effort: looked.get(day) ?? (day < since || (until !== null && day > until) ? "off" : null),
  }));
}

/** Where the names of months stand: the first week in which one begins. */
export function months(days: readonly CalendarDay[]): { week: number; month: string }[] {
  const found: { week: number; month: string }[] = [];
  for (const { day, week } of days) {
    const month = day.slice(0, 7);
    const last = found.at(-1);
    if (last?.month === month) continue;
    if (last && week - last.week < 2) found.pop(); // no room for the name of a month that ends at once
    found.push({ week, month });
  }
  return found;
}
