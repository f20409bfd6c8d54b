/** Mouse, pen and fingers on the picture: select, move, resize and draw boxes, move and zoom the picture.
 *
 * With a mouse or pen, dragging beside all boxes draws a new one, as every labelling tool does; with a finger it moves
 * the picture, and a new box takes the button. Two fingers, the wheel, and the middle button or the space bar are for
 * zooming and moving. */
import type { Store } from "../store";
import { add, place, UNKNOWN_ANIMAL, type Name } from "./annotation";
import type { ReviewActions } from "./actions";
import {
  between, fit, hit, moved, panned, resized, settled, smallest, toShare, toStage, zoomed,
  type Box, type Handle, type Point, type Size, type Viewport,
} from "./geometry";
import { itemOf, mayLabel } from "./state";

const REACH = { mouse: 8, pen: 12, touch: 22 } as const; // CSS px beside an edge that still mean it
const STILL = 4; // CSS px that a hand may tremble and still only press
const WHEEL = 0.0022; // zoom for each CSS px of wheel
const NUDGE = 0.005; // of the picture, for each press of an arrow

type Gesture =
  | { kind: "pan"; from: Point; view: Viewport }
  | { kind: "draw"; from: Point; started: Point }
  | { kind: "move"; index: number; box: Box; started: Point }
  | { kind: "size"; index: number; box: Box; handle: Handle; started: Point };

export type PointerHandlers = ReturnType<typeof createPointer>;

/** The viewport as it is, with "the whole picture" worked out. */
export function viewportOf(viewport: Viewport | null, picture: Size, stage: Size): Viewport {
  return viewport ? settled(viewport, picture, stage) : fit(picture, stage);
}

