/** The pure parts of the overview, species and camera pages. */
import { describe, expect, it } from "vitest";
import { calendar, months } from "../src/camera/calendar";
import { inOrder, isShown, readCamera } from "../src/camera/route";
import { translator } from "../src/i18n";
import type { EffortDay } from "../src/research/wire";
import { around, gathered, planeOf } from "../src/side/sketch";
import { changeWords, direction, needWords, rateWords, subjectWords } from "../src/side/words";
import type { Need, SpeciesChange } from "../src/side/wire";
import { hexagonsFor, readSpecies, spanFor, writeSpecies } from "../src/species/question";
import type { Deployment } from "../src/wire";

const t = translator("en");
const ID = "019a7f00-0000-7000-8000-000000000001";

function change(fields: Partial<SpeciesChange> = {}): SpeciesChange {
  return {
    scientific_name: "Equus", status: "more", events: 41, events_before: 20, individuals: 60, deployments: 4, rate: 19.34, low: 14.1,
    high: 26.2, rate_before: 12.1, ratio: { value: 1.6, low: 1.1, high: 2.4 }, ...fields,
  };
}

function need(fields: Partial<Need> = {}): Need {
  return { code: "silent_camera", severity: "soon", n: 3, since: null, href: "#camera?show=silent", subjects: [], ...fields };
}

describe("what changed, in words", () => {
  it("carries effort, interval and the week before", () => {
    expect(rateWords(change(), 212, "en", t)).toBe("41 events in 212 camera-days: 19.3 per 100 (14.1–26.2)");
    expect(changeWords(change(), "en", t)).toBe("likely more: the week before 12.1 per 100");
    expect(changeWords(change({ status: "unclear" }), "zh", translator("zh"))).toBe("无明显变化：上周每 100 相机日 12.1 次");
  });

  it("says that nobody looked, and no number", () => {
    const blind = change({ status: "not_observed", rate: null, low: null, high: null, ratio: null });
    for (const language of ["en", "zh"] as const) expect(rateWords(blind, 0, language, translator(language))).not.toMatch(/\d/);
    expect(direction(blind)).toBe("none");
  });

  it("has a sign only where something changed", () => {
    const signs = (["more", "fewer", "first_record", "unclear", "not_observed_before"] as const).map((status) => direction(change({ status })));
    expect(signs).toEqual(["up", "down", "new", "none", "none"]);
  });
});

describe("what needs a person, in words", () => {
  it("counts, and names what it is about", () => {
    const subjects = ["ridge", "lick"].map((name) => ({ id: ID, name, name_zh: null }));
    expect(needWords(need(), t)).toBe("3 cameras are silent");
    expect(needWords(need({ n: 1 }), t)).toBe("A camera is silent");
    expect(subjectWords(need({ subjects }), "en", t)).toBe("ridge, lick and 1 more");
    expect(subjectWords(need({ n: 2, subjects }), "zh", translator("zh"))).toBe("ridge、lick");
  });

  it("knows what was never there at all", () => {
    expect(needWords(need({ code: "drill_due", n: 0 }), t)).toBe("The chain of calls was never tried in a drill");
    expect(needWords(need({ code: "nobody_on_duty", n: 0 }), t)).toBe("Nobody is on duty in this reserve");
    expect(needWords(need({ code: "nobody_on_duty", n: 2 }), t)).toBe("Nobody is on duty in 2 zones");
  });
});

describe("the address of a species", () => {
  it("asks the same again", () => {
    const route = { name: "Panthera leo", span: { kind: "preset", preset: "30d" }, where: { kind: "zone", id: ID } } as const;
    expect(readSpecies(writeSpecies(route))).toEqual(route);
    expect(readSpecies("#species/Panthera%20leo")).toEqual({ name: "Panthera leo", span: null, where: { kind: "reserve" } });
  });

  it.each(["#species", "#species/", "#species?span=never&area=zone:9"])("%s is the list", (hash) => {
    expect(readSpecies(hash)).toEqual({ name: null, span: null, where: { kind: "reserve" } });
  });

  it("looks back a year, or to the first camera of a younger reserve", () => {
    const now = Date.parse("2026-11-21T00:00Z");
    const spans = ["2019-01-01", "2026-09-01", null].map((day) => spanFor(readSpecies("#species/Equus"), now, day && Date.parse(day) || null));
    expect(spans.map((one) => one.kind === "preset" && one.preset)).toEqual(["365d", "all", "365d"]);
  });

  it("survives a per cent sign that encodes nothing", () => {
    expect(readSpecies("#species/100%").name).toBe("100%");
  });

  it("draws as many hexagons as a small map can show", () => {
    expect([0.02, 0.1, 0.6, 3, 30].map((wide) => hexagonsFor([107, 33, 107 + wide, 33 + wide]))).toEqual([9, 8, 6, 5, 5]);
  });
});

