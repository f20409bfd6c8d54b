import { describe, expect, it } from "vitest";
import {
  between, fit, HANDLES, handlePoint, hit, isWhole, moved, panned, resized, smallest, toShare, toStage, within, zoomed,
  type Box, type Viewport,
} from "../src/review/geometry";

const PICTURE = { width: 1600, height: 900 };
const STAGE = { width: 800, height: 600 };
const LEAST = smallest(PICTURE);
const BOX: Box = { x: 0.25, y: 0.5, width: 0.25, height: 0.2 };

function expectInside(box: Box): void {
  expect(box.x).toBeGreaterThanOrEqual(0);
  expect(box.y).toBeGreaterThanOrEqual(0);
  expect(box.x + box.width).toBeLessThanOrEqual(1 + 1e-9);
  expect(box.y + box.height).toBeLessThanOrEqual(1 + 1e-9);
  expect(box.width).toBeGreaterThan(0);
  expect(box.height).toBeGreaterThan(0);
}

function expectClose(box: object, wanted: object): void {
  for (const [key, value] of Object.entries(wanted)) expect((box as Record<string, number>)[key], key).toBeCloseTo(value, 9);
}

describe("the viewport", () => {
  it("shows the whole picture in the middle at first", () => {
    expect(fit(PICTURE, STAGE)).toEqual({ scale: 0.5, x: 0, y: 75 });
    expect(isWhole(fit(PICTURE, STAGE), PICTURE, STAGE)).toBe(true);
  });

  it("keeps what lies under the pointer there while zooming", () => {
    const at = { x: 400, y: 300 };
    const close = zoomed(fit(PICTURE, STAGE), 4, at, PICTURE, STAGE);
    expect(close.scale).toBe(2);
    expectClose(toShare(at, close, PICTURE), toShare(at, fit(PICTURE, STAGE), PICTURE));
    expect(isWhole(close, PICTURE, STAGE)).toBe(false);
  });

  it("never zooms out beyond the whole picture, nor in without end", () => {
    expect(zoomed(fit(PICTURE, STAGE), 0.1, { x: 1, y: 1 }, PICTURE, STAGE)).toEqual(fit(PICTURE, STAGE));
    let view = fit(PICTURE, STAGE);
    for (let i = 0; i < 50; i++) view = zoomed(view, 2, { x: 10, y: 100 }, PICTURE, STAGE);
    expect(view.scale).toBe(12);
  });

  it("stops at the picture's edges", () => {
    const close = zoomed(fit(PICTURE, STAGE), 4, { x: 400, y: 300 }, PICTURE, STAGE);
    expect(panned(close, 1e6, 1e6, PICTURE, STAGE)).toMatchObject({ x: 0, y: 0 });
    expect(panned(close, -1e6, -1e6, PICTURE, STAGE)).toMatchObject({ x: 800 - 3200, y: 600 - 1800 });
  });

  it("shows a picture that is smaller than the stage as large as the stage allows", () => {
    expect(fit({ width: 80, height: 60 }, STAGE)).toEqual({ scale: 10, x: 0, y: 0 });
    expect(fit({ width: 8, height: 6 }, STAGE).scale).toBe(100); // more than the closest zoom, and still whole
  });

  it("goes to the stage and back", () => {
    const view: Viewport = { scale: 1.7, x: -130, y: 44 };
    const shown = toStage(BOX, view, PICTURE);
    expectClose(toShare(shown, view, PICTURE), { x: BOX.x, y: BOX.y });
    expect(shown.width).toBeCloseTo(0.25 * 1600 * 1.7);
    expect(shown.height).toBeCloseTo(0.2 * 900 * 1.7);
  });
});

