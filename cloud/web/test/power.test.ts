/** A node's power and sensors as they are drawn: nothing is drawn where nobody knows. */
import { expect, test } from "vitest";
import { bands, charge, lastDays, pieces, scaled, type PowerHour, type SensorStation } from "../src/camera/power";
import { stationFeatures } from "../src/map/stations";
import { range } from "../src/ui/camera/plot";

const NOW = Date.parse("2026-11-22T12:00:00Z");

function hour(n: number, more: Partial<PowerHour> = {}): PowerHour {
  const at = new Date(NOW + n * 3_600_000).toISOString();
  return { at, charge: 0.5, charge_least: 0.4, battery_v: null, solar_w: null, load_w: null, level: "full", measured: true, ...more };
}

test("no line is drawn through hours of which nobody knows the charge", () => {
  const found = pieces(charge([hour(0), hour(1), hour(2, { charge: null }), hour(3), hour(9)]), 3_600_000);
  expect(found.map((piece) => piece.length)).toEqual([2, 1, 1]);
});

test("hours of one level are one band, and a gap ends it", () => {
  const found = bands([hour(0), hour(1), hour(2, { level: "low" }), hour(3, { level: null }), hour(4, { level: "low" })]);
  expect(found.map((band) => [band.level, (band.to - band.from) / 3_600_000])).toEqual([["full", 2], ["low", 1], ["low", 1]]);
});

test("only the last days are drawn", () => {
  expect(lastDays([hour(-200), hour(-30), hour(0)], 7, NOW)).toHaveLength(2);
});

test("a kilowatt-hour is one", () => {
  expect(scaled(999, "Wh", "kWh")).toEqual([999, "Wh"]);
  expect(scaled(1500, "Wh", "kWh")).toEqual([1.5, "kWh"]);
});

test("a plot of one value has a height, and rain begins at nothing", () => {
  const at = (value: number) => [{ at: NOW, value }];
  expect(range(at(5))[1]).toBeGreaterThan(range(at(5))[0]);
  expect(range([...at(3.2), ...at(7.7)])).toEqual([3, 8]);
  expect(range(at(4), 0)[0]).toBe(0);
});

function station(more: Partial<SensorStation>, ...values: [quantity: string, value: number, hours?: number][]): SensorStation {
  return {
    node: "n1", name: "Mast", location: { type: "Point", coordinates: [107.5, 33.6] },
    newest: values.map(([quantity, value, hours = 0]) => ({
      sensor: "mast", quantity, value, over_s: null, observed_at: new Date(NOW - hours * 3_600_000).toISOString(),
    })) as SensorStation["newest"],
    ...more,
  };
}

test("a station says its newest values, and what it said long ago is marked", () => {
  const { features } = stationFeatures([
    station({}, ["temperature_c", 21.46], ["humidity_percent", 40], ["wind_speed_ms", 3], ["wind_direction_deg", 350], ["rain_mm", 0.2]),
    station({ node: "n2" }, ["water_level_m", 1.2, 5]),
    station({ node: "n3", location: null }, ["water_level_m", 1.2]),
  ], { language: "en", now: NOW });
  expect(features).toHaveLength(2);
  expect(features[0]!.properties).toMatchObject({ words: "21.5 °C · 40 % · 3 m/s\n0.2 mm", wind: 350, old: false });
  expect(features[1]!.properties).toMatchObject({ words: "1.2 m", old: true });
  expect(features[1]!.properties).not.toHaveProperty("wind");
});
