import { describe, expect, it } from "vitest";
import REASONS from "../../../tests/golden/held_reasons.json";
import { arranged, offered } from "../src/desk/act";
import { calledPeople, furthest, waitsForAnswer } from "../src/desk/calls";
import { bars, longest } from "../src/desk/drill";
import { gateParts, leastOf } from "../src/desk/gate";
import { heldWords } from "../src/desk/held";
import * as mask from "../src/desk/mask";
import { exactTime, planRefusal, planWords, withStep } from "../src/desk/plan";
import { addDays, gaps, mondayOf, partsOf, timeOfDay, turns, weekDays } from "../src/desk/roster";
import { readDeskRoute, writeDeskRoute } from "../src/desk/route";
import { filterOf, mayBring, mayManage, ranked } from "../src/desk/state";
import type { DrillCall, Shift } from "../src/desk/wire";
import { translator } from "../src/i18n";
import { footprint, placeBounds, regions, toneOf } from "../src/map/fires";
import { heldWords as onPhone, sayer } from "../src/phone/words";
import { pageOf } from "../src/route";
import { uuid } from "../src/uuid";
import type { Account, Delivery, Incident } from "../src/wire";

const ID = "01970000-0000-7000-8000-000000000001";
const SHANGHAI = "Asia/Shanghai";
const BERLIN = "Europe/Berlin"; // has summer time

function incident(change: Partial<Incident>): Incident {
  return {
    id: ID, state: "new", kind: "smoke", drill: false, held_back: null, unanswered: false, danger: null, merged_into: null,
    last_seen_at: "2026-11-21T04:00:00Z", place: null, region: null, suspicions: [], hotspots: [], reports: [], deliveries: [],
    ...change,
  } as Incident;
}

describe("the address", () => {
  it.each([
    ["#fire", { section: "incidents", id: null, incident: null }],
    [`#fire/incidents/${ID}`, { section: "incidents", id: ID, incident: null }],
    [`#fire/masks/${ID}?incident=${ID}`, { section: "masks", id: ID, incident: ID }],
    ["#fire/danger", { section: "danger", id: null, incident: null }],
    ["#fire/roster", { section: "roster", id: null, incident: null }],
  ] as const)("says where one is: %s", (hash, route) => {
    expect(readDeskRoute(hash)).toEqual(route);
    expect(writeDeskRoute(route)).toBe(hash);
    expect(pageOf(hash)).toBe("desk");
  });

  it("that is cut off or of another page leads to the start", () => {
    for (const hash of ["#fire/nowhere", "#fire/incidents/0197", "#review/x", ""]) {
      expect(readDeskRoute(hash)).toEqual({ section: "incidents", id: null, incident: null });
    }
    expect(["#review?x", "", "#fires", "#fire?x"].map(pageOf)).toEqual(["review", "map", "map", "desk"]);
  });
});

describe("the list of incidents", () => {
  it("has what needs an answer first, then flames, danger, and the newest", () => {
    const all = [
      incident({ id: "old" }), incident({ id: "newer", last_seen_at: "2026-11-21T05:00:00Z" }),
      incident({ id: "danger", danger: "extreme" }), incident({ id: "fire", kind: "fire" }),
      incident({ id: "unanswered", unanswered: true, last_seen_at: "2026-11-20T00:00:00Z" }),
      incident({ id: "taken", state: "acknowledged", kind: "fire" }),
    ];
    expect(ranked(all).map((one) => one.id)).toEqual(["unanswered", "fire", "danger", "newer", "old", "taken"]);
  });

  it("keeps drills and what was held back apart from what calls", () => {
    expect(filterOf(incident({}))).toBe("open");
    expect(filterOf(incident({ held_back: "confidence 0.21 under 0.30" }))).toBe("held");
    expect(filterOf(incident({ drill: true }))).toBe("drills");
    expect(filterOf(incident({ drill: true, state: "closed" }))).toBe("drills");
    expect(filterOf(incident({ held_back: "x", state: "false_alarm" }))).toBe("done");
  });

  it("is managed by managers of this reserve, and admins", () => {
    const account = (role: string, reserve: string | null) => ({ memberships: [{ role, reserve }] }) as unknown as Account;
    expect(mayManage(account("manager", "foping"), "foping")).toBe(true);
    expect(mayManage(account("admin", null), "foping")).toBe(true);
    expect(mayManage(account("manager", "elsewhere"), "foping")).toBe(false);
    expect(mayManage(account("ranger", "foping"), "foping")).toBe(false);
    expect(mayManage(null, "foping")).toBe(false);
  });
});

