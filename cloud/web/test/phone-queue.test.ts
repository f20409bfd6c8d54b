import { describe, expect, it } from "vitest";
import { ApiError } from "../src/client";
import { standing, stepped } from "../src/phone/life";
import type { Entry, Outbox, Receipt } from "../src/phone/outbox";
import { sendAll, sendReceipts } from "../src/phone/sender";
import type { ActionKind, Incident } from "../src/phone/wire";

/** As the one in IndexedDB, without the disk. */
function memory(...entries: Entry[]): Outbox {
  let account: string | null = "me";
  let work = entries;
  let receipts: Receipt[] = [];
  return {
    add: async (entry) => void (work = [...work, entry]),
    all: async () => work,
    drop: async (id) => void (work = work.filter((one) => one.id !== id)),
    refuse: async (id, refused) => void (work = work.map((one) => (one.id === id ? { ...one, refused } : one))),
    addReceipt: async (one) => void (receipts = [...receipts, one]),
    receipts: async () => receipts,
    dropReceipt: async (one) => void (receipts = receipts.filter((other) => other !== one)),
    account: async () => account,
    setAccount: async (id) => void (account = id),
  };
}

function did(id: string, action: ActionKind = "note", account = "me"): Entry {
  return { id, account, incident: "fire", done_at: "2026-11-21T07:00:00Z", work: { kind: "action", action }, refused: null };
}

const quiet = { sent: () => {}, refused: () => {} };
const noReceipt = async () => {};

describe("the outbox is sent", () => {
  it("in the order in which it was done, each entry once", async () => {
    const outbox = memory(did("a"), did("b"), did("c"));
    const sent: string[] = [];
    const send = async (entry: Entry) => (sent.push(entry.id), null);
    expect(await sendAll(outbox, "me", { send, sendReceipt: noReceipt }, quiet)).toBe("done");
    expect(sent).toEqual(["a", "b", "c"]);
    expect(await outbox.all()).toEqual([]);
  });

  it.each([[0, "lost"], [401, "signed_out"], [429, "lost"], [500, "lost"], [503, "lost"], [408, "lost"]])(
    "not past an entry that status %i held up: %s", async (status, outcome) => {
      const outbox = memory(did("a"), did("b"));
      const tried: string[] = [];
      const send = async (entry: Entry) => {
        tried.push(entry.id);
        throw new ApiError(status, "");
      };
      expect(await sendAll(outbox, "me", { send, sendReceipt: noReceipt }, quiet)).toBe(outcome);
      expect(tried).toEqual(["a"]);
      expect((await outbox.all()).map((one) => [one.id, one.refused])).toEqual([["a", null], ["b", null]]);
    });

  it("again with the same id where the answer was lost", async () => {
    const outbox = memory(did("a"));
    const arrived: string[] = [];
    let broken = true;
    const send = async (entry: Entry) => {
      arrived.push(entry.id);
      if (broken) throw new ApiError(0, "no answer"); // it came in, the answer did not come back
      return null;
    };
    expect(await sendAll(outbox, "me", { send, sendReceipt: noReceipt }, quiet)).toBe("lost");
    broken = false;
    expect(await sendAll(outbox, "me", { send, sendReceipt: noReceipt }, quiet)).toBe("done");
    expect(arrived).toEqual(["a", "a"]);
  });

  it("past one that the cloud refuses: that one stays, with what is allowed", async () => {
    const outbox = memory(did("a", "acknowledge"), did("b"));
    const refused: string[] = [];
    const send = async (entry: Entry) => {
      if (entry.id === "a") throw new ApiError(409, "not in this state", { state: "closed", may: ["reopen"] });
      return null;
    };
    const progress = { ...quiet, refused: (entry: Entry) => void refused.push(entry.id) };
    expect(await sendAll(outbox, "me", { send, sendReceipt: noReceipt }, progress)).toBe("done");
    expect(refused).toEqual(["a"]);
    const [left, ...others] = await outbox.all();
    expect(others).toEqual([]);
    expect(left!.refused).toEqual({ status: 409, detail: "not in this state", state: "closed", may: ["reopen"] });
    // Nobody sends it again behind the ranger's back.
    const send2 = async () => expect.unreachable();
    expect(await sendAll(outbox, "me", { send: send2, sendReceipt: noReceipt }, quiet)).toBe("done");
  });

  it("not in the name of who signs in meanwhile", async () => {
    const outbox = memory(did("a"), did("b"));
    const sent: string[] = [];
    const send = async (entry: Entry) => {
      sent.push(entry.id);
      await outbox.setAccount("other");
      return null;
    };
    expect(await sendAll(outbox, "me", { send, sendReceipt: noReceipt }, quiet)).toBe("signed_out");
    expect(sent).toEqual(["a"]);
    expect((await outbox.all()).map((one) => [one.id, one.refused])).toEqual([["b", null]]);
  });

  it("for its own account alone", async () => {
    const outbox = memory(did("a", "note", "somebody else"), did("b"));
    const sent: string[] = [];
    const send = async (entry: Entry) => (sent.push(entry.id), null);
    expect(await sendAll(outbox, "me", { send, sendReceipt: noReceipt }, quiet)).toBe("done");
    expect(sent).toEqual(["b"]);
    expect((await outbox.all()).map((one) => one.id)).toEqual(["a"]);
  });
});

