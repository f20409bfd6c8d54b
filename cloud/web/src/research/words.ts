/** Numbers of a study in words. Pure. */
import { percent, significant } from "../format";
import { localName } from "../map/features";
import { everydayName } from "../review/species";
import type { Language, Translate } from "../i18n";
import type { Zones } from "../wire";
import type { Where } from "./question";
import type { EstimateValue, Ratio } from "./wire";

/** "1.8 times as many (1.1–2.9)", and what that says. */
export function ratioWords(ratio: Ratio, t: Translate, language: Language): string {
  const n = (value: number) => significant(value, language);
  if (ratio.value === null) return t(ratio.low > 1 ? "research.ratio.open" : "research.ratio.open_unclear", { low: n(ratio.low) });
  if (ratio.value === 0 && ratio.high !== null) return t("research.ratio.none", { high: n(ratio.high) });
  const values = { value: n(ratio.value), low: n(ratio.low), high: ratio.high === null ? "∞" : n(ratio.high) };
  if (ratio.low > 1) return t("research.ratio.more", values);
  if (ratio.high !== null && ratio.high < 1) return t("research.ratio.fewer", values);
  return t("research.ratio.unclear", values);
}

const LEAST = 1e-4;

/** As `significant`; what is next to nothing is said to be less than a ten-thousandth, not with a row of zeros. */
export function figure(value: number, language: Language): string {
  return value !== 0 && Math.abs(value) < LEAST ? `< ${significant(LEAST, language)}` : significant(value, language);
}

/** "12.3 (8.1–17.9)". */
export function withInterval(value: number, low: number | null, high: number | null, language: Language): string {
  const n = (one: number) => figure(one, language);
  return low === null || high === null ? n(value) : `${n(value)} (${n(low)}–${n(high)})`;
}

const UNITS: Readonly<Record<string, string>> = {
  "1": "", "1/km2": "/ km²", "1/(100 d)": "/ 100 d", "m/s": "m/s", "km/d": "km/d", m: "m", km2: "km²", h: "h", d: "d", "1/a": "/ a",
};

export function unitWords(unit: string): string {
  return UNITS[unit] ?? unit;
}

export function estimateWords(one: EstimateValue, language: Language): string {
  return [withInterval(one.value, one.low, one.high, language), unitWords(one.unit)].filter(Boolean).join(" ");
}

export function taxonWords(name: string | null, language: Language, t: Translate): string {
  return name === null ? t("type.animal") : (everydayName(name, language) ?? name);
}

export function whereWords(where: Where, zones: Zones, language: Language, t: Translate): string {
  if (where.kind === "reserve") return t("count.area_reserve");
  if (where.kind === "shape") return where.name ?? t("count.area_drawn");
  const zone = zones.features.find((one) => one.properties.id === where.id);
  return zone ? localName(zone.properties, language) : t("research.zone_gone");
}

export function shareWords(part: number, whole: number, language: Language): string {
  return whole > 0 ? percent(part / whole, language) : "–";
}
