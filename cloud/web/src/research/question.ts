/** A researcher's question: where, when, which species, and what counts as an event. Pure. */
import type { Area, Deployments, Zones } from "../wire";
import { spanOf, type Span, type SpanChoice } from "./span";
import type { CountsQuestion } from "./wire";

export type Where =
  | { readonly kind: "reserve" }
  | { readonly kind: "zone"; readonly id: string }
  /** `name`: as the file calls it; null for one that was drawn. `shape` null: too large for the address it came by. */
  | { readonly kind: "shape"; readonly name: string | null; readonly shape: Area | null };

export interface Question {
  readonly where: Where;
  readonly span: SpanChoice;
  /** Scientific names; none: all that were seen. */
  readonly species: readonly string[];
  readonly interval: number;
  readonly confidence: number;
}

export const DEFAULT_INTERVAL = 30; // minutes; the rate of most camera-trap studies
export const PLAIN: Question = {
  where: { kind: "reserve" }, span: { kind: "preset", preset: "30d" }, species: [], interval: DEFAULT_INTERVAL, confidence: 0,
};

/** What the question needs to know of the reserve. */
export interface Ground {
  readonly zones: Zones;
  readonly deployments: Deployments;
  readonly timezone: string;
  readonly now: number;
}

export type Missing = "bad_span" | "no_shape" | "no_zone";

/** When the reserve's first camera was put up; null where there is none. */
export function firstCamera(deployments: Deployments): number | null {
  const starts = deployments.features.map((one) => Date.parse(one.properties.started_at));
  return starts.length ? Math.min(...starts) : null;
}

export function spanIn(question: Question, ground: Ground): Span | null {
  return spanOf(question.span, ground.now, ground.timezone, firstCamera(ground.deployments));
}

/** null: the whole reserve. */
export function areaOf(where: Where, zones: Zones): Area | null | Missing {
  if (where.kind === "reserve") return null;
  if (where.kind === "shape") return where.shape ?? "no_shape";
  return zones.features.find((one) => one.properties.id === where.id)?.geometry ?? "no_zone";
}

/** As the cloud takes it, or what is missing. */
export function ask(question: Question, ground: Ground): CountsQuestion | Missing {
  const area = areaOf(question.where, ground.zones);
  if (typeof area === "string") return area;
  const span = spanIn(question, ground);
  if (!span) return "bad_span";
  return {
    area, ...span, taxa: question.species.length ? [...question.species] : null,
    event_interval_min: question.interval, min_confidence: question.confidence,
  };
}
