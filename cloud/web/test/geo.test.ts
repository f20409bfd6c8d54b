import { describe, expect, it } from "vitest";
import { boundsOf, destination, distance, northernmost, positionsOf, sector, type LonLat } from "../src/geo";

const DEGREE = 111_195; // metres of one degree of a great circle on this sphere

describe("destination", () => {
  it.each<[string, number, LonLat]>([
    ["north", 0, [100, 1]],
    ["east", 90, [101, 0]],
    ["south", 180, [100, -1]],
    ["west", 270, [99, 0]],
  ])("goes %s from the equator", (_, bearing, [lon, lat]) => {
    const [x, y] = destination([100, 0], bearing, DEGREE);
    expect(x).toBeCloseTo(lon, 4);
    expect(y).toBeCloseTo(lat, 4);
  });

  it("keeps the longitude within ±180 across the date line", () => {
    expect(destination([179.5, 0], 90, DEGREE)[0]).toBeCloseTo(-179.5, 4);
  });

  it("arrives at the distance it was told", () => {
    for (const bearing of [17, 133, 290]) {
      expect(distance([100.8, 22.1], destination([100.8, 22.1], bearing, 12_345))).toBeCloseTo(12_345, 3);
    }
  });
});

describe("sector", () => {
  const centre: LonLat = [100.8, 22.1];

  it("lies round its bearing, as wide as it was told, counter-clockwise", () => {
    const ring = sector(centre, 90, 60, 1000).coordinates[0] as LonLat[];
    expect(ring[0]).toEqual(centre);
    expect(ring.at(-1)).toEqual(centre);
    const arc = ring.slice(1, -1);
    for (const corner of arc) expect(distance(centre, corner)).toBeCloseTo(1000, 3);
    const first = destination(centre, 120, 1000);
    expect(arc[0]![0]).toBeCloseTo(first[0], 9); // clockwise end first
    expect(arc[0]![1]).toBeCloseTo(first[1], 9);
  });

  it("crosses north without going the long way round", () => {
    const box = boundsOf(sector(centre, 0, 20, 1000).coordinates[0]!)!;
    expect(box[1]).toBeCloseTo(centre[1], 9);
    expect(distance([box[0], centre[1]], [box[2], centre[1]])).toBeLessThan(400);
  });

  it("is a closed circle without a centre where the view is all round", () => {
    const ring = sector(centre, 45, 360, 1000).coordinates[0]!;
    expect(ring[0]).toEqual(ring.at(-1));
    expect(ring).not.toContainEqual(centre);
  });
});

it("reads positions of any geometry, their bounds and the northernmost", () => {
  const multi = [[[[1, 2], [3, 2], [3, 9], [1, 2]]], [[[-5, 0], [-4, 0], [-4, 1], [-5, 0]]]];
  expect([...positionsOf(multi)]).toHaveLength(8);
  expect(boundsOf(positionsOf(multi))).toEqual([-5, 0, 3, 9]);
  expect(northernmost(positionsOf(multi))).toEqual([3, 9]);
  expect(boundsOf([])).toBeNull();
});
