/** A drill's report as bars: for each person, how fast the call went through. Pure; times are seconds after the start. */
import type { DrillCall } from "./wire";

export interface Bar {
  /** "" for a system of the reserve. */
  readonly who: string;
  readonly step: number | null;
  readonly devices: readonly { channel: string; name: string }[];
  readonly sent: number | null;
  readonly delivered: number | null;
  readonly opened: number | null;
  readonly answered: number | null;
  readonly failure: string | null;
}

/** One bar a person, over all his devices: the earliest of each stage counts, a failure only where nothing arrived. */
export function bars(calls: readonly DrillCall[]): Bar[] {
  const people = new Map<string, DrillCall[]>();
  for (const one of calls) people.set(one.account ?? "", [...(people.get(one.account ?? "") ?? []), one]);
  return [...people].map(([who, own]) => ({
    who,
    step: earliest(own.map((one) => one.step)),
    devices: own.map((one) => ({ channel: one.channel, name: one.device })),
    sent: earliest(own.map((one) => one.sent_s)),
    delivered: earliest(own.map((one) => one.delivered_s)),
    opened: earliest(own.map((one) => one.opened_s)),
    answered: earliest(own.map((one) => one.answered_s)),
    failure: own.some((one) => one.sent_s !== null) ? null : (own.find((one) => one.failure)?.failure ?? null),
  }));
}

/** The right end of the bars' scale. */
export function longest(rows: readonly Bar[]): number {
  return Math.max(1, ...rows.flatMap((one) => [one.sent, one.delivered, one.opened, one.answered].map((s) => s ?? 0)));
}

function earliest(values: readonly (number | null)[]): number | null {
  const known = values.filter((one) => one !== null);
  return known.length > 0 ? Math.min(...known) : null;
}
