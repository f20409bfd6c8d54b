import { describe, expect, it } from "vitest";
import type { LonLat } from "../src/geo";
import { addCorner, crossesItself, EMPTY, finish, removeCorner, type Drawing } from "../src/polygon";

const drawn = (...corners: LonLat[]): Drawing => corners.reduce((drawing, corner) => addCorner(drawing, corner), EMPTY);

describe("drawing", () => {
  it("adds corners, takes them back, and ignores the second click of a double click", () => {
    const two = drawn([0, 0], [1, 0], [1, 0]);
    expect(two.corners).toEqual([[0, 0], [1, 0]]);
    expect(removeCorner(two).corners).toEqual([[0, 0]]);
    expect(removeCorner(EMPTY).corners).toEqual([]);
  });

  it("asks the caller what counts as the same place", () => {
    const near = (a: LonLat, b: LonLat) => Math.hypot(a[0] - b[0], a[1] - b[1]) < 0.1;
    expect(addCorner(drawn([0, 0]), [0.05, 0], near).corners).toHaveLength(1);
  });
});

describe("finish", () => {
  it("closes the ring counter-clockwise, whichever way it was drawn", () => {
    const expected = [[0, 0], [2, 0], [2, 2], [0, 0]];
    expect(finish(drawn([0, 0], [2, 0], [2, 2]))).toEqual({ type: "Polygon", coordinates: [expected] });
    const clockwise = finish(drawn([2, 2], [2, 0], [0, 0]));
    expect(clockwise).toEqual({ type: "Polygon", coordinates: [[[0, 0], [2, 0], [2, 2], [0, 0]]] });
  });

  it.each([
    ["no corner", drawn()],
    ["two corners", drawn([0, 0], [1, 1])],
    ["three on one line", drawn([0, 0], [1, 1], [2, 2])],
  ])("refuses %s", (_, drawing) => {
    expect(finish(drawing)).toBe("too_few");
  });

  it("refuses a bow tie", () => {
    expect(finish(drawn([0, 0], [2, 2], [2, 0], [0, 2]))).toBe("crossing");
  });

  it("refuses a corner that touches another edge", () => {
    expect(crossesItself([[0, 0], [4, 0], [4, 4], [2, 0], [0, 4]])).toBe(true);
  });

  it("takes a concave area", () => {
    expect(crossesItself([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]])).toBe(false);
  });
});
