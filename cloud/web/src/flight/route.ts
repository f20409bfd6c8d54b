/** Which flight the address means: `#flight/0197…`; `#flight` is the list of all. Pure. */
import type { Bounds } from "../geo";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function readFlight(hash: string): string | null {
  const id = hash.replace(/^#/, "").split("?", 1)[0]!.split("/")[1];
  return id && UUID.test(id) ? id : null;
}

const CLOSEST = 17;
const MAP_PX = 700; // of a map on a desk, beside its panel
const WORLD_PX = 512; // at zoom 0

/** Where the map shows all of a flight. */
export function seenWhole([west, south, east, north]: Bounds): { lon: number; lat: number; zoom: number } {
  const lat = (south + north) / 2;
  const wide = Math.max(east - west, (north - south) / Math.cos((lat * Math.PI) / 180), 1e-6);
  const zoom = Math.log2((MAP_PX * 360) / (WORLD_PX * wide)) - 0.5; // some air round it
  return { lon: (west + east) / 2, lat, zoom: Math.min(CLOSEST, Math.max(1, zoom)) };
}
