/** A camera's clock that was wrong, and what a person says about it. Pure.
 *
 * Nothing is re-dated: the offset (true time minus the camera's, in seconds) is added where times count and are shown. */
import { locale, type Language, type Translate } from "../i18n";
import type { Failure } from "../store";
import { fromWall, toWall } from "../time";
import type { Corrections, ReviewItem } from "../wire";

/** What stands in the dialog. */
export interface ClockFix {
  readonly deployment: string;
  readonly camera: string;
  /** What the camera says of the picture on show, ms; whole seconds, as people read a clock. */
  readonly taken: number;
  readonly by: "time" | "offset";
  /** Wall time on the reserve's clock: "2026-11-21T08:30:15". */
  readonly trueTime: string;
  readonly offset: Offset;
  readonly note: string;
  /** Of the correction: sent again with the same one, it is kept once. */
  readonly id: string;
  /** It was sent, and may have arrived. */
  readonly tried: boolean;
  readonly busy: boolean;
  readonly failure: Failure | null;
  /** Those given until now; null: not read yet. */
  readonly given: Corrections | null;
}

export interface Offset {
  /** The true time is later than the camera's, or earlier. */
  readonly later: boolean;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

export const PARTS = ["days", "hours", "minutes", "seconds"] as const;
const LENGTHS = { days: 86_400, hours: 3600, minutes: 60, seconds: 1 } as const;
const CENTURY = 3.2e9; // s; what the cloud takes

/** The true time of a picture as far as it is known, ISO 8601. */
export function trueTime({ observed_at, clock_offset_s }: Pick<ReviewItem, "observed_at" | "clock_offset_s">): string {
  return clock_offset_s === 0 ? observed_at : new Date(Date.parse(observed_at) + clock_offset_s * 1000).toISOString();
}

/** Begins at what counts now: who knows that only the hour is wrong changes only the hour. */
export function beginFix(item: ReviewItem, zone: string, id: string): ClockFix {
  const taken = Math.floor(Date.parse(item.observed_at) / 1000) * 1000;
  return {
    deployment: item.deployment_id, camera: item.deployment_name, taken, by: "time",
    trueTime: wallSeconds(taken + item.clock_offset_s * 1000, zone), offset: parts(item.clock_offset_s), note: "", id,
    tried: false, busy: false, failure: null, given: null,
  };
}

/** Another content is another correction, once the first may have arrived. */
export function editFix(
  fix: ClockFix, change: Partial<Pick<ClockFix, "by" | "trueTime" | "offset" | "note">>, newId: () => string,
): ClockFix {
  return { ...fix, ...change, ...(fix.tried ? { id: newId(), tried: false } : {}), failure: null };
}

/** In seconds; null where what stands there is no time, or none of this world. */
export function offsetOf(fix: Pick<ClockFix, "by" | "trueTime" | "offset" | "taken">, zone: string): number | null {
  const seconds = fix.by === "time" ? (fromWall(fix.trueTime, zone) - fix.taken) / 1000 : whole(fix.offset);
  return Math.abs(seconds) <= CENTURY ? seconds : null; // false for NaN
}

/** NaN where a part is missing. */
function whole(offset: Offset): number {
  const length = PARTS.reduce((sum, part) => sum + offset[part] * LENGTHS[part], 0);
  return offset.later || length === 0 ? length : -length;
}

export function parts(seconds: number): Offset {
  const offset = { later: seconds >= 0, days: 0, hours: 0, minutes: 0, seconds: 0 };
  let rest = Math.abs(seconds);
  for (const part of PARTS) {
    const n = part === "seconds" ? Math.round(rest * 1000) / 1000 : Math.floor(rest / LENGTHS[part]);
    offset[part] = n;
    rest -= n * LENGTHS[part];
  }
  return offset;
}

/** For `<input type="datetime-local" step="1">`. Zones are whole minutes apart, so that the seconds are the same. */
export function wallSeconds(at: number, zone: string): string {
  return `${toWall(at, zone)}:${new Date(at).toISOString().slice(17, 19)}`;
}

/** "1 hr 3 min later"; "no shift" of 0. */
export function shiftWords(seconds: number, language: Language, t: Translate): string {
  if (seconds === 0) return t("review.clock.no_shift");
  const offset = parts(seconds);
  const words = PARTS.filter((part) => offset[part] > 0).map((part) =>
    new Intl.NumberFormat(locale(language), { style: "unit", unit: part.slice(0, -1), unitDisplay: "short" }).format(offset[part]));
  return t(offset.later ? "review.clock.later" : "review.clock.earlier", { time: words.join(language === "zh" ? "" : " ") });
}
