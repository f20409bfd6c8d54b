/** What one account has read is gone when it signs out, also what was on its way at that moment. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPhoneActions } from "../src/phone/actions";
import { ACCOUNT, arrive } from "../src/phone/leave";
import { openOutbox, type Entry, type Outbox } from "../src/phone/outbox";
import { createPhoneStore } from "../src/phone/store";
import { emptyStorage } from "./storage";

vi.mock("../src/phone/outbox", () => ({ openOutbox: vi.fn() }));

const FIRE = "0198c0de-0000-7000-8000-000000000001";
const kept = new Map<string, unknown>();
/** What was asked for and is answered by the test, oldest first. */
const asked: { path: string; answer: (response: Response) => void }[] = [];
let written: () => void;

const settled = () => new Promise((done) => setTimeout(done, 0));
const json = (body: unknown) => new Response(JSON.stringify(body));
const fire = () => json({ id: FIRE, revision: 1, state: "new", log: [] });

beforeEach(() => {
  vi.stubGlobal("localStorage", emptyStorage());
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
    if (/reserves|incidents/.test(path)) return await new Promise<Response>((answer) => asked.push({ path, answer }));
    return new Response(null, { status: 204 });
  });
  kept.clear();
  asked.length = 0;
});
afterEach(() => vi.unstubAllGlobals());

/** Something done at the fire that waits to be sent. */
const entry = (id: string): Entry => ({
  id, account: "a", incident: FIRE, done_at: "2026-05-04T10:00:00Z", work: { kind: "action", action: "note", note: id }, refused: null,
});

function outboxOf(entries: Entry[]): Outbox {
  let account: string | null = null;
  return {
    all: async () => [...entries],
    drop: async (id: string) => void entries.splice(entries.findIndex((one) => one.id === id), 1),
    receipts: async () => [],
    account: async () => account,
    setAccount: async (id: string | null) => void (account = id),
  } as Partial<Outbox> as Outbox;
}

async function opened(entries: Entry[] = []) {
  const store = createPhoneStore({ language: "en", light: "day", route: { page: "list" }, sound: "off" as never });
  const alarm = { stop: () => {}, start: () => {}, silence: () => {} };
  const outbox = outboxOf(entries);
  vi.mocked(openOutbox).mockResolvedValue(outbox);
  const actions = createPhoneActions(store, outbox, alarm as never);
  await actions.start();
  await settled();
  return { store, actions };
}

it("an answer that comes after the signing out is neither kept nor shown", async () => {
  const { store, actions } = await opened();
  await actions.logout(true);
  asked[0]!.answer(fire());
  await settled();
  written?.();
  await settled();
  expect(kept.size).toBe(0);
  expect(store.state.incident).toBeNull();
});

it("an answer that is just being kept is gone, too", async () => {
  const { actions } = await opened();
  asked[0]!.answer(fire());
  await settled();
  const left = actions.logout(true);
  await settled();
  written();
  await left;
  expect(kept.size).toBe(0);
});

it("a list that comes after the signing out is not shown", async () => {
  location.hash = "#phone";
  const { store, actions } = await opened();
  asked[0]!.answer(json([{ slug: "ridge" }]));
  await settled();
  await actions.logout(true);
  asked[1]!.answer(json({ items: [{ id: FIRE, last_seen_at: "2026-05-04T10:00:00Z", zone: null }] }));
  await settled();
  expect(store.state.list).toBeNull();
});

it("what still waits to be sent does not go in the name of who signs in next", async () => {
  const waiting = [entry("first"), entry("second")];
  const { store, actions } = await opened(waiting);
  const sent = () => asked.filter(({ path }) => path.endsWith("/actions"));
  expect(sent()).toHaveLength(1);
  await actions.logout(true);
  sent()[0]!.answer(fire()); // the first was on its way
  await settled();
  expect(waiting.map(({ id }) => id)).toEqual(["second"]);
  expect(sent()).toHaveLength(1);
  expect(store.state.incident).toBeNull();
  expect(store.state.login.expired).toBe(false);
  expect(kept.size).toBe(0);
});

it("whoever signs in, also in the control room, finds nothing of who was here before, and sends nothing in that name", async () => {
  await opened();
  asked[0]!.answer(fire());
  await settled();
  written();
  await settled();
  const outbox = outboxOf([]);
  await arrive("a", outbox); // the same person again
  expect(kept.size).toBe(1);
  await arrive("b", outbox);
  expect(kept.size).toBe(0);
  expect(localStorage.getItem(ACCOUNT)).toBeNull();
  expect(await outbox.account()).toBe("b");
});
