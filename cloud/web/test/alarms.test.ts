import { expect, it } from "vitest";
import { alarms, hiddenBefore, rememberHidden } from "../src/alarms";
import type { Incident } from "../src/wire";

const now = Date.parse("2026-11-21T04:00:00Z");
const fire = (id: string, last_seen_at: string, state = "new") => ({ id, last_seen_at, state }) as Incident;

it("calls for attention where a fire is new, of the last day, and not hidden", () => {
  const incidents = [
    fire("now", "2026-11-21T03:59:00Z"), fire("ahead", "2026-11-21T04:02:00Z"), fire("hidden", "2026-11-21T03:00:00Z"),
    fire("known", "2026-11-21T03:00:00Z", "acknowledged"), fire("a day", "2026-11-20T04:00:01Z"),
    fire("older", "2026-11-20T04:00:00Z"),
  ];
  const shown = alarms({ incidents, hiddenBanners: ["hidden"], now });
  expect(shown.map((one) => one.id)).toEqual(["now", "ahead", "a day"]);
});

it("remembers what was hidden", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value),
  } as unknown as Storage;
  expect(hiddenBefore(storage)).toEqual([]);
  rememberHidden(["a", "b"], storage);
  expect(hiddenBefore(storage)).toEqual(["a", "b"]);
});