describe("what to do next", () => {
  it("stands in the order in which a fire runs, with what is rare apart", () => {
    const may = offered(["split", "note", "close", "acknowledge", "false_alarm", "on_my_way", "merge"]);
    expect(arranged(may)).toEqual({
      next: ["acknowledge", "on_my_way"], always: ["note", "false_alarm"], rare: ["close", "merge", "split"],
    });
  });
});

describe("calls", () => {
  const call = (account: string | null, state: Delivery["state"], kind = "fire") =>
    ({ account, state, kind, device: "d" }) as Delivery;

  it("make one line a person, by the call that came furthest", () => {
    const people = calledPeople([call("Wu", "failed"), call("Li", "sent"), call("Wu", "opened"), call("Wu", "sent", "update")]);
    expect(people.map((one) => [one.name, furthest(one.deliveries).state])).toEqual([["Wu", "opened"], ["Li", "sent"]]);
  });

  it("wait for an answer while the incident is new and calls", () => {
    expect(waitsForAnswer(incident({}))).toBe(true);
    for (const change of [{ state: "acknowledged" as const }, { held_back: "x" }, { merged_into: ID }]) {
      expect(waitsForAnswer(incident(change))).toBe(false);
    }
  });
});

describe("the roster", () => {
  const shift = (change: Partial<Shift>): Shift => ({
    id: ID, zone_id: null, account_id: ID, account: "Wu", place: 1, starts_at: "2026-11-16T00:00:00Z",
    ends_at: "2026-11-16T12:00:00Z", repeats: "never", until: null, ...change,
  });
  const week = (shifts: Shift[], monday: string, zone: string) => {
    const from = Date.parse(`${monday}T00:00Z`) - 86_400_000;
    const all = turns(shifts, from, from + 9 * 86_400_000, zone);
    return weekDays(monday).map((day) => partsOf(day, all, zone).map((one) => `${timeOfDay(one.begin)}-${timeOfDay(one.end)}`));
  };

  it("begins its weeks on Monday", () => {
    expect(["2026-11-16", "2026-11-21", "2026-11-22"].map(mondayOf)).toEqual(Array(3).fill("2026-11-16"));
    expect(addDays("2026-02-27", 2)).toBe("2026-03-01");
  });

  it("shows a shift on the reserve's clock, cut at midnight", () => {
    const days = week([shift({ starts_at: "2026-11-16T12:00:00Z", ends_at: "2026-11-17T00:00:00Z" })], "2026-11-16", SHANGHAI);
    expect(days.slice(0, 3)).toEqual([["20:00-24:00"], ["00:00-08:00"], []]);
  });

  it("repeats by the day until its last one, and by the week", () => {
    const daily = shift({ repeats: "daily", until: "2026-11-18T16:00:00Z" }); // midnight after the 18th in Shanghai
    expect(week([daily], "2026-11-16", SHANGHAI).map((one) => one.length)).toEqual([1, 1, 1, 0, 0, 0, 0]);
    const weekly = shift({ repeats: "weekly" });
    expect(week([weekly], "2026-12-28", SHANGHAI)).toEqual([["08:00-20:00"], [], [], [], [], [], []]);
    expect(week([weekly], "2026-11-09", SHANGHAI).flat()).toEqual([]); // not before the first
  });

  it("keeps wall times over the change to summer time", () => {
    const nights = shift({ starts_at: "2026-03-23T07:00:00Z", ends_at: "2026-03-23T19:00:00Z", repeats: "daily" });
    const days = week([nights], "2026-03-23", BERLIN); // clocks go forward on Sunday the 29th
    expect(new Set(days.flat())).toEqual(new Set(["08:00-20:00"]));
    expect(week([nights], "2026-03-30", BERLIN)[0]).toEqual(["08:00-20:00"]);
  });

  it("tells when nobody is first on duty", () => {
    const all = turns([
      shift({}), shift({ starts_at: "2026-11-16T10:00:00Z", ends_at: "2026-11-16T14:00:00Z" }),
      shift({ place: 2, starts_at: "2026-11-15T16:00:00Z", ends_at: "2026-11-16T16:00:00Z" }),
    ], Date.parse("2026-11-15T16:00:00Z"), Date.parse("2026-11-16T16:00:00Z"), SHANGHAI);
    const open = gaps(partsOf("2026-11-16", all, SHANGHAI));
    expect(open.map((one) => [timeOfDay(one.begin), timeOfDay(one.end)])).toEqual([["00:00", "08:00"], ["22:00", "24:00"]]);
    expect(gaps([])).toEqual([{ begin: 0, end: 1440 }]);
  });
});

