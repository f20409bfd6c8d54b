/** An area as text for an address, and back. Pure.
 *
 * Each corner is the difference to the one before it, in steps of a millionth of a degree (11 cm), as numbers of
 * variable length over 64 letters that an address carries as they are: some seven letters a corner.
 */
import type { Area } from "../wire";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STEP = 1e-6;
const MORE = 32; // another letter of the same number follows

/** Polygons are parted by "~", the rings of one by ".". */
export function writeArea(area: Area): string {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.coordinates;
  return polygons.map((rings) => rings.map(writeRing).join(".")).join("~");
}

/** null where the text is none: an address may be cut off. */
export function readArea(text: string): Area | null {
  const polygons = text.split("~").map((rings) => rings.split(".").map(readRing));
  if (polygons.some((rings) => rings.some((ring) => ring === null))) return null;
  const coordinates = polygons as [number, number][][][];
  return coordinates.length === 1
    ? { type: "Polygon", coordinates: coordinates[0]! }
    : { type: "MultiPolygon", coordinates };
}

function writeRing(ring: readonly (readonly number[])[]): string {
  let [x, y] = [0, 0];
  let text = "";
  for (const corner of ring.slice(0, -1)) { // the last is the first again
    const [nx, ny] = [Math.round(corner[0]! / STEP), Math.round(corner[1]! / STEP)];
    text += writeNumber(nx - x) + writeNumber(ny - y);
    [x, y] = [nx, ny];
  }
  return text;
}

function readRing(text: string): [number, number][] | null {
  const numbers = readNumbers(text);
  if (!numbers || numbers.length < 6 || numbers.length % 2) return null;
  const ring: [number, number][] = [];
  let [x, y] = [0, 0];
  for (let i = 0; i < numbers.length; i += 2) {
    [x, y] = [x + numbers[i]!, y + numbers[i + 1]!];
    if (Math.abs(x * STEP) > 180 || Math.abs(y * STEP) > 90) return null;
    ring.push([degrees(x), degrees(y)]);
  }
  return [...ring, ring[0]!];
}

function degrees(steps: number): number {
  return Number((steps * STEP).toFixed(6));
}

/** The sign goes into the lowest bit, five bits a letter. */
function writeNumber(n: number): string {
  let rest = n < 0 ? -2 * n - 1 : 2 * n;
  let text = "";
  do {
    const low = rest % 32;
    rest = (rest - low) / 32;
    text += LETTERS[low + (rest > 0 ? MORE : 0)];
  } while (rest > 0);
  return text;
}

function readNumbers(text: string): number[] | null {
  const numbers: number[] = [];
  let [value, scale, open] = [0, 1, false];
  for (const letter of text) {
    const code = LETTERS.indexOf(letter);
    if (code < 0) return null;
    value += (code % MORE) * scale;
    scale *= 32;
    open = code >= MORE;
    if (open) continue;
    numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
    [value, scale] = [0, 1];
  }
  return open ? null : numbers;
}
