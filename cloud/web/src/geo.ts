/** Geometry on the sphere. Coordinates are [longitude, latitude] in degrees, distances metres. */
import type { Polygon, Position } from "geojson";

const EARTH_RADIUS = 6_371_008.8;
const RAD = Math.PI / 180;

export type LonLat = [number, number];

/** Where one arrives from `from` after `metres` along the bearing (degrees from true north, clockwise). */
export function destination(from: LonLat, bearingDeg: number, metres: number): LonLat {
  const arc = metres / EARTH_RADIUS;
  const [lon, lat] = [from[0] * RAD, from[1] * RAD];
  const bearing = bearingDeg * RAD;
  const lat2 = Math.asin(Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(bearing));
  const lon2 =
    lon +
    Math.atan2(
      Math.sin(bearing) * Math.sin(arc) * Math.cos(lat),
      Math.cos(arc) - Math.sin(lat) * Math.sin(lat2),
    );
  return [((lon2 / RAD + 540) % 360) - 180, lat2 / RAD];
}

export function distance(a: LonLat, b: LonLat): number {
  const dLat = (b[1] - a[1]) * RAD;
  const dLon = (b[0] - a[0]) * RAD;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a[1] * RAD) * Math.cos(b[1] * RAD) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** The sector seen from `centre`: `width` degrees wide round `bearing`; a full circle where width >= 360. */
export function sector(centre: LonLat, bearing: number, width: number, metres: number): Polygon {
  const span = Math.min(width, 360);
  const steps = Math.max(2, Math.ceil(span / 5));
  const arc: LonLat[] = [];
  for (let i = 0; i <= steps; i++) {
    arc.push(destination(centre, bearing - span / 2 + (span * i) / steps, metres));
  }
  const ring = span >= 360 ? [...arc.slice(0, -1), arc[0]!] : [centre, ...arc, centre];
  return { type: "Polygon", coordinates: [ring.reverse()] }; // RFC 7946: exterior rings run counter-clockwise
}

export type Bounds = [west: number, south: number, east: number, north: number];

/** The smallest box round all positions, null where there is none. */
export function boundsOf(positions: Iterable<Position>): Bounds | null {
  let box: Bounds | null = null;
  for (const [lon, lat] of positions as Iterable<LonLat>) {
    box = box
      ? [Math.min(box[0], lon), Math.min(box[1], lat), Math.max(box[2], lon), Math.max(box[3], lat)]
      : [lon, lat, lon, lat];
  }
  return box;
}

/** Every position of a Point, Polygon or MultiPolygon's coordinates. */
export function* positionsOf(coordinates: unknown): Generator<Position> {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === "number") yield coordinates as Position;
  else for (const part of coordinates) yield* positionsOf(part);
}

/** The position furthest north: where a zone's name hangs, out of the way of its cameras. */
export function northernmost(positions: Iterable<Position>): LonLat {
  let top: LonLat = [0, -90];
  for (const [lon, lat] of positions as Iterable<LonLat>) if (lat > top[1]) top = [lon, lat];
  return top;
}