describe("the call plan", () => {
  const plan = [{ after_s: 0, whom: "duty" }, { after_s: 120, whom: "next" }, { after_s: 330, whom: "all" }] as const;

  it("says in words what will happen", () => {
    expect(planWords(plan, translator("en"), "en")).toEqual([
      "At once: the duty ranger.", "After 2 mins without an answer: whoever is next in the roster.",
      "After 5 mins 30 secs without an answer: everybody.",
    ]);
    expect(planWords(plan, translator("zh"), "zh")[0]).toBe("立即：值班护林员。");
  });

  it("is never rounded", () => {
    expect([45, 60, 90, 3600, 5400].map((s) => exactTime(s, "en"))).toEqual(["45 secs", "1 min", "1 min 30 secs", "1 hr", "1 hr 30 mins"]);
  });

  it.each([
    [[{ after_s: 10, whom: "all" }], "first"],
    [[{ after_s: 0, whom: "duty" }, { after_s: 0, whom: "all" }], "order"],
    [[{ after_s: 0, whom: "duty" }, { after_s: 60, whom: "next" }], "last"],
    [[{ after_s: 0, whom: "duty" }, { after_s: 6 * 3600 + 1, whom: "all" }], "long"],
    [plan, null],
  ] as const)("is sound, or says why not: %j", (steps, why) => expect(planRefusal(steps)).toBe(why));

  it("stays sound with one more step", () => {
    expect(planRefusal(withStep(plan))).toBeNull();
    expect(withStep([])).toEqual([{ after_s: 0, whom: "duty" }]);
  });
});

it.each(REASONS)("why nobody was called is said in Chinese, at the desk and on the phone: %s", (reason) => {
  expect(heldWords(reason, translator("zh"))).toMatch(/\p{Script=Han}/u);
  expect(onPhone(sayer("zh"), reason)).toMatch(/\p{Script=Han}/u);
  expect(onPhone(sayer("en"), reason)).not.toContain("{");
});

it("why nobody was called is said in the reader's language", () => {
  const gate = "confidence 0.21 under 0.3 for very high danger";
  expect(heldWords(gate, translator("zh"))).toBe("相机把握为 0.21，很高火险时需要 0.3");
  expect(heldWords("a hotspot of low confidence, and nothing else has seen it", translator("en"))).toContain("satellite");
  expect(heldWords("5 other fires of this camera call people already, and nobody has answered", translator("zh"))).toContain("另外5起火情");
  expect(heldWords("a later reason", translator("zh"))).toBe("a later reason");
  expect(onPhone(sayer("zh"), gate)).toBe("相机把握为 0.21，今天需要 0.3。火险很高。");
  expect(onPhone(sayer("zh"), "a later reason")).toBe("a later reason");
});

describe("a gate", () => {
  it("is shown in whole percent, in the order of danger", () => {
    expect(gateParts({ moderate: 0.3, low: 0.455 })).toEqual([{ danger: "low", percent: 45.5 }, { danger: "moderate", percent: 30 }]);
  });

  it("names only the classes that were filled in, and none is no gate", () => {
    const form = new FormData();
    for (const [name, value] of [["low", "45.5"], ["moderate", "0"], ["high", " "], ["camera", ID]] as const) form.set(name, value);
    expect(leastOf(form)).toEqual({ low: 0.455, moderate: 0 });
    expect(leastOf(new FormData())).toBeNull();
  });

  it("is a manager's, and weather a technician's too", () => {
    const account = (role: string, reserve: string | null) => ({ memberships: [{ role, reserve }] }) as unknown as Account;
    const may = (role: string, reserve: string | null) => mayBring(account(role, reserve), "foping");
    expect([may("technician", "foping"), may("manager", "foping"), may("admin", null)]).toEqual([true, true, true]);
    expect([may("technician", "elsewhere"), may("ranger", "foping"), mayBring(null, "foping")]).toEqual([false, false, false]);
  });
});

