/** An ignore mask while it is drawn over a camera's picture. Pure; corners are [x, y] as fractions of the picture from
 * its top left, so that they hold for every size of it. */
import type { LonLat } from "../geo";
import { crossesItself } from "../polygon";

export type Corner = readonly [x: number, y: number];

export interface Shape {
  readonly corners: readonly Corner[];
  /** The corner that the keys move; null: none. */
  readonly active: number | null;
  /** The outline is finished: a click no longer adds a corner. */
  readonly closed: boolean;
}

export const EMPTY_SHAPE: Shape = { corners: [], active: null, closed: false };
const STEPS = 10_000; // a corner is kept to a ten-thousandth of the picture

export function within([x, y]: Corner): Corner {
  const clamp = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * STEPS) / STEPS;
  return [clamp(x), clamp(y)];
}

/** The shape with one more corner; a click on the first corner (nearer than `near`) closes it instead. */
export function addCorner(shape: Shape, at: Corner, near = 0): Shape {
  if (shape.closed) return shape;
  const [first, last] = [shape.corners[0], shape.corners.at(-1)];
  if (first && shape.corners.length >= 3 && apart(first, at) <= near) return close(shape);
  if (last && apart(last, at) === 0) return shape; // the second half of a double click
  return { ...shape, corners: [...shape.corners, within(at)], active: shape.corners.length };
}

export function moveCorner(shape: Shape, index: number, to: Corner): Shape {
  return { ...shape, corners: shape.corners.map((one, i) => (i === index ? within(to) : one)), active: index };
}

export function removeCorner(shape: Shape, index: number): Shape {
  const corners = shape.corners.filter((_, i) => i !== index);
  const active = corners.length === 0 ? null : Math.min(index, corners.length - 1);
  return { corners, active, closed: shape.closed && corners.length >= 3 };
}

/** A new corner in the middle of the edge that leaves corner `index`. */
export function splitEdge(shape: Shape, index: number): Shape {
  const [a, b] = [shape.corners[index]!, shape.corners[(index + 1) % shape.corners.length]!];
  const middle = within([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
  return { ...shape, corners: shape.corners.toSpliced(index + 1, 0, middle), active: index + 1 };
}

export function close(shape: Shape): Shape {
  return shape.corners.length >= 3 ? { ...shape, closed: true } : shape;
}

export function shapeOf(polygon: readonly Corner[]): Shape {
  return { corners: polygon.map(within), active: null, closed: true };
}

/** Why it cannot be a mask yet, else null. */
export function refusal(shape: Shape): "too_few" | "crossing" | "tiny" | null {
  if (shape.corners.length < 3) return "too_few";
  if (crossesItself(shape.corners as unknown as LonLat[])) return "crossing";
  return area(shape.corners) < 0.0001 ? "tiny" : null;
}

/** Share of the picture. */
export function area(corners: readonly Corner[]): number {
  const twice = corners.reduce((sum, [x, y], i) => {
    const [nx, ny] = corners[(i + 1) % corners.length]!;
    return sum + x * ny - nx * y;
  }, 0);
  return Math.abs(twice) / 2;
}

/** As SVG writes points, in a drawing of 1000 × 1000. */
export function points(corners: readonly Corner[]): string {
  return corners.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" ");
}

function apart(a: Corner, b: Corner): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
