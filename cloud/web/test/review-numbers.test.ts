import { describe, expect, it } from "vitest";
import { translator } from "../src/i18n";
import { beginFix, editFix, offsetOf, parts, shiftWords, trueTime, wallSeconds, type ClockFix } from "../src/review/clock";
import { compare, hasMoved, namesOf, numbersOf, spanAbout, subject } from "../src/review/numbers";
import { effectWords } from "../src/ui/review/clock";
import { initialState } from "../src/store";
import type { Corrections, Counts, Label, ReviewItem, SpeciesCount } from "../src/wire";

const ZONE = "Asia/Shanghai";
const box = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };
const label = (scientific_name: string | null, kind: Label["kind"] = "animal"): Label => ({ kind, scientific_name, box, count: 1 });

function item(change: Partial<ReviewItem> = {}): ReviewItem {
  return {
    media_id: "m", picture: "/p", mime: "image/jpeg", width: 10, height: 5, deployment_id: "d", deployment_name: "ridge",
    observed_at: "2026-11-21T01:00:00.700Z", clock_offset_s: 0, reasons: [], priority: 1, proposals: [], revision: 0, labels: null,
    ...change,
  };
}

describe("a camera's clock", () => {
  const fix = beginFix(item(), ZONE, "one");

  it("begins at what counts now, in whole seconds on the reserve's clock", () => {
    expect(fix.trueTime).toBe("2026-11-21T09:00:00");
    expect(offsetOf(fix, ZONE)).toBe(0);
    const corrected = beginFix(item({ clock_offset_s: -90 }), ZONE, "one");
    expect(corrected.trueTime).toBe("2026-11-21T08:58:30");
    expect(offsetOf(corrected, ZONE)).toBe(-90);
    expect(offsetOf({ ...corrected, by: "offset" }, ZONE)).toBe(-90);
  });

  it("is off by what lies between its time and the true one", () => {
    expect(offsetOf({ ...fix, trueTime: "2026-11-21T10:03:05" }, ZONE)).toBe(3785);
    expect(offsetOf({ ...fix, trueTime: "2025-11-21T09:00" }, ZONE)).toBe(-365 * 86_400);
    expect(offsetOf({ ...fix, trueTime: "" }, ZONE)).toBeNull();
    expect(offsetOf({ ...fix, trueTime: "1800-01-01T00:00" }, ZONE)).toBeNull();
  });

  it("or by so many days, hours, minutes and seconds", () => {
    const by = (offset: Partial<ClockFix["offset"]>) => offsetOf({ ...fix, by: "offset", offset: { ...parts(0), ...offset } }, ZONE);
    expect(by({ hours: 1, minutes: 3 })).toBe(3780);
    expect(by({ later: false, days: 1, seconds: 1.5 })).toBe(-86_401.5);
    expect(by({ later: false })).toBe(0);
    expect(by({ hours: NaN })).toBeNull();
    for (const seconds of [0, 3785, -86_401.5, 400 * 86_400]) expect(offsetOf({ ...fix, by: "offset", offset: parts(seconds) }, ZONE)).toBe(seconds);
  });

  it("is shown as it counts, and the camera's own is kept", () => {
    expect(trueTime(item({ clock_offset_s: 3600 }))).toBe("2026-11-21T02:00:00.700Z");
    expect(trueTime(item())).toBe("2026-11-21T01:00:00.700Z");
    expect(wallSeconds(Date.parse("2026-11-21T16:00:09.9Z"), ZONE)).toBe("2026-11-22T00:00:09");
  });

  it("that was sent is another correction once somebody changes it", () => {
    expect(editFix(fix, { note: "x" }, () => "two").id).toBe("one");
    const again = editFix({ ...fix, tried: true, failure: { status: 0, detail: "" } }, { note: "x" }, () => "two");
    expect([again.id, again.tried, again.failure]).toEqual(["two", false, null]);
  });

  it.each([
    [3780, "1 hr 3 mins later", "推迟1小时3分钟"], [-86_401, "1 day 1 sec earlier", "提前1天1秒"], [0, "as the camera says", "以相机时钟为准"],
  ])("says how far: %s s", (seconds, en, zh) => {
    expect(shiftWords(seconds, "en", translator("en"))).toBe(en);
    expect(shiftWords(seconds, "zh", translator("zh"))).toBe(zh);
  });

  it("says what will happen before it does", () => {
    const t = translator("en");
    const view = { t, state: { ...initialState("en", []), reserve: { timezone: ZONE } as never } };
    const given = (change: Partial<Corrections>): Corrections => ({
      offset_s: 0, items: [], observations: 1204, first_at: "2026-10-01T00:00:00Z", last_at: "2026-11-20T12:00:00Z", timezone: ZONE,
      may_correct: true, ...change,
    });
    expect(effectWords(view, 3780, given({}))).toBe(
      "All 1,204 observations of this camera, between 1 Oct 2026, 08:00 and 20 Nov 2026, 20:00 by its own clock, will count " +
      "1 hr 3 mins later, and so will the hours in which it looked. Nothing is re-dated.",
    );
    expect(effectWords(view, 60, given({ observations: 1 }))).toMatch(/^The one observation/);
    expect(effectWords(view, 60, given({ observations: 0 }))).toMatch(/no observation yet/);
    expect(effectWords(view, 60, given({ offset_s: -60 }))).toContain("takes the place of the correction that holds now (1 min earlier)");
    expect(effectWords(view, 60, given({ offset_s: 60 }))).toBe(t("review.clock.same"));
    expect(effectWords(view, null, given({}))).toBe(t("review.clock.incomplete"));
  });
});