export function createPointer(store: Store, actions: ReviewActions) {
  const fingers = new Map<number, Point>();
  let gesture: Gesture | null = null;
  let spaceHeld = false;

  const review = () => store.state.review;
  const view = (picture: Size) => viewportOf(review().viewport, picture, review().stage);
  const near = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y) <= STILL;

  function at(event: { clientX: number; clientY: number; currentTarget: EventTarget | null }): Point {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  }

  function down(event: PointerEvent): void {
    const picture = itemOf(review());
    const { annotation, drawing } = review();
    if (!picture || !annotation || (event.button !== 0 && event.button !== 1)) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const point = at(event);
    fingers.set(event.pointerId, point);
    if (fingers.size === 2) return cancel();
    if (fingers.size > 2) return;
    if (event.button === 1) event.preventDefault(); // no scrolling mark
    gesture = meant(event, point, picture);
    if (gesture.kind !== "draw" && gesture.kind !== "pan") actions.select(gesture.index);
    else if (!drawing) actions.select(null);
  }

  function meant(event: PointerEvent, point: Point, picture: Size): Gesture {
    const { annotation, drawing, viewport, boxesHidden } = review();
    const pan: Gesture = { kind: "pan", from: point, view: viewportOf(viewport, picture, review().stage) };
    if (event.button === 1 || spaceHeld) return pan;
    const may = mayLabel(store.state.account, store.state.reserve?.slug);
    const share = toShare(point, view(picture), picture);
    const draw: Gesture = { kind: "draw", from: share, started: point };
    if (drawing && may) return draw;
    const { labels, selected } = annotation!;
    const shown = boxesHidden ? [] : labels.map(({ box }) => toStage(box, view(picture), picture));
    const reach = REACH[event.pointerType as keyof typeof REACH] ?? REACH.mouse;
    const found = hit(shown, may ? selected : null, point, reach);
    if (!found) return may && event.pointerType !== "touch" ? draw : pan;
    const common = { index: found.index, box: labels[found.index]!.box, started: point };
    if (!may) return { ...pan };
    return found.handle ? { kind: "size", handle: found.handle, ...common } : { kind: "move", ...common };
  }

  function move(event: PointerEvent): void {
    const picture = itemOf(review());
    if (!picture) return;
    const point = at(event);
    const before = fingers.get(event.pointerId);
    if (!before) return hover(event, point, picture);
    fingers.set(event.pointerId, point);
    if (fingers.size === 2) return pinch(event.pointerId, before, picture);
    if (!gesture) return;
    if (gesture.kind === "pan") {
      const { from, view: start } = gesture;
      actions.patch({ viewport: panned(start, point.x - from.x, point.y - from.y, picture, review().stage) });
    } else {
      const box = pulled(gesture, point, picture);
      if (box) actions.patch({ preview: { index: gesture.kind === "draw" ? null : gesture.index, box } });
    }
  }

  /** The box as the gesture leaves it; null while the hand has hardly moved. */
  function pulled(one: Exclude<Gesture, { kind: "pan" }>, point: Point, picture: Size): Box | null {
    if (near(one.started, point) && !review().preview) return null;
    const now = toShare(point, view(picture), picture);
    const start = toShare(one.started, view(picture), picture);
    const least = smallest(picture);
    if (one.kind === "draw") return between(one.from, now, least);
    if (one.kind === "move") return moved(one.box, now.x - start.x, now.y - start.y);
    // The edge keeps its distance from the pointer, or it would jump by as much as the press was beside it.
    const { box, handle } = one;
    const [west, north, east, south] = [box.x, box.y, box.x + box.width, box.y + box.height];
    const to = {
      x: (handle.includes("w") ? west : east) + now.x - start.x,
      y: (handle.includes("n") ? north : south) + now.y - start.y,
    };
    return resized(box, handle, to, least);
  }

  function pinch(moving: number, before: Point, picture: Size): void {
    const [still] = [...fingers].filter(([id]) => id !== moving).map(([, point]) => point);
    const now = fingers.get(moving)!;
    const spread = (a: Point, b: Point) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
    const middle = (a: Point, b: Point) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
    const [from, to] = [middle(before, still!), middle(now, still!)];
    const { stage } = review();
    const shifted = panned(view(picture), to.x - from.x, to.y - from.y, picture, stage);
    const factor = spread(now, still!) / spread(before, still!);
    actions.patch({ viewport: zoomed(shifted, factor, to, picture, stage) });
  }

  function up(event: PointerEvent): void {
    fingers.delete(event.pointerId);
    const done = gesture;
    gesture = null;
    const { preview } = review();
    if (!done || !preview || done.kind === "pan") return;
    if (done.kind === "draw") {
      const first = review().annotation?.labels.length === 0;
      actions.change((annotation) => add(annotation, preview.box, likelyName()));
      // In a herd the next box is most likely the same again; the first one has to be named.
      actions.patch({ drawing: false, ...(first ? { picker: { query: "", active: 0 } } : {}) });
    } else actions.change((annotation) => place(annotation, done.index, preview.box));
    actions.patch({ preview: null });
  }

  /** What a new box is most likely: what the others in the picture are. */
  function likelyName(): Name {
    const { labels } = review().annotation!;
    return labels.at(-1) ?? UNKNOWN_ANIMAL;
  }

  function cancel(): void {
    gesture = null;
    actions.patch({ preview: null });
  }

  function lost(event: PointerEvent): void {
    fingers.delete(event.pointerId);
    cancel();
  }

  function wheel(event: WheelEvent): void {
    const picture = itemOf(review());
    if (!picture) return;
    event.preventDefault();
    const pixels = event.deltaMode === 0 ? event.deltaY : event.deltaY * 33;
    const factor = Math.exp(-pixels * WHEEL * (event.ctrlKey ? 4 : 1)); // a pinch on a trackpad comes with ctrl
    actions.patch({ viewport: zoomed(view(picture), factor, at(event), picture, review().stage) });
  }

  /** The cursor tells what a press would do. */
  function hover(event: PointerEvent, point: Point, picture: Size): void {
    const stage = event.currentTarget as SVGElement;
    if (event.pointerType === "touch" || !review().annotation) return;
    const one = meant(event, point, picture);
    const { annotation } = review();
    const cursors: Record<Gesture["kind"], string> = { pan: "grab", draw: "crosshair", move: "move", size: "" };
    const overOther = one.kind === "move" && one.index !== annotation!.selected;
    stage.dataset.cursor = overOther ? "pointer" : one.kind === "size" ? one.handle : cursors[one.kind];
  }

  function zoom(factor: number): void {
    const picture = itemOf(review());
    const { stage } = review();
    if (!picture) return;
    const middle = { x: stage.width / 2, y: stage.height / 2 };
    actions.patch({ viewport: zoomed(view(picture), factor, middle, picture, stage) });
  }

  /** The selected box by the keyboard: moved, or its right and lower edge. */
  function nudge(dx: number, dy: number, size: boolean): void {
    const picture = itemOf(review());
    const { annotation } = review();
    const index = annotation?.selected ?? null;
    if (!picture || index === null) return;
    const { box } = annotation!.labels[index]!;
    const corner = { x: box.x + box.width + dx * NUDGE, y: box.y + box.height + dy * NUDGE };
    const next = size ? resized(box, "se", corner, smallest(picture)) : moved(box, dx * NUDGE, dy * NUDGE);
    actions.change((one) => place(one, index, next));
  }

  /** A new box in the middle of what is shown, for those who use no pointer. */
  function addInMiddle(): void {
    const picture = itemOf(review());
    const { stage } = review();
    if (!picture) return;
    const corner = (x: number, y: number) => toShare({ x: stage.width * x, y: stage.height * y }, view(picture), picture);
    const box = between(corner(0.4, 0.4), corner(0.6, 0.6), smallest(picture));
    actions.change((annotation) => add(annotation, box, likelyName()));
  }

  const watcher = new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect;
    actions.patch({ stage: { width, height } });
  });
  let watched: Element | undefined;

  /** For lit's `ref`: follows the stage's size, and takes the wheel, which the page must not scroll by. */
  function attach(element: Element | undefined): void {
    if (watched) watcher.unobserve(watched);
    watched?.removeEventListener("wheel", wheel as EventListener);
    watched = element;
    if (!element) return;
    watcher.observe(element);
    element.addEventListener("wheel", wheel as EventListener, { passive: false });
  }

  return {
    down, move, up, lost, attach, zoom, nudge, addInMiddle, cancel,
    /** Whether a gesture is going on, which Escape then ends. */
    get busy() {
      return gesture !== null;
    },
    space: (held: boolean) => {
      spaceHeld = held;
    },
  };
}
