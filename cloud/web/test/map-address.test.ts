import { expect, it } from "vitest";
import { MAP_START, readMap, writeMap, type MapRoute } from "../src/map/address";

const CAMERA = "0197a1b2-0000-7000-8000-00000000abcd";

it("brings back the whole view", () => {
  const route: MapRoute = {
    at: { lon: 107.85123, lat: 33.6, zoom: 11.25 }, layers: ["cameras", "density", "boundary"], taxon: "Equus quagga", cells: "square",
    shown: { unit: "month", from: "2026-03", to: "2026-06" }, camera: CAMERA, incident: null, tab: "fire",
  };
  const address = writeMap(route);
  expect(address).toBe(
    `#map?at=107.85123,33.6,11.25&layers=cameras,density,boundary&taxon=Equus+quagga&cells=square&from=2026-03&to=2026-06&camera=${CAMERA}&tab=fire`,
  );
  expect(readMap(address)).toEqual(route);
});

it("is nothing where nothing was changed", () => {
  expect(writeMap(MAP_START)).toBe("#");
  for (const plain of ["", "#", "#map", "#map?", "#review/x?at=1,2,3"]) expect(readMap(plain)).toEqual(MAP_START);
});

it("keeps a map without any layer", () => {
  expect(readMap(writeMap({ ...MAP_START, layers: [] })).layers).toEqual([]);
});

it("leaves aside what it does not understand", () => {
  expect(readMap("#map?at=107.85,95,3&layers=cameras,moon,cameras&taxon=%20&from=2026-03&to=2025-01&camera=x&tab=none&cells=round")).toEqual({
    ...MAP_START, layers: ["cameras"],
  });
  for (const at of ["1,2", "1,2,3,4", ",,", "a,b,c", "1,2,99"]) expect(readMap(`#map?at=${at}`).at, at).toBeNull();
});
