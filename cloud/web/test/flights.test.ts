import { expect, test } from "vitest";
import { flightAnimals, flightLines } from "../src/map/flights";

const flight = { id: "f", name: "Lick", node_id: "n", pictures: 1, started_at: null, ended_at: null, bounds: null };

test("a flight of one picture has no line", () => {
  const line = { type: "LineString" as const, coordinates: [[107.5, 33.6], [107.6, 33.6]] as [number, number][] };
  const drawn = flightLines([{ ...flight, track: null }, { ...flight, id: "g", track: line }]);
  expect(drawn.features.map((one) => one.properties?.["id"])).toEqual(["g"]);
});

test("an animal lies at its own place and leads to its picture", () => {
  const [point] = flightAnimals([{
    type: "Feature", geometry: { type: "Point", coordinates: [107.55, 33.62] },
    properties: { id: "o", deployment_id: "f", scientific_name: "Equus", confidence: 0.9, observed_at: "2026-05-04T01:00:00Z", sd_m: 6, media_id: "m" },
  }]).features;
  expect(point?.geometry.coordinates).toEqual([107.55, 33.62]);
  expect(point?.properties?.["media"]).toBe("m");
});
