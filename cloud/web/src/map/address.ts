/** The map's view as the address carries it, so that a link restores all of it. Pure.
 * `#map?at=107.85,33.6,11.2&layers=cameras,zones,density&taxon=Equus+quagga&from=2026-03&to=2026-06&tab=fire` */
import type { Tab } from "../store";
import { isLayer, type LayerId } from "./layers";
import { readMoment, type Shown } from "./time";

export type CellKind = "hexagon" | "square";

export interface Place {
  readonly lon: number;
  readonly lat: number;
  readonly zoom: number;
}

export interface MapRoute {
  readonly at: Place | null;
  /** null: those that this browser shows anyway. */
  readonly layers: readonly LayerId[] | null;
  /** Whose density, a scientific name; null: of all animals. */
  readonly taxon: string | null;
  readonly cells: CellKind;
  readonly shown: Shown;
  readonly camera: string | null;
  readonly incident: string | null;
  readonly tab: Tab | null;
}

export const MAP_START: MapRoute = {
  at: null, layers: null, taxon: null, cells: "hexagon", shown: null, camera: null, incident: null, tab: null,
};
const TABS: readonly Tab[] = ["live", "count", "fire", "cameras"];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What is not understood is left aside: an address can be old, or cut off. */
export function readMap(hash: string): MapRoute {
  const [page, query] = hash.replace(/^#/, "").split("?", 2) as [string, string | undefined];
  if (page !== "map" || !query) return MAP_START;
  const given = new URLSearchParams(query);
  return {
    at: readPlace(given.get("at")),
    layers: given.has("layers") ? [...new Set(given.get("layers")!.split(",").filter(isLayer))] : null,
    taxon: given.get("taxon")?.trim().slice(0, 200) || null,
    cells: given.get("cells") === "square" ? "square" : "hexagon",
    shown: readMoment(given.get("from"), given.get("to")),
    camera: id(given.get("camera")),
    incident: id(given.get("incident")),
    tab: TABS.find((one) => one === given.get("tab")) ?? null,
  };
}

/** "#" for the map as it opens by itself. */
export function writeMap(route: MapRoute): string {
  const parts: string[] = [];
  const put = (name: string, value: string | null) => value !== null && parts.push(`${name}=${encode(value)}`);
  put("at", route.at && writePlace(route.at));
  put("layers", route.layers && route.layers.join(","));
  put("taxon", route.taxon);
  put("cells", route.cells === "square" ? "square" : null);
  put("from", route.shown?.from ?? null);
  put("to", route.shown?.to ?? null);
  put("camera", route.camera);
  put("incident", route.incident);
  put("tab", route.tab === "live" ? null : route.tab);
  return parts.length > 0 ? `#map?${parts.join("&")}` : "#";
}

/** Commas stay as they are: people read addresses too. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%2C/g, ",").replace(/%20/g, "+");
}

function readPlace(text: string | null): Place | null {
  const numbers = text?.split(",").map((one) => (one.trim() === "" ? NaN : Number(one))) ?? [];
  const [lon, lat, zoom] = numbers as [number, number, number];
  if (numbers.length !== 3 || !(Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 22)) return null;
  return { lon, lat, zoom };
}

/** A metre or so. */
function writePlace({ lon, lat, zoom }: Place): string {
  return [Number(lon.toFixed(5)), Number(lat.toFixed(5)), Number(zoom.toFixed(2))].join(",");
}

function id(text: string | null): string | null {
  return text && UUID.test(text) ? text : null;
}
