/** Numbers, times and directions as people read them. Pure: the language, zone and `now` are arguments. */
import { locale, type Key, type Language, type Translate } from "./i18n";
import { commonName } from "./taxa";
import type { Rate } from "./wire";

const MINUTE = 60_000;
const COMPASS = [
  "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
] as const;

// To make one of these takes as long as to use it a hundred times, and a list of sightings uses hundreds.
const numbers = kept((tag, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(tag, options));
const times = kept((tag, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, options));

function kept<O, F>(make: (tag: string, options: O) => F): (tag: string, options: O) => F {
  const made = new Map<string, F>();
  return (tag, options) => {
    const key = tag + JSON.stringify(options);
    const found = made.get(key) ?? make(tag, options);
    made.set(key, found);
    return found;
  };
}

/** The nearest of the sixteen compass points. */
export function compassPoint(degrees: number): (typeof COMPASS)[number] {
  return COMPASS[Math.round((((degrees % 360) + 360) % 360) / 22.5) % 16]!;
}

export function compassWords(degrees: number, t: Translate): string {
  return t(`bearing.${compassPoint(degrees)}` as Key);
}

export function degrees(value: number): string {
  return `${Math.round(value) % 360}°`;
}

/** "3 min ago", "2 hr ago", "just now" for the last minute (and for a clock that runs ahead). */
export function ago(at: number, now: number, language: Language, t: Translate): string {
  const elapsed = now - at;
  if (elapsed < MINUTE) return t("ago.now");
  const [value, unit] = largestUnit(elapsed);
  return new Intl.RelativeTimeFormat(locale(language), { style: "short" }).format(-value, unit);
}

/** A length of time: "40 s", "5 min", "2 hr", "3 days". */
export function duration(seconds: number, language: Language): string {
  const [value, unit] = seconds < 60 ? ([Math.round(seconds), "second"] as const) : largestUnit(seconds * 1000);
  return numbers(locale(language), { style: "unit", unit, unitDisplay: "short" }).format(value);
}

function largestUnit(milliseconds: number): [number, "minute" | "hour" | "day"] {
  const minutes = Math.floor(milliseconds / MINUTE);
  if (minutes < 60) return [minutes, "minute"];
  if (minutes < 48 * 60) return [Math.floor(minutes / 60), "hour"];
  return [Math.floor(minutes / 1440), "day"];
}

/** Day and time on the reserve's clock; only the time where that day is today there. */
export function clock(at: number, now: number, zone: string, language: Language): string {
  const day = (instant: number) => times("en-CA", { timeZone: zone }).format(instant);
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  const options: Intl.DateTimeFormatOptions =
    day(at) === day(now) ? time : { ...time, second: undefined!, day: "numeric", month: "short", ...yearIfOther(at, now) };
  return times(locale(language), { ...options, timeZone: zone }).format(at);
}

function yearIfOther(at: number, now: number): Intl.DateTimeFormatOptions {
  return new Date(at).getUTCFullYear() === new Date(now).getUTCFullYear() ? {} : { year: "numeric" };
}

/** Day and time in full, for spans and tooltips. */
export function fullTime(at: number, zone: string, language: Language): string {
  return times(locale(language), {
    timeZone: zone, dateStyle: "medium", timeStyle: "short", hourCycle: "h23",
  }).format(at);
}

export function percent(fraction: number, language: Language): string {
  return numbers(locale(language), { style: "percent" }).format(fraction);
}

/** A number with as many digits as it can bear: 0.0312, 1.24, 38.5, 1,204. */
export function significant(value: number, language: Language): string {
  return numbers(locale(language), { maximumSignificantDigits: value >= 1000 ? 4 : 3 }).format(value);
}

export function interval(rate: Pick<Rate, "low" | "high">, language: Language): string {
  return `${significant(rate.low, language)} – ${significant(rate.high, language)}`;
}

/** What was seen, in the language: the everyday name, else the scientific one, else the kind of observation. */
export function speciesName(
  seen: { scientific_name: string | null; observation_type: string },
  language: Language,
  t: Translate,
): string {
  if (seen.scientific_name) return commonName(seen.scientific_name, language) ?? seen.scientific_name;
  const key = `type.${seen.observation_type}`;
  return t((["type.animal", "type.human", "type.vehicle", "type.blank"].includes(key) ? key : "type.unknown") as Key);
}
