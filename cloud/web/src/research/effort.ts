/** A calendar of effort: which day of the span each bar stands on. Pure. */
import type { EffortDay, EffortRow } from "./wire";

const DAY = 86_400_000;

/** The local days of a span of instants that begin on `first` and end on `last`, "2026-05-04". */
export function daysBetween(first: string, last: string): string[] {
  const [from, to] = [Date.parse(first), Date.parse(last)];
  return Array.from({ length: Math.max(0, Math.round((to - from) / DAY) + 1) }, (_, i) => new Date(from + i * DAY).toISOString().slice(0, 10));
}

export interface EffortSum {
  readonly days: number;
  readonly hours: number;
  readonly day: number;
  readonly night: number;
}

export function sumOf(days: readonly EffortDay[]): EffortSum {
  const add = (key: "hours" | "day_hours" | "night_hours") => days.reduce((sum, one) => sum + one[key], 0);
  return { days: days.filter((one) => one.hours > 0).length, hours: add("hours"), day: add("day_hours"), night: add("night_hours") };
}

/** Neighbouring days without effort, as places in `days`: [first, last]. */
export function blanks(row: Pick<EffortRow, "days">, days: readonly string[]): [number, number][] {
  const looked = new Set(row.days.filter((one) => one.hours > 0).map((one) => one.day));
  const found: [number, number][] = [];
  days.forEach((day, i) => {
    if (looked.has(day)) return;
    const last = found.at(-1);
    if (last && last[1] === i - 1) last[1] = i;
    else found.push([i, i]);
  });
  return found;
}
