import { expect, test } from "vitest";
import ROUTES from "../../fieldwatch_cloud/api/routes/flights.py?raw";
import { byPicture, looked, takeIn } from "../src/flight/findings";
import { readFlight, seenWhole } from "../src/flight/route";
import type { Seen } from "../src/flight/wire";
import { translator } from "../src/i18n";
import { flightAssumption } from "../src/i18n/flight";
import { pageOf } from "../src/route";

const ID = "0197f000-0000-7000-8000-000000000001";

test("the address names a flight, or the list of all", () => {
  expect(readFlight(`#flight/${ID}`)).toBe(ID);
  expect(readFlight(`#flight/${ID}?x=1`)).toBe(ID);
  expect(readFlight("#flight")).toBeNull();
  expect(readFlight("#flight/../admin")).toBeNull();
  expect(pageOf(`#flight/${ID}`)).toBe("flight");
});

test("each picture of a flight is counted, overlaps, or shows nobody knows which ground", () => {
  const parts = looked({ pictures: 38, with_footprint: 36, apart: 18 });
  expect(parts).toEqual({ counted: 18, overlapping: 18, groundUnknown: 2 });
  expect(parts.counted + parts.overlapping + parts.groundUnknown).toBe(38);
});

test("what was seen is shown picture by picture, in the order of time", () => {
  const seen = (media_id: string | null, observed_at: string) => ({ media_id, observed_at }) as Seen;
  const found = byPicture([seen("b", "2026-05-04T01:00:10Z"), seen("a", "2026-05-04T01:00:00Z"), seen(null, "2026-05-04T00:00:00Z"), seen("b", "2026-05-04T01:00:10Z")]);
  expect(found.map(({ mediaId, animals }) => [mediaId, animals.length])).toEqual([["a", 1], ["b", 2]]);
});

test("the map shows all of a flight, and never closer than a house", () => {
  const near = seenWhole([107.6, 33.7, 107.62, 33.71]);
  expect([near.lon, near.lat]).toEqual([expect.closeTo(107.61, 6), expect.closeTo(33.705, 6)]);
  expect(near.zoom).toBeGreaterThan(13);
  expect(near.zoom).toBeLessThan(15);
  expect(seenWhole([107.6, 33.7, 107.6, 33.7]).zoom).toBe(17);
});

test("the command for the office names flight and zone", () => {
  expect(takeIn(ID, "Asia/Shanghai")).toContain(`--deployment ${ID} --timezone Asia/Shanghai`);
});

test("every assumption of the API is said in Chinese", () => {
  const list = ROUTES.slice(ROUTES.indexOf("ASSUMPTIONS = ["), ROUTES.indexOf("\n]\n"));
  const sentences = [...list.matchAll(/"([^"]+)"/g)].map((match) => match[1]!);
  expect(sentences.length).toBeGreaterThan(4);
  for (const one of sentences) expect(flightAssumption(one, translator("zh")), one).toMatch(/\p{Script=Han}/u);
  expect(flightAssumption("A later one.", translator("zh"))).toBe("A later one.");
});
