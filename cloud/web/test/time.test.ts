import { describe, expect, it } from "vitest";
import { fromWall, knownZone, spanEnds, toWall } from "../src/time";

const utc = (iso: string) => Date.parse(iso);

describe("a reserve's clock", () => {
  it.each([
    ["2026-11-21T08:30", "Asia/Shanghai", "2026-11-21T00:30:00Z"],
    ["2026-07-01T00:00", "Europe/Berlin", "2026-06-30T22:00:00Z"],
    ["2026-01-01T00:00", "America/St_Johns", "2026-01-01T03:30:00Z"],
    ["2026-11-21T08:30", "UTC", "2026-11-21T08:30:00Z"],
    // Clocks go back at 03:00 summer time: 02:30 comes twice, and means the first.
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"],
    ["2026-10-25T03:30", "Europe/Berlin", "2026-10-25T02:30:00Z"],
    ["2026-03-29T03:30", "Europe/Berlin", "2026-03-29T01:30:00Z"],
  ])("reads %s in %s as %s", (wall, zone, iso) => {
    expect(fromWall(wall, zone)).toBe(utc(iso));
  });

  it("takes a time that the clock skips for one after the gap", () => {
    expect(toWall(fromWall("2026-03-29T02:30", "Europe/Berlin"), "Europe/Berlin")).toBe("2026-03-29T03:30");
  });

  it("shows what it read", () => {
    for (const zone of ["Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Africa/Nairobi"]) {
      expect(toWall(fromWall("2026-05-04T23:59", zone), zone)).toBe("2026-05-04T23:59");
    }
  });

  it("says so where there is no time", () => {
    expect(fromWall("", "UTC")).toBeNaN();
  });
});

describe("spans", () => {
  const now = utc("2026-11-20T17:00:00Z"); // already the 21st in China

  it("begin today at the reserve's midnight", () => {
    expect(spanEnds("today", now, "Asia/Shanghai")).toEqual({
      from: "2026-11-20T16:00:00.000Z", to: "2026-11-20T17:00:00.000Z",
    });
  });

  it("reach back whole days", () => {
    expect(spanEnds("7d", now, "Asia/Shanghai").from).toBe("2026-11-13T17:00:00.000Z");
    expect(spanEnds("30d", now, "Asia/Shanghai").from).toBe("2026-10-21T17:00:00.000Z");
    expect(spanEnds("all", now, "Asia/Shanghai").from).toBe("1970-01-01T00:00:00.000Z");
  });
});

it("takes UTC for a zone that the browser does not know", () => {
  expect(knownZone("Asia/Shanghai")).toBe("Asia/Shanghai");
  expect(knownZone("Mars/Olympus")).toBe("UTC");
  expect(knownZone("")).toBe("UTC");
});
