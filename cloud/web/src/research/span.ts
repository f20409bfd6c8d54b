/** The time spans that a researcher asks for, and the instants they mean on the reserve's clock. Pure. */
import type { Translate } from "../i18n";
import { fromWall, toWall } from "../time";

export const PRESETS = ["7d", "30d", "365d", "all"] as const;
export type Preset = (typeof PRESETS)[number];

/** Of the calendar: "2026", or "2026-spring" (March to May; winter begins in December). */
export const SEASONS = ["spring", "summer", "autumn", "winter"] as const;
export type Season = (typeof SEASONS)[number];

export type SpanChoice =
  | { readonly kind: "preset"; readonly preset: Preset }
  | { readonly kind: "year"; readonly year: number }
  | { readonly kind: "season"; readonly year: number; readonly season: Season }
  /** Wall times on the reserve's clock, "2026-05-04" or "2026-05-04T08:30"; the end is not part of it. */
  | { readonly kind: "custom"; readonly from: string; readonly to: string };

export interface Span {
  /** Instants, ISO 8601 UTC; `to` is excluded. */
  readonly from: string;
  readonly to: string;
}

const DAY = 86_400_000;
const MINUTE = 60_000;
const WALL = /^\d{4}-\d\d-\d\d(T\d\d:\d\d)?$/;

/** null where the choice is no span: its end does not lie after its beginning.
 * @param first when the reserve's first camera was put up, ms; "all" begins then. */
export function spanOf(choice: SpanChoice, now: number, zone: string, first: number | null): Span | null {
  const minute = Math.floor(now / MINUTE) * MINUTE; // the same question twice within a minute is the same question
  const wall = (text: string) => fromWall(text.length === 10 ? `${text}T00:00` : text, zone);
  let [from, to] = [NaN, NaN];
  if (choice.kind === "preset") {
    const days = { "7d": 7, "30d": 30, "365d": 365, all: 0 }[choice.preset];
    [from, to] = [choice.preset === "all" ? startOfDay(first ?? minute - 365 * DAY, zone) : minute - days * DAY, minute];
  } else if (choice.kind === "year") {
    [from, to] = [wall(`${choice.year}-01-01`), wall(`${choice.year + 1}-01-01`)];
  } else if (choice.kind === "season") {
    const start = SEASONS.indexOf(choice.season) * 3 + 3;
    const end = start + 3 > 12 ? `${choice.year + 1}-03-01` : `${choice.year}-${two(start + 3)}-01`;
    [from, to] = [wall(`${choice.year}-${two(start)}-01`), wall(end)];
  } else {
    [from, to] = [wall(choice.from), wall(choice.to)];
  }
  return from < to ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : null;
}

function startOfDay(at: number, zone: string): number {
  return fromWall(`${toWall(at, zone).slice(0, 10)}T00:00`, zone);
}

/** Seasons and years that meet the time from the first camera to now, newest first. */
export function calendarChoices(now: number, zone: string, first: number | null): SpanChoice[] {
  const since = first ?? now - 365 * DAY;
  const [begin, end] = [since, now].map((at) => Number(toWall(at, zone).slice(0, 4))) as [number, number];
  const all: SpanChoice[] = [];
  for (let year = end; year >= Math.max(begin - 1, end - 12); year--) {
    for (const season of [...SEASONS].reverse()) all.push({ kind: "season", year, season });
    all.push({ kind: "year", year });
  }
  return all.filter((one) => {
    const span = spanOf(one, now, zone, first)!;
    return Date.parse(span.from) < now && Date.parse(span.to) > since;
  });
}

/** The span of the same length just before. */
export function spanBefore({ from, to }: Span): Span {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  return { from: new Date(2 * start - end).toISOString(), to: from };
}

/** The same wall times a year earlier; the 29th of February becomes the 1st of March. */
export function yearBefore({ from, to }: Span, zone: string): Span {
  const earlier = (iso: string) => {
    const wall = toWall(Date.parse(iso), zone);
    const year = String(Number(wall.slice(0, 4)) - 1).padStart(4, "0");
    const day = wall.slice(4, 10) === "-02-29" ? "-03-01" : wall.slice(4, 10);
    return new Date(fromWall(`${year}${day}${wall.slice(10)}`, zone)).toISOString();
  };
  return { from: earlier(from), to: earlier(to) };
}

// In the address ------------------------------------------------------------------------------------

export function writeSpan(choice: SpanChoice): string {
  if (choice.kind === "preset") return choice.preset;
  if (choice.kind === "year") return String(choice.year);
  if (choice.kind === "season") return `${choice.year}-${choice.season}`;
  return `${choice.from}_${choice.to}`;
}

/** null where it is none. */
export function readSpan(text: string | null): SpanChoice | null {
  if (!text) return null;
  const preset = PRESETS.find((one) => one === text);
  if (preset) return { kind: "preset", preset };
  const [, year, season] = /^(\d{4})(?:-([a-z]+))?$/.exec(text) ?? [];
  const known = SEASONS.find((one) => one === season);
  if (year && !season) return { kind: "year", year: Number(year) };
  if (year && known) return { kind: "season", year: Number(year), season: known };
  const [from, to] = text.split("_", 2);
  return from && to && WALL.test(from) && WALL.test(to) ? { kind: "custom", from, to } : null;
}

/** In words: "Autumn 2026", "Winter 2026/27". */
export function spanWords(choice: SpanChoice, t: Translate): string {
  if (choice.kind === "preset") return t(`research.span.${choice.preset}`);
  if (choice.kind === "year") return t("research.span.year", { year: choice.year });
  if (choice.kind === "custom") return `${choice.from.replace("T", " ")} – ${choice.to.replace("T", " ")}`;
  const year = choice.season === "winter" ? `${choice.year}/${two((choice.year + 1) % 100)}` : String(choice.year);
  return t(`research.season.${choice.season}`, { year });
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
