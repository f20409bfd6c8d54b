import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gathered } from "../src/gathered";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A run that ends when it is told to. */
function slowRun() {
  const ends: (() => void)[] = [];
  return { ends, run: () => new Promise<void>((end) => ends.push(end)) };
}

it("answers a burst with one run", async () => {
  const { ends, run } = slowRun();
  const ask = gathered(1000, run, () => {});
  for (let i = 0; i < 5; i++) ask();
  expect(ends).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(5000);
  expect(ends).toHaveLength(1);
});

it("never runs twice at once, and runs once more for what was asked meanwhile", async () => {
  const { ends, run } = slowRun();
  const ask = gathered(1000, run, () => {});
  ask();
  await vi.advanceTimersByTimeAsync(1000);
  ask();
  ask();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ends, "while the first runs").toHaveLength(1);
  ends[0]!();
  await vi.advanceTimersByTimeAsync(1000);
  expect(ends).toHaveLength(2);
  ends[1]!();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ends, "nothing more was asked").toHaveLength(2);
});

it("goes on after a run that failed", async () => {
  const failures: unknown[] = [];
  let runs = 0;
  const ask = gathered(10, () => Promise.reject(`run ${++runs}`), (error) => failures.push(error));
  ask();
  await vi.advanceTimersByTimeAsync(10);
  ask();
  await vi.advanceTimersByTimeAsync(10);
  expect(failures).toEqual(["run 1", "run 2"]);
});
