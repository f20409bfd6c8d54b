/** Finding what is on the map by a few letters. Pure: what can be found is given, best comes first. */
import type { LonLat } from "../geo";
import { readCoordinates } from "./coordinates";

export type HitKind = "camera" | "zone" | "species" | "incident" | "place" | "coordinates";

export interface Findable {
  readonly kind: HitKind;
  /** Of a camera, zone or incident; a species' scientific name; a place's name. */
  readonly id: string;
  readonly name: string;
  /** What stands below the name. */
  readonly detail: string;
  /** Other spellings by which it is found: the other language, the scientific name. */
  readonly also: readonly string[];
  readonly at: LonLat | null;
}

export const SHOWN_HITS = 9;
/** Where two match as well, what a person more likely means. */
const FIRST: Readonly<Record<HitKind, number>> = { coordinates: 0, camera: 1, species: 2, zone: 3, incident: 4, place: 5 };
const MISS = 4;

/** At most `SHOWN_HITS` of `all`, and the place that the text names by its coordinates. `near`: see `readCoordinates`. */
export function find(query: string, all: Iterable<Findable>, near: LonLat | null): Findable[] {
  const wanted = folded(query);
  if (!wanted) return [];
  const ranked: { one: Findable; rank: number }[] = [];
  for (const one of all) {
    const rank = Math.min(...[one.name, ...one.also].map((spelling) => matched(folded(spelling), wanted)));
    if (rank < MISS) ranked.push({ one, rank });
  }
  ranked.sort((a, b) => a.rank - b.rank || FIRST[a.one.kind] - FIRST[b.one.kind] || a.one.name.localeCompare(b.one.name, undefined, { numeric: true }));
  const at = readCoordinates(query, near);
  const place: Findable[] = at ? [{ kind: "coordinates", id: at.join(","), name: coordinateWords(at), detail: "", also: [], at }] : [];
  return [...place, ...ranked.map(({ one }) => one)].slice(0, SHOWN_HITS);
}

/** 0 the name itself, 1 it begins so, 2 a word of it does, 3 it is somewhere within, 4 not at all. */
function matched(spelling: string, wanted: string): number {
  if (spelling === wanted) return 0;
  const at = spelling.indexOf(wanted);
  if (at <= 0) return at === 0 ? 1 : MISS;
  return /[\s\-_/.·(（]/.test(spelling[at - 1]!) ? 2 : 3;
}

/** Without case, accents and the difference between blanks. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/[\u0300-\u036f’']/g, "").toLowerCase().replace(/\s+/g, " ").trim();
}

export function coordinateWords([lon, lat]: LonLat): string {
  const one = (value: number, positive: string, negative: string) => `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
  return `${one(lat, "N", "S")}, ${one(lon, "E", "W")}`;
}
