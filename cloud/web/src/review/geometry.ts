/** Boxes on a picture that can be zoomed and moved. Pure.
 *
 * A box is in shares of the picture (0 to 1) from its top left corner, as everywhere in Fieldwatch. A point on the
 * stage, which shows the picture, is in CSS pixels from the stage's top left corner. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Point, Size {}

/** How the picture lies on the stage: CSS pixels for each pixel of the picture, and where its top left corner is. */
export interface Viewport {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** Compass names of a box's corners and edges. */
export type Handle = "nw" | "n" | "ne" | "e" | "se" | "s" | "sw" | "w";
export const HANDLES: readonly Handle[] = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

export type Hit = { readonly index: number; readonly handle: Handle | null };

/** The smallest side of a box, in pixels of the picture. */
export const SMALLEST = 3;
/** So many CSS pixels for one pixel of the picture are enough for anybody. */
const CLOSEST = 12;

export function smallest(picture: Size): Size {
  return { width: Math.min(1, SMALLEST / picture.width), height: Math.min(1, SMALLEST / picture.height) };
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

// The viewport ---------------------------------------------------------------------------------------

/** The whole picture, as large as it gets, in the middle. */
export function fit(picture: Size, stage: Size): Viewport {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height);
  return settled({ scale, x: 0, y: 0 }, picture, stage);
}

/** The same place at a scale that is allowed, without showing more of the emptiness beside the picture than needed. */
export function settled(view: Viewport, picture: Size, stage: Size): Viewport {
  const least = Math.min(stage.width / picture.width, stage.height / picture.height);
  const scale = clamp(view.scale, least, Math.max(least, CLOSEST));
  const along = (offset: number, length: number, room: number) =>
    length <= room ? (room - length) / 2 : clamp(offset, room - length, 0);
  return {
    scale,
    x: along(view.x, picture.width * scale, stage.width),
    y: along(view.y, picture.height * scale, stage.height),
  };
}

/** `factor` times as large; what lies under `at` stays there. */
export function zoomed(view: Viewport, factor: number, at: Point, picture: Size, stage: Size): Viewport {
  const { scale } = settled({ ...view, scale: view.scale * factor }, picture, stage);
  const real = scale / view.scale;
  return settled({ scale, x: at.x - (at.x - view.x) * real, y: at.y - (at.y - view.y) * real }, picture, stage);
}

export function panned(view: Viewport, dx: number, dy: number, picture: Size, stage: Size): Viewport {
  return settled({ ...view, x: view.x + dx, y: view.y + dy }, picture, stage);
}

/** Whether the whole picture is shown, and so no move of it possible. */
export function isWhole(view: Viewport, picture: Size, stage: Size): boolean {
  return view.scale <= fit(picture, stage).scale * 1.001;
}

export function toShare(at: Point, view: Viewport, picture: Size): Point {
  return { x: (at.x - view.x) / (picture.width * view.scale), y: (at.y - view.y) / (picture.height * view.scale) };
}

export function toStage(box: Box, view: Viewport, picture: Size): Box {
  const [width, height] = [picture.width * view.scale, picture.height * view.scale];
  return { x: view.x + box.x * width, y: view.y + box.y * height, width: box.width * width, height: box.height * height };
}

// What lies under a pointer --------------------------------------------------------------------------

export function handlePoint(box: Box, handle: Handle): Point {
  const across = handle.includes("w") ? 0 : handle.includes("e") ? 1 : 0.5;
  const down = handle.includes("n") ? 0 : handle.includes("s") ? 1 : 0.5;
  return { x: box.x + box.width * across, y: box.y + box.height * down };
}

/** What is meant by a press at `at`, all in CSS pixels on the stage; null: nothing.
 *
 * The selected box's handles come first, then the selected box, then the smallest box there, so that one that lies
 * within another can be reached. `reach` is how far beside an edge still counts; inwards it takes at most a quarter of
 * the box, so that a tiny one can still be taken by its middle.
 */
export function hit(boxes: readonly Box[], selected: number | null, at: Point, reach: number): Hit | null {
  const chosen = selected === null ? undefined : boxes[selected];
  if (chosen) {
    const handle = handleAt(chosen, at, reach);
    if (handle) return { index: selected!, handle };
    if (contains(chosen, at, 0)) return { index: selected!, handle: null };
  }
  let best: number | null = null;
  for (const [index, box] of boxes.entries()) {
    if (!contains(box, at, Math.min(reach, 6))) continue;
    if (best === null || box.width * box.height < boxes[best]!.width * boxes[best]!.height) best = index;
  }
  return best === null ? null : { index: best, handle: null };
}

function handleAt(box: Box, at: Point, reach: number): Handle | null {
  if (!contains(box, at, reach)) return null;
  const edge = (offset: number, length: number): -1 | 0 | 1 => {
    const inwards = Math.min(reach, length / 4);
    if (offset <= inwards) return -1;
    return offset >= length - inwards ? 1 : 0;
  };
  const across = { [-1]: "w", 0: "", 1: "e" }[edge(at.x - box.x, box.width)];
  const down = { [-1]: "n", 0: "", 1: "s" }[edge(at.y - box.y, box.height)];
  return ((down + across) as Handle) || null;
}

function contains(box: Box, at: Point, beyond: number): boolean {
  return (
    at.x >= box.x - beyond && at.x <= box.x + box.width + beyond &&
    at.y >= box.y - beyond && at.y <= box.y + box.height + beyond
  );
}

// Changing a box -------------------------------------------------------------------------------------

/** Moved by shares of the picture; it stops at the edge and keeps its size. */
export function moved(box: Box, dx: number, dy: number): Box {
  return { ...box, x: clamp(box.x + dx, 0, 1 - box.width), y: clamp(box.y + dy, 0, 1 - box.height) };
}

/** The box with `handle` pulled to `to`; it stays in the picture and never gets smaller than `least`. */
export function resized(box: Box, handle: Handle, to: Point, least: Size): Box {
  let [west, north, east, south] = [box.x, box.y, box.x + box.width, box.y + box.height];
  if (handle.includes("w")) west = clamp(to.x, 0, east - least.width);
  if (handle.includes("e")) east = clamp(to.x, west + least.width, 1);
  if (handle.includes("n")) north = clamp(to.y, 0, south - least.height);
  if (handle.includes("s")) south = clamp(to.y, north + least.height, 1);
  return within({ x: west, y: north, width: east - west, height: south - north }, least);
}

/** The box between two corners, as far as it lies in the picture. */
export function between(a: Point, b: Point, least: Size): Box {
  const [west, east] = [clamp(Math.min(a.x, b.x), 0, 1), clamp(Math.max(a.x, b.x), 0, 1)];
  const [north, south] = [clamp(Math.min(a.y, b.y), 0, 1), clamp(Math.max(a.y, b.y), 0, 1)];
  return within({ x: west, y: north, width: east - west, height: south - north }, least);
}

/** A box of at least that size that lies in the picture to the last digit. */
export function within(box: Box, least: Size): Box {
  const width = clamp(box.width, least.width, 1);
  const height = clamp(box.height, least.height, 1);
  return { x: clamp(box.x, 0, 1 - width), y: clamp(box.y, 0, 1 - height), width, height };
}
