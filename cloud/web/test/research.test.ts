import { describe, expect, it } from "vitest";
import { limitsOf, shadeOf } from "../src/map/cells";
import { readResearch, RESEARCH_START, writeResearch, type ResearchRoute } from "../src/research/address";
import { band, line, onClock, pieces } from "../src/research/curves";
import { blanks, daysBetween, sumOf } from "../src/research/effort";
import { taxaOf } from "../src/research/estimate-actions";
import { gapsOf, periodSeason, rateIn, seriesTaxa } from "../src/research/periods";
import { ask, PLAIN, type Ground } from "../src/research/question";
import { readArea, writeArea } from "../src/research/rings";
import { breaks, classOf, ratioTicks, share, ticks } from "../src/research/scale";
import { calendarChoices, readSpan, spanBefore, spanOf, writeSpan, yearBefore, type SpanChoice } from "../src/research/span";
import { ratioWords } from "../src/research/words";
import type { EffortDay, Grid, Period, Ratio, SpeciesCount } from "../src/research/wire";
import { translator } from "../src/i18n";
import { pageOf } from "../src/route";
import type { Area } from "../src/wire";

const ID = "01970000-0000-7000-8000-000000000001";
const SHANGHAI = "Asia/Shanghai";
const NOW = Date.parse("2026-11-21T04:30:20Z");
const SQUARE: Area = { type: "Polygon", coordinates: [[[107.70, 33.64], [107.80, 33.64], [107.80, 33.68], [107.7000004, 33.68], [107.70, 33.64]]] };

describe("a span", () => {
  it.each([
    ["7d", "2026-11-14T04:30:00.000Z", "2026-11-21T04:30:00.000Z"],
    ["2026", "2025-12-31T16:00:00.000Z", "2026-12-31T16:00:00.000Z"],
    ["2026-spring", "2026-02-28T16:00:00.000Z", "2026-05-31T16:00:00.000Z"],
    ["2025-winter", "2025-11-30T16:00:00.000Z", "2026-02-28T16:00:00.000Z"],
    ["2026-05-04_2026-05-05T08:30", "2026-05-03T16:00:00.000Z", "2026-05-05T00:30:00.000Z"],
  ])("is counted on the reserve's clock: %s", (text, from, to) => {
    const choice = readSpan(text)!;
    expect(writeSpan(choice)).toBe(text);
    expect(spanOf(choice, NOW, SHANGHAI, null)).toEqual({ from, to });
  });

  it("since the first camera begins at that day's midnight", () => {
    const span = spanOf({ kind: "preset", preset: "all" }, NOW, SHANGHAI, Date.parse("2026-03-02T10:00:00Z"));
    expect(span!.from).toBe("2026-03-01T16:00:00.000Z");
  });

  it("that ends before it begins is none", () => {
    expect(spanOf(readSpan("2026-05-04_2026-05-04")!, NOW, SHANGHAI, null)).toBeNull();
    for (const text of ["", "soon", "2026-monsoon", "2026-05-04", "2026-05-04_tomorrow", null]) expect(readSpan(text)).toBeNull();
  });

  it("of the calendar is offered where a camera stood by then", () => {
    const offered = calendarChoices(NOW, SHANGHAI, Date.parse("2026-06-10T00:00:00Z")).map(writeSpan);
    expect(offered).toEqual(["2026-autumn", "2026-summer", "2026"]);
  });

  it("has one just before, and one a year earlier at the same wall times", () => {
    const span = { from: "2026-03-29T16:00:00.000Z", to: "2026-04-05T16:00:00.000Z" };
    expect(spanBefore(span)).toEqual({ from: "2026-03-22T16:00:00.000Z", to: span.from });
    expect(yearBefore(span, SHANGHAI)).toEqual({ from: "2025-03-29T16:00:00.000Z", to: "2025-04-05T16:00:00.000Z" });
    // Berlin: summer time began on the 29th of March in 2026, and on the 30th in 2025
    expect(yearBefore({ from: "2026-03-29T22:00:00Z", to: "2026-03-30T22:00:00Z" }, "Europe/Berlin").from).toBe("2025-03-29T23:00:00.000Z");
  });
});

describe("an area in the address", () => {
  it("comes back to 11 cm", () => {
    const back = readArea(writeArea(SQUARE))!;
    expect(back.type).toBe("Polygon");
    const [ring] = back.coordinates as [number, number][][];
    expect(ring).toHaveLength(5);
    expect(ring![4]).toEqual(ring![0]);
    ring!.forEach(([x, y], i) => {
      expect(x).toBeCloseTo(SQUARE.coordinates[0]![i]![0] as number, 6);
      expect(y).toBeCloseTo(SQUARE.coordinates[0]![i]![1] as number, 6);
    });
  });

  it("may have holes and parts, west and south of zero too", () => {
    const area: Area = { type: "MultiPolygon", coordinates: [
      [[[-70, -10], [-60, -10], [-60, 0], [-70, -10]], [[-63, -8], [-61, -8], [-61, -6], [-63, -8]]],
      [[[179, 60], [180, 60], [180, 61], [179, 60]]],
    ] };
    expect(readArea(writeArea(area))).toEqual(area);
  });

  it("that is cut off is none", () => {
    const text = writeArea(SQUARE);
    expect(readArea(text.slice(0, 9))).toBeNull();
    expect(readArea("not an area!")).toBeNull();
    expect(text).toMatch(/^[A-Za-z0-9_.~-]+$/);
  });
});

