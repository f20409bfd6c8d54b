/** A small map without a map library: places of a reserve on a plane of so many pixels. Pure. */
import type { Position } from "geojson";
import { boundsOf, positionsOf, type Bounds, type LonLat } from "../geo";
import type { Area } from "../wire";

export interface Plane {
  readonly width: number;
  readonly height: number;
  place(at: Position): [number, number];
  /** As SVG path data. */
  path(area: Area): string;
  /** Pixels of so many metres, at the middle. */
  length(metres: number): number;
}

const METRES_OF_A_DEGREE = 111_320;

/** All of `bounds` within `width` by at most `height` pixels; north is up, lengths are true at its middle. */
export function planeOf(bounds: Bounds, width: number, height: number, room = 14): Plane {
  const [west, south, east, north] = bounds;
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const [wide, high] = [Math.max((east - west) * narrow, 1e-4), Math.max(north - south, 1e-4)];
  const scale = Math.min((width - 2 * room) / wide, (height - 2 * room) / high);
  const shown = Math.min(height, Math.max(height * 0.55, high * scale + 2 * room));
  const [left, top] = [(width - wide * scale) / 2, (shown - high * scale) / 2];
  const place = ([lon, lat]: Position): [number, number] => [
    round(left + (lon! - west) * narrow * scale), round(top + (north - lat!) * scale),
  ];
  const ring = (positions: Position[]) => `${positions.map((at, i) => `${i ? "L" : "M"}${place(at).join(" ")}`).join("")}Z`;
  return {
    width, height: Math.round(shown), place,
    path: (area) => (area.type === "Polygon" ? [area.coordinates] : area.coordinates).flatMap((rings) => rings.map(ring)).join(""),
    length: (metres) => (metres / METRES_OF_A_DEGREE) * scale,
  };
}

/** The box round all of these; one place alone gets `least` metres on every side. */
export function around(areas: readonly (Area | null | undefined)[], places: readonly LonLat[], least = 500): Bounds | null {
  const box = boundsOf([...areas.flatMap((one) => (one ? [...positionsOf(one.coordinates)] : [])), ...places]);
  if (!box) return null;
  const [west, south, east, north] = box;
  const room = least / METRES_OF_A_DEGREE;
  return east - west < room || north - south < room ? [west - room, south - room, east + room, north + room] : box;
}

/** Places that would lie on each other, as one with how many they are: a grid of `size` pixels. */
export function gathered<T>(items: readonly T[], at: (one: T) => [number, number], size: number): { at: [number, number]; of: T[] }[] {
  const cells = new Map<string, { at: [number, number]; of: T[] }>();
  for (const one of items) {
    const [x, y] = at(one);
    const key = `${Math.floor(x / size)} ${Math.floor(y / size)}`;
    const cell = cells.get(key);
    if (cell) cell.of.push(one);
    else cells.set(key, { at: [x, y], of: [one] });
  }
  return [...cells.values()];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
