/** What needs a person and what changed, in words. Pure. */
import { significant } from "../format";
import type { Key, Language, Translate } from "../i18n";
import { localName } from "../map/features";
import type { Need, Severity, SpeciesChange } from "./wire";

export const SEVERITIES: readonly Severity[] = ["now", "soon", "when_convenient"];

/** "3 cameras are silent": what it is; of a drill how long ago the last one was. */
export function needWords(need: Need, t: Translate): string {
  const none = (need.code === "drill_due" || need.code === "nobody_on_duty") && need.n === 0;
  const key = `need.${need.code}${none ? "_none" : need.n === 1 ? "_one" : ""}` as Key;
  return t(key, { n: need.n });
}

/** Whom or what it is about, and how many more. */
export function subjectWords(need: Need, language: Language, t: Translate): string {
  const names = need.subjects.map((one) => localName(one, language)).join(language === "zh" ? "、" : ", ");
  const more = need.n - need.subjects.length;
  return names && more > 0 ? t("need.and_more", { names, n: more }) : names;
}

/** "41 events in 212 camera-days: 19.3 per 100 camera-days (14.1–26.4)". Nobody looked: that is what it says. */
export function rateWords(one: SpeciesChange, cameraDays: number, language: Language, t: Translate): string {
  if (one.rate === null) return t("change.not_observed");
  const n = (value: number) => significant(value, language);
  return t(one.events === 1 ? "change.rate_one" : "change.rate", {
    events: one.events, days: n(cameraDays), rate: n(one.rate), low: n(one.low ?? 0), high: n(one.high ?? 0),
  });
}

/** Against the week before; "likely more" only where the interval of the ratio bears it. */
export function changeWords(one: SpeciesChange, language: Language, t: Translate): string {
  const before = one.rate_before === null ? "" : significant(one.rate_before, language);
  return t(`change.${one.status}` as Key, { before });
}

/** Up, down, or neither: as a sign beside the words. */
export function direction(one: SpeciesChange): "up" | "down" | "new" | "none" {
  if (one.status === "first_record") return "new";
  return one.status === "more" ? "up" : one.status === "fewer" ? "down" : "none";
}