describe("what is meant by a press", () => {
  const herd: Box = { x: 100, y: 100, width: 400, height: 300 };
  const calf: Box = { x: 200, y: 200, width: 60, height: 40 };
  const boxes = [herd, calf];

  it("is the smaller of two boxes, one in the other", () => {
    expect(hit(boxes, null, { x: 220, y: 220 }, 8)).toEqual({ index: 1, handle: null });
    expect(hit(boxes, null, { x: 450, y: 350 }, 8)).toEqual({ index: 0, handle: null });
  });

  it("is the selected box where that is one of them", () => {
    expect(hit(boxes, 0, { x: 220, y: 220 }, 8)).toEqual({ index: 0, handle: null });
  });

  it("is nothing beside all boxes", () => {
    expect(hit(boxes, 0, { x: 50, y: 50 }, 8)).toBeNull();
    expect(hit([], null, { x: 50, y: 50 }, 8)).toBeNull();
  });

  it.each(HANDLES)("is the selected box's handle %s, also a little beside it", (handle) => {
    const at = handlePoint(herd, handle);
    const outwards = { x: at.x + Math.sign(at.x - 300) * 5, y: at.y + Math.sign(at.y - 250) * 5 };
    expect(hit(boxes, 0, at, 8)).toEqual({ index: 0, handle });
    expect(hit(boxes, 0, outwards, 8)).toEqual({ index: 0, handle });
  });

  it("is no handle of a box that is not selected", () => {
    expect(hit(boxes, 1, { x: 100, y: 100 }, 8)).toEqual({ index: 0, handle: null });
  });

  it("is the middle of a tiny box, however broad the finger", () => {
    const tiny: Box = { x: 300, y: 300, width: 10, height: 10 };
    expect(hit([tiny], 0, { x: 305, y: 305 }, 22)).toEqual({ index: 0, handle: null });
    expect(hit([tiny], 0, { x: 290, y: 290 }, 22)).toEqual({ index: 0, handle: "nw" });
  });
});

describe("a box", () => {
  it("keeps its size when it is moved against an edge", () => {
    expectClose(moved(BOX, 0.1, -0.1), { ...BOX, x: 0.35, y: 0.4 });
    expectClose(moved(BOX, 9, 9), { ...BOX, x: 0.75, y: 0.8 });
    expectClose(moved(BOX, -9, -9), { ...BOX, x: 0, y: 0 });
  });

  it("is pulled by one edge or two", () => {
    expectClose(resized(BOX, "e", { x: 0.9, y: 0 }, LEAST), { ...BOX, width: 0.65 });
    expectClose(resized(BOX, "nw", { x: 0.1, y: 0.1 }, LEAST), { x: 0.1, y: 0.1, width: 0.4, height: 0.6 });
    expectClose(resized(BOX, "s", { x: 0.9, y: 2 }, LEAST), { ...BOX, height: 0.5 });
  });

  it.each(HANDLES)("never turns inside out nor leaves the picture: %s", (handle) => {
    for (const to of [{ x: -3, y: -3 }, { x: 4, y: 4 }, { x: 0.3, y: 0.6 }, { x: 0.5, y: 0.7 }]) {
      const pulled = resized(BOX, handle, to, LEAST);
      expectInside(pulled);
      expect(pulled.width * PICTURE.width).toBeGreaterThan(2.999);
      expect(pulled.height * PICTURE.height).toBeGreaterThan(2.999);
    }
  });

  it("is drawn from any corner to any other, within the picture", () => {
    const wanted = { x: 0.2, y: 0.3, width: 0.4, height: 0.5 };
    expectClose(between({ x: 0.2, y: 0.3 }, { x: 0.6, y: 0.8 }, LEAST), wanted);
    expectClose(between({ x: 0.6, y: 0.8 }, { x: 0.2, y: 0.3 }, LEAST), wanted);
    expectClose(between({ x: 0.2, y: 0.8 }, { x: 0.6, y: 0.3 }, LEAST), wanted);
    expectClose(between({ x: -1, y: -1 }, { x: 2, y: 2 }, LEAST), { x: 0, y: 0, width: 1, height: 1 });
    expectInside(between({ x: 5, y: 5 }, { x: 6, y: 6 }, LEAST));
  });

  it("that a detector drew beyond the edge is brought back", () => {
    expectInside(within({ x: 0.9, y: -0.1, width: 0.2, height: 1.4 }, LEAST));
    expectInside(within({ x: 0.99999, y: 0.99999, width: 0, height: 0 }, LEAST));
  });

  it("may fill a picture of a few pixels", () => {
    expectInside(between({ x: 0, y: 0 }, { x: 0, y: 0 }, smallest({ width: 2, height: 2 })));
  });
});
