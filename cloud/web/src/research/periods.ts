/** A series of counts, species by species. Pure. */
import type { Rate } from "../wire";
import type { Period, Series, SpeciesCount } from "./wire";

export interface SeriesTaxon {
  readonly key: string;
  readonly scientific_name: string | null;
  readonly observation_type: string;
  readonly events: number;
}

export function keyOf(one: Pick<SpeciesCount, "scientific_name" | "observation_type">): string {
  return one.scientific_name ?? one.observation_type;
}

/** What was seen in any of the periods or asked for, the most often seen first. */
export function seriesTaxa(series: Pick<Series, "periods">): SeriesTaxon[] {
  const all = new Map<string, SeriesTaxon>();
  for (const one of series.periods.flatMap((period) => period.species ?? [])) {
    const key = keyOf(one);
    all.set(key, {
      key, scientific_name: one.scientific_name, observation_type: one.observation_type,
      events: (all.get(key)?.events ?? 0) + one.events,
    });
  }
  return [...all.values()].sort((a, b) => b.events - a.events || a.key.localeCompare(b.key));
}

/** null where the period has no figure of it: nothing was seen of it, or nobody looked (see `status`). */
export function speciesIn(period: Period, key: string | null): SpeciesCount | null {
  return period.species?.find((one) => keyOf(one) === key) ?? null;
}

/** Of no events, at 95 %: Garwood's upper limit of the mean is chi2(0.975; 2)/2, which is -ln 0.025. */
const NONE_SEEN = -Math.log(0.025);

/** Per 100 camera-days. A period in which cameras looked and saw none of it has the rate 0 and its upper bound;
 * null: nobody looked. */
export function rateIn(period: Period, key: string | null): Pick<Rate, "estimate" | "low" | "high"> | null {
  if (period.status === "not_observed") return null;
  return speciesIn(period, key)?.rate_per_100_camera_days ?? { estimate: 0, low: 0, high: (NONE_SEEN * 100) / period.camera_days };
}

/** Neighbouring periods without effort as one span each: [first, last] of their places. */
export function gapsOf(periods: readonly Pick<Period, "status">[]): [number, number][] {
  const gaps: [number, number][] = [];
  periods.forEach(({ status }, i) => {
    if (status !== "not_observed") return;
    const last = gaps.at(-1);
    if (last && last[1] === i - 1) last[1] = i;
    else gaps.push([i, i]);
  });
  return gaps;
}

/** As the cloud labels seasons, in the reader's language: "2026 Mar–May" is "Spring 2026". */
export function periodSeason(label: string): { year: string; season: "spring" | "summer" | "autumn" | "winter" } | null {
  const [, year, months] = /^(\d{4}(?:\/\d\d)?) (Mar|Jun|Sep|Dec)/.exec(label) ?? [];
  const season = { Mar: "spring", Jun: "summer", Sep: "autumn", Dec: "winter" } as const;
  return year && months ? { year, season: season[months as keyof typeof season] } : null;
}
