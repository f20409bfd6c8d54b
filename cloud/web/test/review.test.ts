import { beforeEach, describe, expect, it } from "vitest";
import * as edit from "../src/review/annotation";
import { translator } from "../src/i18n";
import { query } from "../src/review/actions";
import { commandOf, HELP } from "../src/review/keys";
import { nameWords, offered, search, seeded, SLOTS, typedName, use, type Slot } from "../src/review/names";
import { NO_FILTER, readRoute, writeRoute } from "../src/review/route";
import { SPECIES } from "../src/review/species";
import { emptyReview, joined, mayLabel, nextWaiting, oneMore, progressOf, withUnsent } from "../src/review/state";
import { createShelf, type Unsent } from "../src/review/unsent";
import { colourOf, confidenceOf, namePlaces } from "../src/ui/review/looks";
import type { Account, Label, Proposal, ReviewItem, ReviewProgress } from "../src/wire";

const box = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };
const deer: Label = { kind: "animal", scientific_name: "Cervidae", box, count: 1 };
const zebra: Label = { kind: "animal", scientific_name: "Equus", box: { ...box, x: 0.5 }, count: 1 };
const UUID = "0197a1f2-1111-7222-8333-444455556666";

function proposal(change: Partial<Proposal> = {}): Proposal {
  return { id: UUID, confidence: 0.45, model: "wildlife@1", ...deer, ...change };
}

function item(media_id: string, change: Partial<ReviewItem> = {}): ReviewItem {
  return {
    media_id, picture: "/p", mime: "image/jpeg", width: 1000, height: 500, deployment_id: "d", deployment_name: "ridge",
    observed_at: "2026-11-21T01:00:00Z", clock_offset_s: 0, reasons: ["low_confidence"], priority: 1, proposals: [proposal()], revision: 0,
    labels: null, ...change,
  };
}

describe("an annotation", () => {
  const begun = edit.begin([deer, zebra]);

  it("is opened with a person's labels, else with the proposals that say where", () => {
    expect(edit.openedWith(item("a"))).toEqual([deer]);
    expect(edit.openedWith(item("a", { labels: [] }))).toEqual([]);
    const lost = proposal({ box: null });
    expect(edit.openedWith(item("a", { proposals: [lost] }))).toEqual([]);
    expect(edit.withoutBox(item("a", { proposals: [lost] }))).toEqual([lost]);
    expect(edit.withoutBox(item("a", { proposals: [lost], labels: [] }))).toEqual([]);
  });

  it("brings a proposal that reaches over the edge back into the picture", () => {
    const [label] = edit.openedWith(item("a", { proposals: [proposal({ box: { x: 0.9, y: -0.1, width: 0.2, height: 0.3 } })] }));
    expect(label!.box.x + label!.box.width).toBeLessThanOrEqual(1);
    expect(label!.box.y).toBe(0);
  });

  it("goes back and forth, step by step", () => {
    const named = edit.rename(begun, 0, edit.UNKNOWN_ANIMAL);
    const less = edit.remove(named, 1);
    expect(less.labels).toEqual([{ ...deer, scientific_name: null }]);
    const back = edit.undo(edit.undo(less));
    expect(back.labels).toEqual([deer, zebra]);
    expect(edit.isChanged(back)).toBe(false);
    expect(edit.redo(edit.redo(back)).labels).toEqual(less.labels);
    expect(edit.redo(edit.clear(edit.undo(less))).labels).toEqual([]); // a new step ends what could be redone
    expect(edit.undo(begun)).toBe(begun);
  });

  it("takes no step where nothing changes", () => {
    expect(edit.place(begun, 0, { ...box }).past).toEqual([]);
    expect(edit.rename(begun, 0, deer).past).toEqual([]);
    expect(edit.isChanged(edit.place(begun, 0, { ...box, x: box.x + 3e-8 }))).toBe(false); // single precision
  });

  it("selects round and round, and nothing that is gone", () => {
    expect(edit.selectNext(begun, 1).selected).toBe(0);
    expect(edit.selectNext(begun, -1).selected).toBe(1);
    expect(edit.selectNext(edit.select(begun, 1), 1).selected).toBe(0);
    expect(edit.select(begun, 7).selected).toBeNull();
    expect(edit.remove(edit.select(begun, 1), 1).selected).toBeNull();
    expect(edit.selectNext(edit.begin([]), 1).selected).toBeNull();
    expect(edit.add(begun, box, deer).selected).toBe(2);
  });

  it("keeps what is selected where the picture was read anew, and says the same", () => {
    expect(edit.reread(edit.select(begun, 1), [deer, { ...zebra }]).selected).toBe(1);
    expect(edit.reread(edit.select(begun, 1), [deer]).selected).toBeNull();
    expect(edit.reread(begun, [zebra]).labels).toEqual([zebra]);
  });

  it("means the selected box, or the only one", () => {
    expect(edit.target(begun)).toBeNull();
    expect(edit.target(edit.begin([deer]))).toBe(0);
    expect(edit.target(edit.select(begun, 1))).toBe(1);
  });

  it("counts a herd in whole animals", () => {
    expect(edit.recount(begun, 0, 12).labels[0]!.count).toBe(12);
    expect(edit.recount(begun, 0, NaN).labels[0]!.count).toBe(1);
    expect(edit.recount(begun, 0, -4).labels[0]!.count).toBe(1);
  });

  it("takes up a draft, from which one can go back to what was opened", () => {
    const draft = edit.begin([deer], [zebra]);
    expect(edit.isChanged(draft)).toBe(true);
    expect(edit.undo(draft).labels).toEqual([deer]);
  });
});

