/** Days and spans as the desk writes them. Pure. */
import { locale, type Language } from "../i18n";

/** "Mon 16 Nov" for a date on a wall calendar. */
export function fullDay(day: string, language: Language): string {
  const format = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(locale(language), format).format(Date.parse(`${day}T00:00Z`));
}
