/** The duty roster as a week on the reserve's clock. Pure. A day is a date ("2026-11-16"), an instant ms since 1970;
 * the rules for repeats are those of fieldwatch_cloud.calls.roster. */
import { fromWall, toWall } from "../time";
import type { Shift } from "./wire";

const DAY = 86_400_000;
const PERIOD = { daily: DAY, weekly: 7 * DAY } as const;

/** One turn of duty: a shift, or one of its repetitions. */
export interface Turn {
  readonly shift: Shift;
  readonly from: number;
  readonly to: number;
}

/** The part of a turn that falls on one day, in minutes of that day's clock (0 to 1440). */
export interface Part extends Turn {
  readonly begin: number;
  readonly end: number;
}

export function dayOf(at: number, zone: string): string {
  return toWall(at, zone).slice(0, 10);
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The Monday on or before the day. */
export function mondayOf(day: string): string {
  const weekday = new Date(`${day}T00:00Z`).getUTCDay(); // 0: Sunday
  return addDays(day, -((weekday + 6) % 7));
}

export function weekDays(monday: string): string[] {
  return Array.from({ length: 7 }, (_, i) => addDays(monday, i));
}

/** All turns that touch the span. A repetition begins and ends at the first one's wall times, whatever summer time does. */
export function turns(shifts: readonly Shift[], from: number, to: number, zone: string): Turn[] {
  return shifts.flatMap((shift) => turnsOf(shift, from, to, zone)).sort((a, b) => a.from - b.from || a.shift.place - b.shift.place);
}

function turnsOf(shift: Shift, from: number, to: number, zone: string): Turn[] {
  const [start, end] = [Date.parse(shift.starts_at), Date.parse(shift.ends_at)];
  if (shift.repeats === "never") return end > from && start < to ? [{ shift, from: start, to: end }] : [];
  const period = PERIOD[shift.repeats];
  const wall = (at: number) => Date.parse(`${toWall(at, zone)}Z`);
  const instant = (at: number) => fromWall(new Date(at).toISOString().slice(0, 16), zone);
  const [begins, ends] = [wall(start), wall(end)];
  const until = shift.until === null ? Infinity : Date.parse(shift.until);
  const found: Turn[] = [];
  const first = Math.max(0, Math.floor((wall(from) - ends) / period));
  for (let n = first; ; n++) {
    const turn = { shift, from: instant(begins + n * period), to: instant(ends + n * period) };
    if (turn.from >= to || turn.from >= until) return found;
    if (turn.to > from) found.push(turn);
  }
}

/** What falls on the day, in order. */
export function partsOf(day: string, all: readonly Turn[], zone: string): Part[] {
  const [midnight, next] = [fromWall(`${day}T00:00`, zone), fromWall(`${addDays(day, 1)}T00:00`, zone)];
  const minute = (at: number) => {
    const [hours, minutes] = toWall(at, zone).slice(11, 16).split(":").map(Number) as [number, number];
    return hours * 60 + minutes;
  };
  return all
    .filter((turn) => turn.to > midnight && turn.from < next)
    .map((turn) => ({
      ...turn, begin: turn.from <= midnight ? 0 : minute(turn.from), end: turn.to >= next ? 1440 : minute(turn.to),
    }));
}

/** The minutes of a day on which nobody is first on duty. */
export function gaps(parts: readonly Part[]): { begin: number; end: number }[] {
  const found: { begin: number; end: number }[] = [];
  let covered = 0;
  for (const { begin, end } of [...parts].filter((one) => one.shift.place === 1).sort((a, b) => a.begin - b.begin)) {
    if (begin > covered) found.push({ begin: covered, end: begin });
    covered = Math.max(covered, end);
  }
  if (covered < 1440) found.push({ begin: covered, end: 1440 });
  return found;
}

export function timeOfDay(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
