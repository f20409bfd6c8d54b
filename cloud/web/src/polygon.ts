/** The drawing of a polygon, corner by corner, as a pure state machine. Coordinates are [lon, lat]. */
import type { Polygon } from "geojson";
import type { LonLat } from "./geo";

export interface Drawing {
  readonly corners: readonly LonLat[];
}

export const EMPTY: Drawing = { corners: [] };

export type Refusal = "too_few" | "crossing";

/** Adds a corner; one that repeats the last (the second half of a double click) changes nothing. */
export function addCorner(drawing: Drawing, corner: LonLat, same = exactly): Drawing {
  const last = drawing.corners.at(-1);
  return last && same(last, corner) ? drawing : { corners: [...drawing.corners, corner] };
}

export function removeCorner(drawing: Drawing): Drawing {
  return { corners: drawing.corners.slice(0, -1) };
}

/** The closed polygon, counter-clockwise (RFC 7946), or why it is none yet. */
export function finish(drawing: Drawing): Polygon | Refusal {
  const corners = drawing.corners;
  if (corners.length < 3) return "too_few";
  if (crossesItself(corners)) return "crossing";
  const area = signedArea(corners);
  if (area === 0) return "too_few"; // all on one line
  const ring = area > 0 ? [...corners] : [...corners].reverse();
  return { type: "Polygon", coordinates: [[...ring, ring[0]!]] };
}

export function crossesItself(corners: readonly LonLat[]): boolean {
  const n = corners.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const neighbours = j === i + 1 || (i === 0 && j === n - 1);
      if (neighbours) continue;
      if (cross(corners[i]!, corners[(i + 1) % n]!, corners[j]!, corners[(j + 1) % n]!)) return true;
    }
  }
  return false;
}

function exactly(a: LonLat, b: LonLat): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function signedArea(corners: readonly LonLat[]): number {
  return corners.reduce((sum, [x, y], i) => {
    const [nx, ny] = corners[(i + 1) % corners.length]!;
    return sum + (x * ny - nx * y) / 2;
  }, 0);
}

/** Whether segments ab and cd meet; touching counts, because such a ring is not a valid polygon either. */
function cross(a: LonLat, b: LonLat, c: LonLat, d: LonLat): boolean {
  const side = (p: LonLat, q: LonLat, r: LonLat) =>
    Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  const [abc, abd, cda, cdb] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (abc !== abd && cda !== cdb) return true;
  const within = (p: LonLat, q: LonLat, r: LonLat) =>
    r[0] >= Math.min(p[0], q[0]) && r[0] <= Math.max(p[0], q[0]) &&
    r[1] >= Math.min(p[1], q[1]) && r[1] <= Math.max(p[1], q[1]);
  return (
    (abc === 0 && within(a, b, c)) || (abd === 0 && within(a, b, d)) ||
    (cda === 0 && within(c, d, a)) || (cdb === 0 && within(c, d, b))
  );
}
