/** What time the map shows: now, or some days or months of the reserve's calendar. Pure.
 * A day is written "2026-03-14", a month "2026-03": both sort as text, and stand so in the address. */
import { locale, type Language } from "../language";
import { fromWall, toWall } from "../time";

export type Unit = "day" | "month";

/** From the first day or month to the last, which is excluded. */
export interface Moment {
  readonly unit: Unit;
  readonly from: string;
  readonly to: string;
}

/** null: live. */
export type Shown = Moment | null;

/** How many days or months can be looked at at once. */
export const WIDTHS: Readonly<Record<Unit, readonly number[]>> = { day: [1, 7, 30], month: [1, 3, 12] };
export const LIVE_MONTHS = 12; // of species density, while the map is live
export const LIVE_DAYS = 7; // of hotspots and patrol tracks, while the map is live
const DAYS_BACK = 366; // where the days of the slider begin, at the latest
const DAY = 86_400_000;

/** The day or month that the reserve's clock shows at an instant. */
export function stepAt(unit: Unit, at: number, zone: string): string {
  return toWall(at, zone).slice(0, unit === "day" ? 10 : 7);
}

/** So many days or months after `step`, or before it. */
export function moved(step: string, by: number): string {
  if (step.length === 7) {
    const months = Number(step.slice(0, 4)) * 12 + Number(step.slice(5)) - 1 + by;
    return `${String(Math.floor(months / 12)).padStart(4, "0")}-${String((((months % 12) + 12) % 12) + 1).padStart(2, "0")}`;
  }
  return new Date(Date.parse(`${step}T00:00Z`) + by * DAY).toISOString().slice(0, 10);
}

/** Steps from `a` to `b`, which are both days or both months. */
export function stepsBetween(a: string, b: string): number {
  if (a.length === 7) {
    const months = (step: string) => Number(step.slice(0, 4)) * 12 + Number(step.slice(5));
    return months(b) - months(a);
  }
  return Math.round((Date.parse(`${b}T00:00Z`) - Date.parse(`${a}T00:00Z`)) / DAY);
}

export function widthOf({ from, to }: Moment): number {
  return stepsBetween(from, to);
}

/** The slider's first and last step. `since`: when the first camera was put up, null where none is known. */
export function range(unit: Unit, since: number | null, now: number, zone: string, shown: Shown): { first: string; last: string } {
  const last = stepAt(unit, now, zone);
  const begin = since ?? now - DAYS_BACK * DAY;
  const first = stepAt(unit, unit === "day" ? Math.max(begin, now - DAYS_BACK * DAY) : begin, zone);
  const least = [first, moved(last, -1), ...(shown?.unit === unit ? [shown.from] : [])];
  return { first: least.reduce((a, b) => (a < b ? a : b)), last };
}

/** The moment that begins at `from`, as wide as asked for, and within the range. */
export function momentAt(unit: Unit, from: string, width: number, { first, last }: { first: string; last: string }): Moment {
  const latest = moved(last, 1 - width);
  const start = from > latest ? latest : from < first ? first : from;
  return { unit, from: start, to: moved(start, width) };
}

/** One step on, null where the last step is on show already. */
export function next(moment: Moment, last: string): Moment | null {
  if (moment.to > last) return null;
  return { ...moment, from: moved(moment.from, 1), to: moved(moment.to, 1) };
}

/** The months whose kept sums are to be shown: `to` is excluded. */
export function monthsOf(shown: Shown, now: number, zone: string): { from: string; to: string } {
  if (!shown) {
    const current = stepAt("month", now, zone);
    return { from: moved(current, 1 - LIVE_MONTHS), to: moved(current, 1) };
  }
  if (shown.unit === "month") return { from: shown.from, to: shown.to };
  return { from: shown.from.slice(0, 7), to: moved(moved(shown.to, -1).slice(0, 7), 1) };
}

/** The instants between which hotspots and tracks are to be shown, ISO 8601 UTC; whole days of the reserve's clock, so
 * that the same question is asked, and answered from the cache, all day long. */
export function instantsOf(shown: Shown, now: number, zone: string): { from: string; to: string } {
  const today = stepAt("day", now, zone);
  const days = shown ? { from: firstDay(shown.from), to: firstDay(shown.to) } : { from: moved(today, 1 - LIVE_DAYS), to: moved(today, 1) };
  const instant = (day: string) => new Date(fromWall(`${day}T00:00`, zone)).toISOString();
  return { from: instant(days.from), to: instant(days.to) };
}

function firstDay(step: string): string {
  return step.length === 7 ? `${step}-01` : step;
}

/** "March 2026", "1 Mar – 31 May 2026": the last day or month is told, not the first that is left out. */
export function momentWords({ unit, from, to }: Moment, language: Language): string {
  const format = new Intl.DateTimeFormat(locale(language), {
    timeZone: "UTC", year: "numeric", month: stepsBetween(from, to) > 1 ? "short" : "long", ...(unit === "day" ? { day: "numeric" } : {}),
  });
  const at = (step: string) => Date.parse(`${firstDay(step)}T00:00Z`);
  return format.formatRange(at(from), at(moved(to, -1)));
}

/** What an address names; null where it is no span of days or months. */
export function readMoment(from: string | null, to: string | null): Moment | null {
  const [a, b] = [unitOf(from), unitOf(to)];
  return a && a === b && from! < to! ? { unit: a, from: from!, to: to! } : null;
}

function unitOf(step: string | null): Unit | null {
  if (!step || !/^\d{4}-\d\d(-\d\d)?$/.test(step)) return null;
  const at = Date.parse(`${firstDay(step)}T00:00Z`);
  const sound = !Number.isNaN(at) && new Date(at).toISOString().startsWith(step); // 31 February is none
  return sound ? (step.length === 7 ? "month" : "day") : null;
}
