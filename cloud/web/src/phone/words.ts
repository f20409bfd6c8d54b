/** The phone's words and figures. Only its own dictionaries: the map's would double what a ranger downloads. */
import { phoneEn, type PhoneKey, type PhoneMessages } from "../i18n/phone.en";
import { phoneZh } from "../i18n/phone.zh";
import { heldBy } from "../held";
import { locale, type Language } from "../language";

export type { PhoneKey } from "../i18n/phone.en";
export type Say = (key: PhoneKey, values?: Readonly<Record<string, string | number>>) => string;

export const WORDS: Readonly<Record<Language, PhoneMessages>> = { en: phoneEn, zh: phoneZh };
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { zh: "中文", en: "English" };

export function sayer(language: Language): Say {
  const words = WORDS[language];
  return (key, values = {}) =>
    words[key].replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** A key that is only known while running, or the raw word where we have none (a later cloud says something new). */
export function wordFor(t: Say, prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in phoneEn ? t(key as PhoneKey) : value;
}

/** Why nobody was called for a fire; what is not known here stays as the cloud wrote it. */
export function heldWords(t: Say, reason: string): string {
  const held = heldBy(reason);
  if (held === null) return reason;
  if (held.why === "confidence") return t("held_back.confidence", { ...held, danger: t(`danger.${held.danger}`) });
  return t(`held_back.${held.why}`, held.why === "flood" ? { count: held.count } : {});
}

const MINUTE = 60_000;

function largest(milliseconds: number): [number, "minute" | "hour" | "day"] {
  const minutes = Math.floor(milliseconds / MINUTE);
  if (minutes < 60) return [minutes, "minute"];
  return minutes < 48 * 60 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
}

/** "3 min ago"; "just now" within a minute and for a clock that runs ahead. */
export function ago(at: number, now: number, language: Language): string {
  if (now - at < MINUTE) return WORDS[language]["ago.now"];
  const [value, unit] = largest(now - at);
  return new Intl.RelativeTimeFormat(locale(language), { style: "short" }).format(-value, unit);
}

export function lasting(seconds: number, language: Language): string {
  const [value, unit] = seconds < 60 ? [Math.round(seconds), "second"] : largest(seconds * 1000);
  return new Intl.NumberFormat(locale(language), { style: "unit", unit, unitDisplay: "short" }).format(value);
}

/** On the phone's own clock: the ranger stands where the fire is. The day only where it is not today. */
export function clock(at: number, now: number, language: Language): string {
  const day = (instant: number) => new Date(instant).toDateString();
  return new Intl.DateTimeFormat(locale(language), {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(day(at) === day(now) ? {} : { day: "numeric", month: "short" }),
  }).format(at);
}

/** 80 m, 640 m, 3.2 km, 14 km: no more digits than one walks by. */
export function length(metres: number, language: Language): string {
  const kilometres = metres >= 950;
  const value = kilometres ? metres / 1000 : metres < 95 ? Math.round(metres / 5) * 5 : Math.round(metres / 10) * 10;
  return new Intl.NumberFormat(locale(language), {
    style: "unit", unit: kilometres ? "kilometer" : "meter", unitDisplay: "short",
    maximumFractionDigits: kilometres && value < 10 ? 1 : 0,
  }).format(value);
}
