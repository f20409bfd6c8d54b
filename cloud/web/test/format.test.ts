import { describe, expect, it } from "vitest";
import { ago, clock, compassPoint, compassWords, degrees, duration, interval, percent, significant, speciesName } from "../src/format";
import { translator } from "../src/i18n";
import { angle, graticuleStep } from "../src/map/graticule";

const en = translator("en");
const zh = translator("zh");
const now = Date.parse("2026-11-21T04:00:00Z");

it.each([
  [0, "N"], [11.2, "N"], [11.3, "NNE"], [45, "NE"], [90, "E"], [180, "S"], [292.4, "WNW"], [348.7, "NNW"],
  [348.8, "N"], [359.9, "N"], [-90, "W"], [720, "N"],
])("%s° is %s", (bearing, point) => {
  expect(compassPoint(bearing)).toBe(point);
});

it("names directions in both languages, and never says 360°", () => {
  expect(compassWords(292, en)).toBe("west-north-west");
  expect(compassWords(135, zh)).toBe("东南");
  expect(degrees(359.7)).toBe("0°");
});

describe("age", () => {
  const before = (seconds: number) => now - seconds * 1000;
  it.each([
    [5, "just now"], [-30, "just now"], [60, "1 min ago"], [3599, "59 min ago"], [7200, "2 hr ago"],
    [47 * 3600, "47 hr ago"], [3 * 86_400, "3 days ago"],
  ])("of %s s is %s", (seconds, words) => {
    expect(ago(before(seconds), now, "en", en)).toBe(words);
  });

  it("reads in Chinese", () => {
    expect(ago(before(7200), now, "zh", zh)).toBe("2小时前");
    expect(ago(before(1), now, "zh", zh)).toBe("刚刚");
  });
});

it("writes lengths of time", () => {
  expect(duration(7200, "en")).toBe("2 hrs");
  expect(duration(42, "en")).toBe("42 secs");
  expect(duration(7200, "zh")).toBe("2小时");
});

it("shows the time on the reserve's clock, with the day where it is another one there", () => {
  const at = Date.parse("2026-11-20T17:05:09Z");
  expect(clock(at, now, "Asia/Shanghai", "en")).toBe("01:05:09");
  expect(clock(at, now, "UTC", "en")).toMatch(/20 Nov.*17:05/);
  expect(clock(Date.parse("2025-02-03T00:00:00Z"), now, "UTC", "en")).toContain("2025");
});

it("gives numbers the digits that they can bear", () => {
  expect(significant(51.0949, "en")).toBe("51.1");
  expect(significant(0.03123, "en")).toBe("0.0312");
  expect(significant(12_345, "en")).toBe("12,350");
  expect(percent(0.876, "en")).toBe("88%");
  expect(interval({ low: 0, high: 10.934 }, "en")).toBe("0 – 10.9");
});

describe("what was seen", () => {
  const animal = (scientific_name: string | null) => ({ scientific_name, observation_type: "animal" });
  it("has its everyday name where we know one, else the scientific", () => {
    expect(speciesName(animal("Syncerus caffer"), "zh", zh)).toBe("非洲水牛");
    expect(speciesName(animal("Panthera tigris"), "en", en)).toBe("Panthera tigris");
  });
  it("is named by its kind where it has no taxon", () => {
    expect(speciesName(animal(null), "en", en)).toBe("Animal, unnamed");
    expect(speciesName({ scientific_name: null, observation_type: "vehicle" }, "zh", zh)).toBe("车辆");
    expect(speciesName({ scientific_name: null, observation_type: "meteor" }, "en", en)).toBe("Unknown");
  });
});

it("labels the graticule in degrees, minutes and seconds", () => {
  expect(angle(100.75, "E", "W")).toBe("100°45′E");
  expect(angle(-22.0, "N", "S")).toBe("22°S");
  expect(angle(24.508333, "N", "S")).toBe("24°30′30″N");
  expect(angle(0, "E", "W")).toBe("0°");
  expect(graticuleStep(0.5)).toBeCloseTo(1 / 12, 12);
});
