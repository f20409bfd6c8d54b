import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { endSession, finishLeaving } from "../src/phone/leave";
import { emptyStorage } from "./storage";

/** What the wire answers, in turn: a status, or nothing at all. */
let answers: (number | "no link")[] = [];
const asked: string[] = [];

beforeEach(() => {
  vi.stubGlobal("localStorage", emptyStorage());
  asked.length = 0;
  vi.stubGlobal("fetch", async (path: string, { method }: RequestInit) => {
    asked.push(`${method} ${path}`);
    const answer = answers.shift()!;
    if (answer === "no link") throw new TypeError("Failed to fetch");
    return new Response(answer === 204 ? null : "{}", { status: answer });
  });
});
afterEach(() => vi.unstubAllGlobals());

it("whoever signs out without a link stays out: nobody is let in before the cloud knows", async () => {
  answers = ["no link", "no link", 503, 204];
  await expect(endSession()).rejects.toThrow();
  await expect(finishLeaving()).rejects.toThrow();
  await expect(finishLeaving()).rejects.toThrow();
  await finishLeaving();
  await finishLeaving();
  expect(asked).toEqual(Array(4).fill("POST /api/v1/logout"));
});

it.each([204, 401])("a session that has ended is left: %d", async (status) => {
  answers = [status];
  await endSession();
  await finishLeaving();
  expect(asked).toHaveLength(1);
});
