import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en";
import { canProlong, clockLeft, mayAsk, phaseOf, reasonKey, secondsLeft } from "../src/live-view/rules";

const REASONS = [
  "time", "byte_budget", "stopped", "nobody_looks", "camera_lost", "day_budget", "power", "node_stopped", "node_silent",
  "disabled", "unknown_camera", "busy", "failed", "offline", "no_answer", "not_listening",
] as const;

describe("live view", () => {
  it("is offered to those whom the cloud would let", () => {
    expect(mayAsk([{ reserve: "foping", role: "manager" }], "foping")).toBe(true);
    expect(mayAsk([{ reserve: "foping", role: "researcher" }], "foping")).toBe(false);
    expect(mayAsk([{ reserve: "elsewhere", role: "manager" }], "foping")).toBe(false);
    expect(mayAsk([{ reserve: null, role: "admin" }], "foping")).toBe(true);
    expect(mayAsk([], "foping")).toBe(false);
  });

  it("shows a phase for every state of the cloud's", () => {
    expect(phaseOf(null)).toBe("idle");
    expect(phaseOf("asked")).toBe("asking");
    expect(phaseOf("streaming")).toBe("showing");
    for (const state of ["ended", "refused", "unreachable"] as const) expect(phaseOf(state)).toBe("over");
  });

  it("has words for every reason", () => {
    for (const reason of REASONS) expect(en).toHaveProperty([reasonKey({ state: "ended", reason })]);
    expect(en[reasonKey({ state: "ended", reason: null })]).toBeTruthy();
  });

  it("tells what is left", () => {
    const now = Date.parse("2026-05-04T12:00:00Z");
    expect(secondsLeft("2026-05-04T12:01:35Z", now)).toBe(95);
    expect(secondsLeft("2026-05-04T11:59:00Z", now)).toBe(0);
    expect([95, 60, 9, 0].map(clockLeft)).toEqual(["1:35", "1:00", "0:09", "0:00"]);
  });

  it("can be prolonged until it has lasted as long as it may", () => {
    const asked_at = "2026-05-04T12:00:00Z";
    expect(canProlong({ asked_at, until: "2026-05-04T12:05:00Z" }, 30)).toBe(true);
    expect(canProlong({ asked_at, until: "2026-05-04T12:30:00Z" }, 30)).toBe(false);
  });
});
