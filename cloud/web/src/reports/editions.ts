/** Reports by their days: one entry with its editions, one in each language. Pure. */
import { locale, type Language } from "../i18n";
import type { Kind, Report } from "./wire";

export interface Edition {
  kind: Kind;
  first_day: string;
  last_day: string;
  /** In the order of LANGUAGES. */
  reports: readonly Report[];
}

const ORDER: readonly Language[] = ["zh", "en"];

/** Newest first, as they came. */
export function editions(reports: readonly Report[]): Edition[] {
  const found = new Map<string, Report[]>();
  for (const one of reports) {
    const key = `${one.kind} ${one.first_day} ${one.last_day}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()].map((of) => ({
    kind: of[0]!.kind,
    first_day: of[0]!.first_day,
    last_day: of[0]!.last_day,
    reports: [...of].sort((a, b) => ORDER.indexOf(a.language) - ORDER.indexOf(b.language)),
  }));
}

/** The one to speak of on a page in that language. */
export function spoken(edition: Edition, language: Language): Report {
  return edition.reports.find((one) => one.language === language) ?? edition.reports[0]!;
}

export function isWaiting(one: Pick<Report, "state">): boolean {
  return one.state === "waiting" || one.state === "making";
}

/** How far all editions together are, 0 to 1. */
export function progress(edition: Edition): number {
  const shares = edition.reports.map((one) => (isWaiting(one) ? one.progress : 1));
  return shares.reduce((sum, one) => sum + one, 0) / shares.length;
}

/** "4–10 May 2026", "2026年5月4日–10日"; a calendar month by its name. Days without a time zone: they are the reserve's. */
export function days(first: string, last: string, language: Language): string {
  const [from, to] = [Date.parse(`${first}T00:00Z`), Date.parse(`${last}T00:00Z`)];
  const whole = first.endsWith("-01") && new Date(to + 86_400_000).toISOString().slice(8, 10) === "01" && first.slice(0, 7) === last.slice(0, 7);
  const format = new Intl.DateTimeFormat(locale(language), whole
    ? { timeZone: "UTC", year: "numeric", month: "long" }
    : { timeZone: "UTC", year: "numeric", month: "long", day: "numeric" });
  return whole ? format.format(from) : format.formatRange(from, to);
}

/** Monday to Sunday, as the language calls them. */
export function weekdays(language: Language): string[] {
  const format = new Intl.DateTimeFormat(locale(language), { timeZone: "UTC", weekday: "long" });
  return Array.from({ length: 7 }, (_, n) => format.format(Date.UTC(2026, 4, 4 + n)));
}

export function kilobytes(bytes: number, language: Language): string {
  return new Intl.NumberFormat(locale(language), { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 }).format(bytes / 1000);
}
