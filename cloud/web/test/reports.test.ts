import { describe, expect, it } from "vitest";
import { days, editions, isWaiting, progress, spoken, weekdays } from "../src/reports/editions";
import type { Report } from "../src/reports/wire";

function report(changes: Partial<Report>): Report {
  return {
    id: "1", kind: "weekly", first_day: "2026-05-04", last_day: "2026-05-10", language: "en", state: "made", progress: 1,
    failure: null, asked_at: "2026-05-11T00:00:00Z", made_at: null, made_by: null, headlines: [], pages: null, html_bytes: null,
    pdf_bytes: null, mails_waiting: 0, mails_sent: 0, mails_failed: 0, software: null, ...changes,
  };
}

describe("editions", () => {
  it("holds the languages of the same days together, newest first as they came", () => {
    const found = editions([
      report({ id: "a", language: "en" }), report({ id: "b", language: "zh" }),
      report({ id: "c", kind: "monthly", first_day: "2026-04-01", last_day: "2026-04-30" }),
    ]);
    expect(found.map((one) => one.reports.map((each) => each.id))).toEqual([["b", "a"], ["c"]]);
    expect(spoken(found[0]!, "en").id).toBe("a");
    expect(spoken(found[1]!, "zh").id).toBe("c");
  });

  it("is as far as its editions together", () => {
    const [one] = editions([report({ state: "made", progress: 1 }), report({ id: "2", language: "zh", state: "making", progress: 0.4 })]);
    expect(progress(one!)).toBeCloseTo(0.7);
    expect(one!.reports.filter(isWaiting)).toHaveLength(1);
  });

  it("says days as the language does, and a calendar month by its name", () => {
    expect(days("2026-05-04", "2026-05-10", "en")).toMatch(/4.*10 May 2026/);
    expect(days("2026-02-01", "2026-02-28", "en")).toBe("February 2026");
    expect(days("2026-02-01", "2026-02-28", "zh")).toBe("2026年2月");
    expect(days("2026-02-01", "2026-02-07", "en")).toMatch(/1.*7 February 2026/);
  });

  it("begins the week on Monday", () => {
    expect(weekdays("en")[0]).toBe("Monday");
    expect(weekdays("zh")[6]).toBe("星期日");
  });
});