describe("cameras", () => {
  const camera = (status: string, name = "a", reasons: string[] = []) => ({ location_name: name, health: { status, reasons } }) as unknown as Deployment;

  it("are found by their address", () => {
    expect(readCamera(`#camera/${ID}`)).toEqual({ id: ID, show: "all" });
    expect(readCamera("#camera?show=silent")).toEqual({ id: null, show: "silent" });
    expect(readCamera("#camera/x?show=x")).toEqual({ id: null, show: "all" });
  });

  it("stand with the worst first, and those taken down apart", () => {
    const all = [camera("ok", "b"), camera("ended"), camera("silent"), camera("attention"), camera("ok", "a")];
    expect(inOrder(all).map((one) => `${one.health.status} ${one.location_name}`)).toEqual(["attention a", "silent a", "ok a", "ok b", "ended a"]);
    expect(all.filter((one) => isShown(one, "all"))).toHaveLength(4);
    expect(isShown(camera("ok", "a", ["clock_unsynchronised"]), "clock")).toBe(true);
    expect(isShown(camera("ended", "a", ["clock_unsynchronised"]), "clock")).toBe(false);
  });
});

describe("the calendar of effort", () => {
  const looked: EffortDay = { day: "2026-05-05", hours: 20, day_hours: 12, night_hours: 8 };

  it("begins on a Monday and ends on the last day; days without effort are none, days before it stood are off", () => {
    const days = calendar([looked], "2026-05-06", 2, "2026-05-03", null); // a Wednesday
    expect(days).toHaveLength(10);
    expect(days[0]).toMatchObject({ day: "2026-04-27", week: 0, weekday: 0, effort: "off" });
    expect(days.at(-1)).toMatchObject({ day: "2026-05-06", week: 1, weekday: 2, effort: null });
    expect(days.filter((one) => one.effort === "off").map((one) => one.day).at(-1)).toBe("2026-05-02");
    expect(days.find((one) => one.day === "2026-05-05")!.effort).toBe(looked);
  });

  it("is off again once the camera was taken down", () => {
    expect(calendar([looked], "2026-05-06", 1, "2026-01-01", "2026-05-05").at(-1)!.effort).toBe("off");
  });

  it("names a month where it begins, unless it ends at once", () => {
    // 30 March to 3 June: of March there are two days.
    const days = calendar([], "2026-06-03", 10, "2026-01-01", null);
    expect(days[0]!.day).toBe("2026-03-30");
    expect(months(days)).toEqual([{ week: 0, month: "2026-04" }, { week: 4, month: "2026-05" }, { week: 9, month: "2026-06" }]);
  });
});

describe("a small map", () => {
  it("puts all of the reserve on it, north up, with true lengths", () => {
    const plane = planeOf([107, 33, 108, 34], 480, 340);
    const [west, north] = plane.place([107, 34]);
    const [east, south] = plane.place([108, 33]);
    expect(west).toBeGreaterThanOrEqual(0);
    expect(east).toBeLessThanOrEqual(480);
    expect(north).toBeLessThan(south);
    expect((east - west) / (south - north)).toBeCloseTo(Math.cos((33.5 * Math.PI) / 180), 2);
    expect(plane.length(111_320)).toBeCloseTo(south - north, 0);
  });

  it("gives one camera alone some ground around it", () => {
    const [west, south, east, north] = around([], [[107.5, 33.5]], 1000)!;
    expect((north - south) * 111_320).toBeCloseTo(2000, 0);
    expect((west + east) / 2).toBeCloseTo(107.5, 9);
    expect(around([], [])).toBeNull();
  });

  it("draws what would lie on each other as one", () => {
    const spots = gathered([[1, 1], [3, 3], [40, 40]] as [number, number][], (one) => one, 16);
    expect(spots.map((one) => one.of.length)).toEqual([2, 1]);
  });
});