describe("names", () => {
  const t = translator("en");
  const words = (name: edit.Name) => [nameWords(name, "en", t), nameWords(name, "zh", translator("zh"))];
  const names = offered([{ kind: "animal", scientific_name: "Nipponia nippon", labels: 3, observed: true }]);
  const found = (query: string) => search(query, names, words).map((one) => one.scientific_name ?? one.kind);

  it.each([
    ["朱鹮", "Nipponia nippon"], ["crested", "Nipponia nippon"], ["nipponia", "Nipponia nippon"],
    ["pere davids", "Elaphurus davidianus"], ["PANDA", "Ailuropoda melanoleuca"], ["unknown", "animal"], ["人员", "human"],
    ["smoke", "smoke"], ["vehicle", "vehicle"], ["藏羚", "Pantholops hodgsonii"],
  ])("are found in any language: %s", (query, wanted) => {
    expect(found(query)).toContain(wanted);
  });

  it("that begin so come first", () => {
    expect(found("deer")[0]).toBe("Cervidae");
    expect(found("leo")[0]).toBe("Panthera pardus"); // Leopard, before clouded leopard and Panthera leo
  });

  it("that nobody offers can be typed, if they can be scientific ones", () => {
    expect(found("moschus anhuiensis")).toEqual(["Moschus anhuiensis"]);
    expect(typedName("  ailurus   FULGENS styani ")).toEqual({ kind: "animal", scientific_name: "Ailurus fulgens styani" });
    for (const no of ["", "x", "3 deer", "a b c d e", "deer!", "梅花"]) expect(typedName(no)).toBeNull();
    expect(found("cervus nippon").filter((one) => one === "Cervus nippon")).toHaveLength(1);
  });

  it("of the reserve come first, and none twice", () => {
    expect(names[0]!.scientific_name).toBe("Nipponia nippon");
    const keys = names.map((one) => `${one.kind} ${one.scientific_name}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(nameWords({ kind: "animal", scientific_name: "Rara avis" }, "zh", t)).toBe("Rara avis");
  });

  it("have two languages and a scientific form each", () => {
    for (const [scientific, { en, zh }] of SPECIES) {
      expect(scientific).toMatch(/^[A-Z][a-z]+( [a-z]+){0,2}$/);
      expect(en).toMatch(/^[A-Z]/);
      expect(zh).toMatch(/^\p{Script=Han}+$/u);
    }
  });

  it("stay on their digits, and the one unused for longest gives way", () => {
    const name = (n: number): edit.Name => ({ kind: "animal", scientific_name: `Species ${n}` });
    let slots: Slot[] = [];
    for (let n = 0; n < SLOTS; n++) slots = use(slots, name(n), n);
    slots = use(slots, name(0), 100);
    expect(slots[0]!.name).toEqual(name(0));
    slots = use(slots, name(42), 101);
    expect(slots.map((slot) => slot.name.scientific_name).indexOf("Species 42")).toBe(1);
    expect(slots).toHaveLength(SLOTS);
  });

  it("that are common in the reserve fill free digits", () => {
    const taxa = [deer, deer, zebra].map((one) => ({ ...one, labels: 1, observed: true }));
    expect(seeded([{ name: zebra, used: 5 }], taxa).map((slot) => slot.name.scientific_name)).toEqual(["Equus", "Cervidae"]);
  });
});

describe("the address", () => {
  it("leads back to where one was", () => {
    const filter = { reason: "disagreement", species: "Panthera leo", camera: UUID, reviewed: "all", least: 0.2, most: 0.6, rarest: 20 } as const;
    for (const route of [
      { page: "review", picture: UUID, filter }, { page: "review", picture: null, filter: NO_FILTER },
      { page: "map", picture: null, filter: NO_FILTER },
    ] as const) {
      expect(readRoute(writeRoute(route))).toEqual(route);
    }
  });

  it.each(["", "#", "#panel", "#reviews", "#/review"])("of anything else is the map: %j", (hash) => {
    expect(readRoute(hash).page).toBe("map");
  });

  it("has the lower confidence first, and no limit that leaves nothing out", () => {
    expect(readRoute("#review?min_confidence=0.7&max_confidence=0.3").filter).toEqual({ ...NO_FILTER, least: 0.3, most: 0.7 });
    expect(readRoute("#review?min_confidence=0&max_confidence=1").filter).toEqual(NO_FILTER);
    expect(readRoute("#review?min_confidence=&max_confidence=1.2&rarest=7").filter).toEqual(NO_FILTER);
  });

  it("tells the cloud the same, for the list and for its progress", () => {
    const wanted = query({ ...NO_FILTER, least: 0.2, most: 0.6, rarest: 5, reviewed: "all" });
    expect(Object.fromEntries(wanted)).toEqual({ min_confidence: "0.2", max_confidence: "0.6", rarest: "5", limit: "60" });
  });

  it("leaves aside what it does not understand", () => {
    expect(readRoute("#review/17?reason=boredom&camera=x&reviewed=maybe")).toEqual({
      page: "review", picture: null, filter: NO_FILTER,
    });
  });
});

describe("keys", () => {
  it.each([
    [{ key: "j" }, "next"], [{ key: "K" }, "previous"], [{ key: "Enter" }, "accept"], [{ key: "b" }, "blank"],
    [{ key: "z" }, "undo"], [{ key: "Z", shiftKey: true }, "redo"], [{ key: "z", ctrlKey: true }, "undo"],
    [{ key: "z", metaKey: true, shiftKey: true }, "redo"], [{ key: "7" }, "name_7"], [{ key: "?" }, "help"],
    [{ key: "ArrowRight" }, "next"], [{ key: "ArrowUp" }, "previous"], [{ key: "0" }, "fit"],
    [{ key: "и", code: "KeyB" }, "blank"], [{ key: "Process", code: "KeyJ" }, "next"],
    [{ key: "b", ctrlKey: true }, null], [{ key: "ArrowLeft", altKey: true }, null], [{ key: "F5" }, null], [{ key: "Tab" }, null],
  ] as const)("%j does %s", (pressed, command) => {
    expect(commandOf(pressed, false)).toBe(command);
  });

  it("with arrows move a selected box, and with Shift its edge", () => {
    expect(commandOf({ key: "ArrowLeft" }, true)).toBe("move_left");
    expect(commandOf({ key: "ArrowDown", shiftKey: true }, true)).toBe("size_down");
  });

  it("are all explained", () => {
    const t = translator("zh");
    for (const [, meaning] of HELP) expect(t(meaning)).toMatch(/\p{Script=Han}/u);
  });
});

describe("the list", () => {
  const said: Unsent = { media_id: "a", reserve: "foping", based_on: 0, labels: [], at: 1 };

  it("keeps what stands in it where it stands", () => {
    const changed = item("a", { priority: 9 });
    expect(joined([item("a"), item("b")], [item("c"), changed]).map((one) => one.media_id)).toEqual(["a", "b", "c"]);
  });

  it("goes on to the next that nobody has reviewed, and round to the start", () => {
    const items = [item("a"), item("b", { labels: [] }), item("c"), item("d")];
    expect(nextWaiting({ items, unsent: [] }, "a")!.media_id).toBe("c");
    expect(nextWaiting({ items, unsent: [] }, "d")!.media_id).toBe("a");
    expect(nextWaiting({ items, unsent: [said] }, "d")!.media_id).toBe("c");
    expect(nextWaiting({ items: [item("a")], unsent: [] }, "a")).toBeNull();
  });

  it("shows what was said here and is not sent yet", () => {
    expect(withUnsent([item("a"), item("b")], [said]).map((one) => one.labels)).toEqual([[], null]);
  });

  it("tells how far one is, for one reason or for all", () => {
    const progress: ReviewProgress = {
      media: 90, waiting: 8, reviewed: 2, by_reason: [{ reason: "low_confidence", waiting: 3, reviewed: 1 }],
      weighed_from: null,
    };
    const one = { ...emptyReview(), progress };
    expect(progressOf(one)).toEqual({ reviewed: 2, all: 10 });
    expect(progressOf({ ...one, filter: { ...NO_FILTER, reason: "low_confidence" } })).toEqual({ reviewed: 1, all: 4 });
    const after = oneMore(progress, item("a"))!;
    expect([after.waiting, after.reviewed, after.by_reason[0]]).toEqual([7, 3, { reason: "low_confidence", waiting: 2, reviewed: 2 }]);
    expect(oneMore(progress, item("a", { labels: [] }))).toBe(progress); // said anew: no more than before
  });

  it("may be changed by those who know, in their own reserve", () => {
    const account = (role: string, reserve: string | null) =>
      ({ memberships: [{ role, reserve }] }) as Account;
    expect(mayLabel(account("researcher", "foping"), "foping")).toBe(true);
    expect(mayLabel(account("admin", null), "foping")).toBe(true);
    expect(mayLabel(account("ranger", "foping"), "foping")).toBe(false);
    expect(mayLabel(account("manager", "elsewhere"), "foping")).toBe(false);
    expect(mayLabel(null, "foping")).toBe(false);
  });
});

describe("what is not sent yet", () => {
  class Memory {
    kept = new Map<string, string>();
    full = false;
    get length() { return this.kept.size; }
    key(i: number) { return [...this.kept.keys()][i] ?? null; }
    getItem(key: string) { return this.kept.get(key) ?? null; }
    removeItem(key: string) { this.kept.delete(key); }
    setItem(key: string, value: string) {
      if (this.full) throw new DOMException("full", "QuotaExceededError");
      this.kept.set(key, value);
    }
  }
  let storage: Memory;
  const open = (account: string) => createShelf(account, storage as unknown as Storage);
  const one = (media_id: string, at: number): Unsent => ({ media_id, reserve: "foping", based_on: 0, labels: [deer], at });
  beforeEach(() => {
    storage = new Memory();
  });

  it("is there after a reload, oldest first, and for its author alone", () => {
    open("wu").keep(one("b", 2));
    open("wu").keep(one("a", 1));
    expect(open("wu").all().map((said) => said.media_id)).toEqual(["a", "b"]);
    expect(open("li").all()).toEqual([]);
  });

  it("is dropped once it is in the cloud, but not what was said since", () => {
    const shelf = open("wu");
    const first = one("a", 1);
    shelf.keep(first);
    shelf.keep(one("a", 5));
    shelf.drop(first);
    expect(shelf.all().map((said) => said.at)).toEqual([5]);
    shelf.drop(one("a", 5));
    expect(shelf.all()).toEqual([]);
  });

  it("is told of where the browser cannot keep it", () => {
    storage.full = true;
    expect(open("wu").keep(one("a", 1))).toBe(false);
  });

  it("does not stumble over what it cannot read", () => {
    storage.kept.set("fieldwatch.review.wu.unsent.x", "{cut off");
    storage.kept.set("something else", "1");
    expect(open("wu").all()).toEqual([]);
  });

  it("holds drafts too", () => {
    const shelf = open("wu");
    shelf.keepDraft("a", { based_on: 2, labels: [zebra] });
    expect(open("wu").draft("a")).toEqual({ based_on: 2, labels: [zebra] });
    shelf.keepDraft("a", null);
    expect(shelf.draft("a")).toBeNull();
  });
});

describe("boxes on the picture", () => {
  it("have a colour for each name, and fire has its own", () => {
    const smoke: Label = { ...deer, kind: "smoke", scientific_name: null };
    const all = [smoke, deer, zebra, { ...deer, box: { ...box, x: 0 } }];
    expect(all.map((one) => colourOf(all, one))).toEqual(["smoke", "colour-0", "colour-1", "colour-0"]);
  });

  it("tell how sure the detector was until somebody changes them", () => {
    expect(confidenceOf(item("a"), deer)).toBe(0.45);
    expect(confidenceOf(item("a"), { ...deer, scientific_name: null })).toBeNull();
    expect(confidenceOf(item("a"), { ...deer, box: { ...box, x: 0.11 } })).toBeNull();
    expect(confidenceOf(item("a", { labels: [deer] }), deer)).toBeNull();
  });

  it("have names that do not cover each other, and stay on the stage", () => {
    const stage = { width: 400, height: 300 };
    const boxes = [{ x: 50, y: 60, width: 100, height: 80 }, { x: 55, y: 62, width: 100, height: 80 }, { x: 390, y: 0, width: 10, height: 300 }];
    const size = { width: 90, height: 22 };
    const places = namePlaces(boxes, boxes.map(() => size), stage, 1);
    expect(places[1]).toEqual({ x: 54, y: 62 - 25 }); // the selected one is where it is looked for
    expect(Math.abs(places[0]!.y - places[1]!.y)).toBeGreaterThanOrEqual(22);
    expect(places[2]).toEqual({ x: 310, y: 4 });
  });
});
