/** What the species page is asked, as its address says it: `#species/Panthera leo?span=30d&area=zone:0197…`. Pure. */
import type { Bounds } from "../geo";
import { distance } from "../geo";
import type { Question, Where } from "../research/question";
import { PLAIN } from "../research/question";
import { readSpan, writeSpan, type SpanChoice } from "../research/span";

export interface SpeciesRoute {
  /** Scientific name; null: the list of all. */
  readonly name: string | null;
  /** null: a year, or all the time of a reserve that is younger. */
  readonly span: SpanChoice | null;
  readonly where: Where;
}

const YEAR: SpanChoice = { kind: "preset", preset: "365d" };
const ALL: SpanChoice = { kind: "preset", preset: "all" };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What is not understood is left aside: an address can be old, or cut off. */
export function readSpecies(hash: string): SpeciesRoute {
  const [path, query] = hash.replace(/^#/, "").split("?", 2) as [string, string | undefined];
  const given = new URLSearchParams(query);
  const [kind, id] = (given.get("area") ?? "").split(":", 2);
  return {
    name: decoded(path.split("/").slice(1).join("/")).trim().slice(0, 200) || null,
    span: readSpan(given.get("span")),
    where: kind === "zone" && id && UUID.test(id) ? { kind: "zone", id } : { kind: "reserve" },
  };
}

export function writeSpecies({ name, span, where }: SpeciesRoute): string {
  const query = new URLSearchParams();
  if (span) query.set("span", writeSpan(span));
  if (where.kind === "zone") query.set("area", `zone:${where.id}`);
  return `#species/${encodeURIComponent(name ?? "")}${query.size ? `?${query}` : ""}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a per cent sign that encodes nothing
  }
}

/** @param first when the reserve's first camera was put up, ms. */
export function spanFor({ span }: SpeciesRoute, now: number, first: number | null): SpanChoice {
  return span ?? (first !== null && first > now - 365 * 86_400_000 ? ALL : YEAR);
}

export function questionOf(route: SpeciesRoute, now: number, first: number | null): Question {
  return { ...PLAIN, where: route.where, span: spanFor(route, now, first), species: route.name ? [route.name] : [] };
}

/** Mean area of an H3 cell, km². */
const HEXAGON_KM2: readonly (readonly [number, number])[] = [[9, 0.105], [8, 0.737], [7, 5.161], [6, 36.13], [5, 252.9]];
const CELLS = 500;

/** The finest hexagons of which a small map of so large an area can show each. */
export function hexagonsFor([west, south, east, north]: Bounds): 5 | 6 | 7 | 8 | 9 {
  const middle = (south + north) / 2;
  const km2 = (distance([west, middle], [east, middle]) * distance([west, south], [west, north])) / 1e6;
  return (HEXAGON_KM2.find(([, area]) => km2 / area <= CELLS)?.[0] ?? 5) as 5 | 6 | 7 | 8 | 9;
}
