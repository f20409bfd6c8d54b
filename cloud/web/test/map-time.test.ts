import { describe, expect, it } from "vitest";
import { instantsOf, momentAt, momentWords, monthsOf, moved, next, range, readMoment, stepAt, stepsBetween, widthOf } from "../src/map/time";

const NOW = Date.parse("2026-11-21T17:30:00Z"); // 01:30 of the 22nd in Shanghai
const ZONE = "Asia/Shanghai";

describe("steps", () => {
  it("are days and months of the reserve's clock", () => {
    expect(stepAt("day", NOW, ZONE)).toBe("2026-11-22");
    expect(stepAt("day", NOW, "UTC")).toBe("2026-11-21");
    expect(stepAt("month", Date.parse("2026-12-31T20:00:00Z"), ZONE)).toBe("2027-01");
  });

  it.each([
    ["2026-11", 2, "2027-01"], ["2026-01", -1, "2025-12"], ["2026-12", 1, "2027-01"], ["2026-01", -13, "2024-12"],
    ["2024-02-28", 1, "2024-02-29"], ["2026-03-01", -1, "2026-02-28"],
  ])("%s and %i more is %s", (step, by, then) => {
    expect(moved(step, by)).toBe(then);
    expect(stepsBetween(step, then)).toBe(by);
  });
});

describe("the slider", () => {
  it("reaches from the first camera to today; days at most a year back, but to what is on show", () => {
    const since = Date.parse("2021-05-03T00:00:00Z");
    expect(range("month", since, NOW, ZONE, null)).toEqual({ first: "2021-05", last: "2026-11" });
    expect(range("day", since, NOW, ZONE, null)).toEqual({ first: "2025-11-21", last: "2026-11-22" });
    const old = { unit: "day", from: "2023-01-01", to: "2023-01-02" } as const;
    expect(range("day", since, NOW, ZONE, old).first).toBe("2023-01-01");
    expect(range("month", NOW, NOW, ZONE, null)).toEqual({ first: "2026-10", last: "2026-11" });
  });

  it("keeps what is on show within its ends", () => {
    const ends = { first: "2026-01", last: "2026-11" };
    expect(momentAt("month", "2026-11", 3, ends)).toEqual({ unit: "month", from: "2026-09", to: "2026-12" });
    expect(momentAt("month", "2025-01", 1, ends)).toEqual({ unit: "month", from: "2026-01", to: "2026-02" });
  });

  it("steps on to the last step, and not beyond", () => {
    const moment = momentAt("month", "2026-10", 1, { first: "2026-01", last: "2026-11" });
    const last = next(moment, "2026-11")!;
    expect(last).toEqual({ unit: "month", from: "2026-11", to: "2026-12" });
    expect(next(last, "2026-11")).toBeNull();
    expect(widthOf(last)).toBe(1);
  });
});

describe("what is asked of the cloud", () => {
  it("is a year of months and a week of days while the map is live", () => {
    expect(monthsOf(null, NOW, ZONE)).toEqual({ from: "2025-12", to: "2026-12" });
    expect(instantsOf(null, NOW, ZONE)).toEqual({ from: "2026-11-15T16:00:00.000Z", to: "2026-11-22T16:00:00.000Z" });
  });

  it("is the whole months round the days on show, since density is kept by month", () => {
    expect(monthsOf({ unit: "day", from: "2026-03-30", to: "2026-04-02" }, NOW, ZONE)).toEqual({ from: "2026-03", to: "2026-05" });
    expect(monthsOf({ unit: "day", from: "2026-03-30", to: "2026-04-01" }, NOW, ZONE)).toEqual({ from: "2026-03", to: "2026-04" });
  });

  it("is the days of the months on show", () => {
    expect(instantsOf({ unit: "month", from: "2026-03", to: "2026-04" }, NOW, ZONE)).toEqual({
      from: "2026-02-28T16:00:00.000Z", to: "2026-03-31T16:00:00.000Z",
    });
  });
});

it("is told in words with its last day or month", () => {
  expect(momentWords({ unit: "month", from: "2026-03", to: "2026-04" }, "en")).toBe("March 2026");
  expect(momentWords({ unit: "month", from: "2026-03", to: "2026-06" }, "en")).toMatch(/^Mar\s?–\s?May 2026$/);
  expect(momentWords({ unit: "month", from: "2026-03", to: "2026-04" }, "zh")).toBe("2026年3月");
  expect(momentWords({ unit: "day", from: "2026-03-14", to: "2026-03-15" }, "en")).toBe("14 March 2026");
});

it("is read from an address only where it is one", () => {
  expect(readMoment("2026-03", "2026-04")).toEqual({ unit: "month", from: "2026-03", to: "2026-04" });
  for (const [from, to] of [["2026-03", "2026-03"], ["2026-04", "2026-03"], ["2026-03", "2026-04-01"], ["2026-13", "2027-01"],
    ["2026-02-30", "2026-03-02"], [null, "2026-03"], ["x", "y"]] as const) {
    expect(readMoment(from, to), `${from} ${to}`).toBeNull();
  }
});