describe("a mask", () => {
  const square: mask.Shape = { corners: [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]], active: null, closed: true };

  it("grows corner by corner, and closes on its first", () => {
    let shape = mask.EMPTY_SHAPE;
    for (const at of [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3]] as const) shape = mask.addCorner(shape, at, 0.02);
    expect(shape.corners).toHaveLength(3);
    expect(mask.addCorner(shape, [0.3, 0.3], 0.02)).toBe(shape); // the second half of a double click
    const closed = mask.addCorner(shape, [0.11, 0.1], 0.02);
    expect(closed.closed).toBe(true);
    expect(mask.addCorner(closed, [0.9, 0.9], 0.02)).toBe(closed);
  });

  it("stays within the picture", () => {
    expect(mask.moveCorner(square, 0, [-0.2, 1.7]).corners[0]).toEqual([0, 1]);
  });

  it("gains a corner on an edge, and loses one", () => {
    expect(mask.splitEdge(square, 3).corners[4]).toEqual([0.1, 0.2]);
    const triangle = mask.removeCorner(square, 0);
    expect([triangle.corners.length, triangle.closed]).toEqual([3, true]);
    expect(mask.removeCorner(triangle, 0).closed).toBe(false);
  });

  it.each([
    [square, null],
    [{ ...square, corners: square.corners.slice(0, 2) }, "too_few"],
    [{ ...square, corners: [[0, 0], [1, 1], [1, 0], [0, 1]] }, "crossing"],
    [{ ...square, corners: [[0, 0], [0.001, 0], [0, 0.001]] }, "tiny"],
  ] as [mask.Shape, string | null][])("says why it cannot be one", (shape, why) => expect(mask.refusal(shape)).toBe(why));

  it("knows its share of the picture", () => expect(mask.area(square.corners)).toBeCloseTo(0.04));
});

describe("a drill's report", () => {
  const call = (account: string | null, change: Partial<DrillCall>) =>
    ({ account, device: "phone", channel: "web_push", step: 1, state: "sent", queued_s: 0, sent_s: null, delivered_s: null,
      opened_s: null, answered_s: null, failure: null, ...change }) as DrillCall;

  it("has one bar a person, with the fastest of all devices", () => {
    const rows = bars([
      call("Wu", { sent_s: 0.4, delivered_s: 1.2, answered_s: 20 }), call("Li", { failure: "gone" }),
      call("Wu", { sent_s: 0.2, failure: "late receipt" }),
    ]);
    expect(rows.map((one) => [one.who, one.sent, one.answered, one.failure])).toEqual([["Wu", 0.2, 20, null], ["Li", null, null, "gone"]]);
    expect([longest(rows), longest([])]).toEqual([20, 1]);
  });
});

describe("on the map", () => {
  const spot = { location: { type: "Point", coordinates: [107.7, 33.6] }, scan_km: 0.4, track_km: 0.6 } as Incident["hotspots"][number];

  it("an exercise never looks like a fire, and what was held back is faint", () => {
    expect(toneOf(incident({ kind: "fire", drill: true, held_back: "x" }))).toBe("drill");
    expect(toneOf(incident({ held_back: "x" }))).toBe("held");
    expect(toneOf(incident({ kind: "fire" }))).toBe("fire");
  });

  it("a satellite's pixel has its size on the ground", () => {
    const [ring] = footprint(spot).coordinates;
    const [south, north] = [ring![0]![1]!, ring![2]![1]!];
    expect((north - south) * 111.195).toBeCloseTo(0.6, 2);
    expect(((ring![1]![0]! - ring![0]![0]!) * 111.195) * Math.cos((33.6 * Math.PI) / 180)).toBeCloseTo(0.4, 2);
  });

  it("a closed fire's region is shown only while it is chosen", () => {
    const region = { type: "Polygon", coordinates: [[[107, 33], [108, 33], [108, 34], [107, 33]]] } as Incident["region"];
    const closed = incident({ state: "closed", region });
    expect(regions([closed], null).features).toHaveLength(0);
    expect(regions([closed], ID).features[0]!.properties).toMatchObject({ selected: true, point: false });
    expect(placeBounds(closed)).toEqual([107, 33, 108, 34]);
    expect(placeBounds(incident({}))).toBeNull();
  });
});

it("an id made here is a UUID of version 4, another each time", () => {
  const ids = Array.from({ length: 50 }, uuid);
  expect(new Set(ids).size).toBe(50);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