describe("the numbers that an answer moves", () => {
  const span = { from: "2026-10-22T00:00:00.000Z", to: "2026-11-21T00:00:00.000Z" };
  const seen = (scientific_name: string, events: number, labelled = 0) => ({
    scientific_name, observation_type: "animal", events, observations: events * 2, labelled,
    rate_per_100_camera_days: { estimate: events, low: events / 2, high: events * 2, level: 0.95, method: "garwood" },
  }) as SpeciesCount;
  const counted = (species: SpeciesCount[] | null) =>
    numbersOf(span, { status: species ? "observed" : "not_observed", species, effort: { camera_days: 40 } } as Counts);

  it("are of thirty days in which the picture lies, the same for all pictures of those days", () => {
    const now = Date.parse("2026-11-20T23:20:00Z");
    const day = 86_400_000;
    expect(spanAbout(now, now)).toEqual(span);
    expect(spanAbout(now - 29 * day, now)).toEqual(span);
    expect(spanAbout(now + 3 * day, now)).toEqual(span); // a clock that runs ahead
    const before = spanAbout(now - 31 * day, now);
    expect(before.to).toBe(span.from);
    for (let days = 0; days < 400; days += 7) {
      const { from, to } = spanAbout(now - days * day, now);
      expect(Date.parse(from)).toBeLessThanOrEqual(now - days * day);
      expect(Date.parse(to)).toBeGreaterThan(now - days * day);
    }
  });

  it("are of the species of the picture, or of the filter", () => {
    const proposals = [{ id: "p", confidence: 0.4, model: "m", ...label("Cervidae") }];
    expect(subject(null, [label("Equus"), label(null)], item({ proposals }))).toEqual(["Equus", "Cervidae"]);
    expect(subject(null, [label("Equus")], item({ proposals, labels: [label("Equus")] }))).toEqual(["Equus"]);
    expect(subject("Panthera leo", [label("Equus")], item({ proposals }))).toEqual(["Panthera leo"]);
    expect(subject(null, [], null)).toEqual([]);
    expect(namesOf([label("Homo sapiens", "human"), label("Equus"), label("Equus")])).toEqual(["Equus"]);
  });

  it("tell before from after, and what did not move", () => {
    const [before, now] = [counted([seen("Cervidae", 12), seen("Equus", 3)]), counted([seen("Cervidae", 11, 11), seen("Equus", 3)])];
    const [deer, zebra] = compare(["Cervidae", "Equus", "Rara avis"], before, now);
    expect([deer!.before.events, deer!.now.events, deer!.now.confirmed]).toEqual([12, 11, 0.5]);
    expect([deer, zebra].map((one) => hasMoved(one!))).toEqual([true, false]);
    expect(counted([seen("Equus", 0)]).species!.Equus!.confirmed).toBeNull();
  });

  it("are none where nobody looked: not a zero, and nothing that moved", () => {
    expect(counted(null).species).toBeNull();
    expect(compare(["Cervidae"], counted([seen("Cervidae", 1)]), counted(null))).toEqual([]);
    expect(compare(["Cervidae"], undefined, counted([seen("Cervidae", 1)]))).toEqual([]);
  });
});
