import { describe, expect, it } from "vitest";
import { logInOf, type ReserveNode } from "../src/admin/nodes";

const NOW = new Date("2026-05-04T12:00:00Z");
const days = (n: number) => new Date(NOW.getTime() + n * 86_400_000).toISOString();
const node = (given: Partial<ReserveNode>): ReserveNode => ({
  id: "ridge-01", name: "Ridge", online: false, created_at: days(-100), revoked_at: null, log_in: "none",
  certificate: null, code: null, hardware: null, ...given,
});
const certificate = (from: number, until: number) => ({
  log_in: "certificate" as const,
  certificate: { serial: "a", issued_at: days(from), until: days(until), revoked_at: null, reason: null },
});
const code = (until: number, used: string | null = null) => ({
  code: { made_at: days(-1), expires_at: days(until), used_at: used, refused_at: null },
});

describe("how a node logs in", () => {
  it.each([
    ["a fresh certificate", node(certificate(-1, 89)), "certificate"],
    ["at two thirds of its life it is renewed", node(certificate(-61, 29)), "certificate"],
    ["it was not renewed", node(certificate(-80, 10)), "ending"],
    ["it was switched off for a winter", node(certificate(-120, -30)), "ended"],
    ["a certificate, and a code for the next box", node({ ...certificate(-1, 89), ...code(3) }), "certificate"],
    ["a password", node({ log_in: "password" }), "password"],
    ["a code waits for a box", node(code(3)), "code"],
    ["a code that nobody used in time", node(code(-3)), "none"],
    ["put out", node({ revoked_at: days(-1), ...code(3, days(-2)) }), "revoked"],
    ["put out, and a new code made", node({ revoked_at: days(-1), ...code(3) }), "code"],
  ] as const)("%s", (_, given, expected) => {
    expect(logInOf(given, NOW)).toBe(expected);
  });
});