describe("the address", () => {
  const routes: ResearchRoute[] = [
    RESEARCH_START,
    { ...RESEARCH_START, section: "series", by: "day", question: { ...PLAIN, where: { kind: "zone", id: ID }, species: ["Cervus nippon", "Budorcas taxicolor"] } },
    { ...RESEARCH_START, section: "map", cells: { kind: "square", size: 2000 }, question: { ...PLAIN, interval: 60, confidence: 0.5 } },
    { ...RESEARCH_START, section: "compare", against: { kind: "where", where: { kind: "zone", id: ID } } },
    { ...RESEARCH_START, section: "compare", against: { kind: "span", span: { kind: "season", year: 2025, season: "autumn" } } },
    { ...RESEARCH_START, section: "estimates", method: "occupancy_dynamic", question: { ...PLAIN, span: { kind: "custom", from: "2026-05-04T00:00", to: "2026-06-01T08:30" } } },
    { ...RESEARCH_START, question: { ...PLAIN, where: { kind: "shape", name: "plots & more.gpkg", shape: readArea(writeArea(SQUARE)) } } },
  ];
  it.each(routes.map((route) => [writeResearch(route), route] as const))("restores the question: %s", (hash, route) => {
    expect(readResearch(hash)).toEqual(route);
    expect(pageOf(hash)).toBe("counts");
  });

  it("that is cut off or of another page leads to the start", () => {
    for (const hash of ["#counts/nowhere", "#counts?span=soon&interval=0&confidence=2&area=zone:7", "#fire", ""]) {
      expect(readResearch(hash)).toEqual(RESEARCH_START);
    }
  });

  it("keeps a file's name where its area is too large for an address, and says so", () => {
    const corners = Array.from({ length: 3000 }, (_, i) => [107 + Math.cos(i / 477) / 3, 33 + Math.sin(i / 477) / 3]);
    const shape: Area = { type: "Polygon", coordinates: [[...corners, corners[0]!]] };
    const hash = writeResearch({ ...RESEARCH_START, question: { ...PLAIN, where: { kind: "shape", name: "big.kml", shape } } });
    expect(hash.length).toBeLessThan(200);
    expect(readResearch(hash).question.where).toEqual({ kind: "shape", name: "big.kml", shape: null });
  });
});

describe("the question", () => {
  const ground = {
    zones: { type: "FeatureCollection", features: [{ properties: { id: ID }, geometry: SQUARE }] },
    deployments: { type: "FeatureCollection", features: [] }, timezone: SHANGHAI, now: NOW,
  } as unknown as Ground;

  it("asks for a zone by its area, and for all species by none", () => {
    const asked = ask({ ...PLAIN, where: { kind: "zone", id: ID } }, ground);
    expect(asked).toMatchObject({ area: SQUARE, taxa: null, event_interval_min: 30, min_confidence: 0 });
  });

  it("says what it lacks", () => {
    expect(ask({ ...PLAIN, where: { kind: "zone", id: "gone" } }, ground)).toBe("no_zone");
    expect(ask({ ...PLAIN, where: { kind: "shape", name: "x", shape: null } }, ground)).toBe("no_shape");
    expect(ask({ ...PLAIN, span: { kind: "custom", from: "2026-05-04", to: "2026-05-01" } as SpanChoice }, ground)).toBe("bad_span");
  });

  it("of an estimator has as many taxa as it is asked of", () => {
    expect(taxaOf({ taxa: "one" }, [], null)).toBeNull();
    expect(taxaOf({ taxa: "one" }, ["A"], null)).toEqual({ taxon: "A" });
    expect(taxaOf({ taxa: "one" }, ["A", "B"], null)).toEqual({ taxa: ["A", "B"] });
    expect(taxaOf({ taxa: "two" }, ["A"], "A")).toBeNull();
    expect(taxaOf({ taxa: "two" }, ["A"], "B")).toEqual({ taxa: ["A", "B"] });
    expect(taxaOf({ taxa: "any" }, [], null)).toEqual({ taxa: null });
  });
});