describe("receipts", () => {
  const receipt: Receipt = { delivery: "d", secret: "s", event: "delivered", at: "2026-11-21T07:00:00Z" };

  it("wait where there is no link, and go once", async () => {
    const outbox = memory();
    await outbox.addReceipt(receipt);
    let link = false;
    const sent: Receipt[] = [];
    const sendReceipt = async (one: Receipt) => {
      if (!link) throw new ApiError(0, "no answer");
      sent.push(one);
    };
    expect(await sendReceipts(outbox, { sendReceipt })).toBe(false);
    link = true;
    expect(await sendReceipts(outbox, { sendReceipt })).toBe(true);
    expect(await sendReceipts(outbox, { sendReceipt })).toBe(true);
    expect(sent).toEqual([receipt]);
  });

  it("of a delivery that is gone are dropped", async () => {
    const outbox = memory();
    await outbox.addReceipt(receipt);
    const sendReceipt = async () => {
      throw new ApiError(404, "no such delivery");
    };
    expect(await sendReceipts(outbox, { sendReceipt })).toBe(true);
    expect(await outbox.receipts()).toEqual([]);
  });
});

describe("what the ranger sees of an incident", () => {
  const incident = (state: Incident["state"], may: ActionKind[]) => ({ id: "fire", state, may }) as unknown as Incident;

  it("is the cloud's word where nothing waits", () => {
    const now = standing(incident("new", ["false_alarm", "acknowledge", "note"]), []);
    expect([now.state, now.may]).toEqual(["new", ["acknowledge", "false_alarm"]]);
  });

  it("has the waiting actions on top, in their order", () => {
    const now = standing(incident("new", ["acknowledge", "on_my_way", "arrive", "contain", "close", "false_alarm"]), [did("a", "acknowledge"), did("b", "note"), did("c", "on_my_way")]);
    expect(now.state).toBe("dispatched");
    expect(now.may).toEqual(["arrive", "contain", "close", "false_alarm"]);
    expect(now.waiting.map((one) => one.id)).toEqual(["a", "b", "c"]);
  });

  // The same rules as tests/unit/cloud/test_incidents_life.py has for the cloud.
  it.each<[Incident["state"], ActionKind, Incident["state"]]>([
    ["new", "arrive", "on_scene"], // met on patrol, without having been sent
    ["on_scene", "acknowledge", "on_scene"], // what lies behind changes nothing
    ["false_alarm", "arrive", "on_scene"],
    ["false_alarm", "acknowledge", "false_alarm"],
    ["closed", "arrive", "closed"],
    ["false_alarm", "close", "false_alarm"],
    ["contained", "reopen", "new"],
    ["dispatched", "note", "dispatched"],
  ])("%s, then %s: %s", (before, action, after) => expect(stepped(before, action)).toBe(after));

  it("offers no false alarm after a fire was contained, and a reopening after it is over", () => {
    const all: ActionKind[] = ["arrive", "contain", "close", "false_alarm"];
    expect(standing(incident("on_scene", all), [did("a", "contain")]).may).toEqual(["close", "reopen"]);
    expect(standing(incident("on_scene", all), [did("a", "false_alarm")]).may).toEqual(["reopen"]);
  });

  it("keeps the cloud's state where a note alone waits", () => {
    expect(standing(incident("on_scene", ["contain"]), [did("a", "note")])).toMatchObject({ state: "on_scene", may: ["contain"] });
  });

  it("does not believe what was refused, and shows it apart", () => {
    const refused = { ...did("a", "acknowledge"), refused: { status: 409, detail: "", state: null, may: [] } };
    const now = standing(incident("closed", ["reopen"]), [refused]);
    expect(now).toMatchObject({ state: "closed", may: ["reopen"], waiting: [] });
    expect(now.refused).toEqual([refused]);
  });

  it("leaves other incidents' entries aside", () => {
    expect(standing(incident("new", []), [{ ...did("a", "close"), incident: "other" }]).waiting).toEqual([]);
  });
});
