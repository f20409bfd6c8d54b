/** What one account has read is gone when it signs out, also what was on its way at that moment. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPhoneActions } from "../src/phone/actions";
import { createPhoneStore } from "../src/phone/store";

const FIRE = "0198c0de-0000-7000-8000-000000000001";
const kept = new Map<string, unknown>();
let answer: (response: Response) => void;
let written: () => void;

const settled = () => new Promise((done) => setTimeout(done, 0));
const json = (body: unknown) => new Response(JSON.stringify(body));
const fire = () => json({ id: FIRE, revision: 1, state: "new", log: [] });

beforeEach(() => {
  const own = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => own.get(key) ?? null,
    setItem: (key: string, value: string) => void own.set(key, value),
    removeItem: (key: string) => void own.delete(key),
  });
  vi.stubGlobal("document", { hidden: true, addEventListener: () => {} });
  vi.stubGlobal("scrollTo", () => {});
  vi.stubGlobal("location", { hash: `#incident/${FIRE}` });
  const cache = {
    delete: async (url: string) => kept.delete(url),
    put: (url: string, response: unknown) =>
      new Promise<void>((done) => (written = () => { kept.set(url, response); done(); })),
    keys: async () => [...kept.keys()],
    match: async () => undefined,
  };
  vi.stubGlobal("caches", { open: async () => cache, delete: async () => kept.clear() });
  vi.stubGlobal("fetch", async (path: string) => {
    if (path.endsWith("/me")) return json({ id: "a" });
    if (path.endsWith(FIRE)) return await new Promise<Response>((done) => (answer = done));
    return new Response(null, { status: 204 });
  });
  kept.clear();
});
afterEach(() => vi.unstubAllGlobals());

async function opened() {
  const store = createPhoneStore({ language: "en", light: "day", route: { page: "list" }, sound: "off" as never });
  const alarm = { stop: () => {}, start: () => {}, silence: () => {} };
  const actions = createPhoneActions(store, null, alarm as never);
  await actions.start();
  await settled();
  return { store, actions };
}

it("an answer that comes after the signing out is neither kept nor shown", async () => {
  const { store, actions } = await opened();
  await actions.logout(true);
  answer(fire());
  await settled();
  written?.();
  await settled();
  expect(kept.size).toBe(0);
  expect(store.state.incident).toBeNull();
});

it("an answer that is just being kept is gone, too", async () => {
  const { actions } = await opened();
  answer(fire());
  await settled();
  const left = actions.logout(true);
  await settled();
  written();
  await left;
  expect(kept.size).toBe(0);
});