describe("scales", () => {
  it("have round ticks that reach the largest number", () => {
    expect(ticks(12.3)).toEqual([0, 5, 10, 15]);
    expect(ticks(0.07)).toEqual([0, 0.02, 0.04, 0.06, 0.08]);
    expect(ticks(0)).toEqual([0, 1]);
    expect(ratioTicks(0.3, 3.2)).toEqual([0.25, 0.5, 1, 2, 4]);
    expect(share(5, [0, 20])).toBe(25);
    expect(share(90, [0, 20])).toBe(100);
  });

  it("put about as many cells into each class, and none that saw nothing into the first", () => {
    const limits = breaks([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.04]);
    expect(limits).toEqual([2, 4, 6, 8, 11]);
    expect([0, 0.1, 2, 2.1, 11].map((one) => classOf(one, limits))).toEqual([0, 1, 1, 2, 5]);
    expect(breaks([0, 0])).toEqual([]);
    expect(breaks([3, 3, 3])).toEqual([3]);
  });

  it("leave cells that nobody looked at out of the classes", () => {
    const cell = (rate: number | null) => ({ properties: { rate } }) as Grid["features"][number];
    expect(limitsOf({ features: [cell(null), cell(0), cell(4)] })).toEqual([4]);
    expect([shadeOf(1, 1), shadeOf(1, 2), shadeOf(2, 2), shadeOf(3, 5)]).toEqual([5, 1, 5, 3]);
  });
});

describe("a ratio in words", () => {
  const say = (value: number | null, low: number, high: number | null) =>
    ratioWords({ value, low, high, level: 0.95, method: "" } as Ratio, translator("en"), "en");

  it("says more, fewer, or that the data do not tell", () => {
    expect(say(1.8, 1.1, 2.9)).toBe("In A 1.8 times as many as in B (1.1–2.9)");
    expect(say(0.5, 0.3, 0.8)).toContain("In A fewer");
    expect(say(1.2, 0.6, 2.4)).toContain("too uncertain");
    expect(say(0, 0, 0.49)).toBe("None was seen in A. At most 0.49 times as many as in B");
    expect(say(null, 0.2, null)).toContain("too few in A to tell");
    expect(say(null, 2.1, null)).toBe("None was seen in B. In A at least 2.1 times as many");
  });
});

describe("a series", () => {
  const species = (name: string, events: number) => ({ scientific_name: name, observation_type: "animal", events }) as SpeciesCount;
  const period = (status: Period["status"], found: SpeciesCount[] | null) => ({ status, species: found }) as Period;

  it("knows no rate where nobody looked, and an upper bound where nothing was seen", () => {
    expect(rateIn(period("not_observed", null), "A")).toBeNull();
    const { estimate, low, high } = rateIn({ ...period("observed", []), camera_days: 60 }, "A")!;
    expect([estimate, low]).toEqual([0, 0]);
    expect(high).toBeCloseTo((100 * 3.688879) / 60, 4); // chi2.isf(0.025, 2) / 2
  });

  it("has gaps where nobody looked", () => {
    const periods = ["observed", "not_observed", "not_observed", "observed", "not_observed"].map((one) => period(one as Period["status"], null));
    expect(gapsOf(periods)).toEqual([[1, 2], [4, 4]]);
  });

  it("names what was seen most often first", () => {
    const taxa = seriesTaxa({ periods: [period("observed", [species("A", 1), species("B", 2)]), period("not_observed", null), period("observed", [species("A", 3)])] });
    expect(taxa.map((one) => [one.key, one.events])).toEqual([["A", 4], ["B", 2]]);
  });

  it("knows the cloud's seasons", () => {
    expect(periodSeason("2026 Mar–May")).toEqual({ year: "2026", season: "spring" });
    expect(periodSeason("2026/27 Dec–Feb")).toEqual({ year: "2026/27", season: "winter" });
    expect(periodSeason("2026-05")).toBeNull();
  });
});

describe("the calendar of effort", () => {
  const day = (name: string, hours: number): EffortDay => ({ day: name, hours, day_hours: hours / 2, night_hours: hours / 2 });
  const days = daysBetween("2026-02-27", "2026-03-03");

  it("has every day of the span", () => expect(days).toEqual(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03"]));

  it("knows the days on which nobody looked", () => {
    const row = { days: [day("2026-02-28", 24), day("2026-03-02", 0)] };
    expect(blanks(row, days)).toEqual([[0, 0], [2, 4]]);
    expect(sumOf(row.days)).toEqual({ days: 1, hours: 24, day: 12, night: 12 });
  });
});

describe("curves", () => {
  it("break where nobody looked", () => {
    expect(pieces([[0, 1], null, [2, 1], [3, 1]])).toEqual([[[0, 1]], [[2, 1], [3, 1]]]);
    expect(line([[0, 0], [0.5, 1], null, [1, 0.25]])).toBe("M0 1L0.5 0M1 0.75");
    expect(band([[0, 0], [1, 0]], [[0, 1], [1, 1]])).toBe("M0 1L1 1L1 0L0 0Z");
  });

  it("run round a clock with midnight on top", () => {
    const at = (hour: number) => onClock(hour, 10).map((one) => Math.round(one) + 0);
    expect([at(0), at(6), at(12), at(18)]).toEqual([[0, -10], [10, 0], [0, 10], [-10, 0]]);
  });
});
