import { describe, expect, it } from "vitest";
import { destination, distance, type LonLat } from "../src/geo";
import { PUSH_WORDS } from "../src/i18n/push";
import { isPhone, readRoute, writeRoute } from "../src/phone/route";
import { MOST_BYTES, small } from "../src/phone/photo";
import { headingOf } from "../src/phone/position";
import { bytesOf, deviceName } from "../src/phone/push";
import { rememberedSound, rememberSound } from "../src/phone/sound";
import * as where from "../src/phone/where";
import { notificationOf, readPush, targetOf } from "../src/phone/worker/notification";
import type { Incident, Push } from "../src/phone/wire";
import { DICTIONARIES as DESK } from "../src/i18n";
import { ago, clock, lasting, length, sayer, WORDS, wordFor } from "../src/phone/words";

const ID = "0197a000-1111-7222-8333-444455556666";

describe("the address", () => {
  it.each([
    [`#incident/${ID}`, { page: "incident", id: ID }],
    [`#incident/${ID.toUpperCase()}`, { page: "incident", id: ID }],
    ["#incident/cut-off", { page: "list" }],
    ["#phone", { page: "list" }],
    ["#phone/settings", { page: "settings" }],
  ])("%s leads to its page", (hash, route) => {
    expect(isPhone(hash)).toBe(true);
    expect(readRoute(hash)).toEqual(route);
  });

  it.each(["", "#", "#review/1", "#fire", "#phonebook", "#incidents"])("%s is the map's", (hash) => expect(isPhone(hash)).toBe(false));

  it("is read as it was written", () => {
    for (const route of [{ page: "incident", id: ID }, { page: "list" }, { page: "settings" }] as const) {
      expect(readRoute(writeRoute(route))).toEqual(route);
    }
  });
});

describe("direction and distance", () => {
  const here: LonLat = [107.78, 33.66];

  it.each([0, 17, 90, 133, 180, 292.5, 359])("finds the bearing %d° along which one went", (bearing) => {
    const found = where.bearing(here, destination(here, bearing, 4200));
    expect(Math.abs(((found - bearing + 540) % 360) - 180)).toBeLessThan(1e-6);
  });

  it("crosses the date line the short way", () => {
    expect(where.bearing([179.9, 0], [-179.9, 0])).toBeCloseTo(90, 6);
  });

  it.each([[0, "N"], [22, "N"], [23, "NE"], [90, "E"], [292.5, "NW"], [337.4, "NW"], [337.6, "N"], [-45, "NW"], [720, "N"]])(
    "calls %d° %s", (degrees, point) => expect(where.point(degrees)).toBe(point));

  it("reads the compass of both kinds of phone, and none that is relative to nothing", () => {
    expect(headingOf({ absolute: true, alpha: 270 }, 0)).toBe(90);
    expect(headingOf({ absolute: true, alpha: 0 }, 90)).toBe(90); // held across
    expect(headingOf({ absolute: false, alpha: 12, webkitCompassHeading: 45 }, 0)).toBe(45);
    expect(headingOf({ absolute: false, alpha: 12 }, 0)).toBeNull();
    expect(headingOf({ absolute: true, alpha: null }, 0)).toBeNull();
  });
});

describe("the place", () => {
  const square = { type: "Polygon", coordinates: [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]], [[0.5, 0.5], [0.5, 1], [1, 1], [1, 0.5], [0.5, 0.5]]] };

  it.each<[string, LonLat, boolean]>([
    ["within", [1.5, 1.5], true], ["in the hole", [0.7, 0.7], false], ["beside", [3, 1], false],
  ])("%s", (_, at, within) => expect(where.inside(at, square as never)).toBe(within));

  const suspicion = (deployment_id: string, observed_at: string, bearing_deg: number | null) => ({
    deployment_id, observed_at, bearing_deg, bearing_sd_deg: 1.5, location: { type: "Point", coordinates: [107.72, 33.66] },
  });
  const incident = (more: object = {}) =>
    ({ suspicions: [suspicion("a", "1", 10), suspicion("b", "2", null), suspicion("a", "3", 292.5)], place: null, region: null, hotspots: [], ...more }) as unknown as Incident;

  it("is the camera's, and said to be so, where one direction makes no place", () => {
    expect(where.goal(incident())).toEqual({ at: [107.72, 33.66], what: "camera" });
    const place = { location: { type: "Point", coordinates: [107.8, 33.7] } };
    expect(where.goal(incident({ place }))).toEqual({ at: [107.8, 33.7], what: "fire" });
    expect(where.goal(incident({ suspicions: [] }))).toBeNull();
  });

  it("has the newest direction of each camera as a sector of two standard deviations to each side", () => {
    const [ring, ...others] = where.sectors(incident());
    expect(others).toEqual([]);
    const arc = ring!.slice(1, -1);
    const directions = arc.map((corner) => where.bearing([107.72, 33.66], corner));
    expect(Math.min(...directions)).toBeCloseTo(289.5, 3);
    expect(Math.max(...directions)).toBeCloseTo(295.5, 3);
    for (const corner of arc) expect(distance([107.72, 33.66], corner)).toBeCloseTo(where.REACH, 2);
  });

  it("leaves the ranger's own place out where it is too far to help", () => {
    const near: LonLat = [107.75, 33.7];
    expect(where.toShow(incident(), near)).toContain(near);
    const far: LonLat = [109, 34];
    expect(where.toShow(incident(), far)).not.toContain(far);
  });
});

describe("the sketch", () => {
  const [a, b]: LonLat[] = [[107.7, 33.6], [107.8, 33.7]];
  const sketch = where.sketch([a!, b!], 358, 280);

  it("has north up, and holds everything", () => {
    const [[ax, ay], [bx, by]] = [sketch.place(a!), sketch.place(b!)];
    expect(bx).toBeGreaterThan(ax);
    expect(by).toBeLessThan(ay);
    for (const [x, y] of [sketch.place(a!), sketch.place(b!)]) {
      expect(x).toBeGreaterThanOrEqual(20);
      expect(x).toBeLessThanOrEqual(338);
      expect(y).toBeGreaterThanOrEqual(20);
      expect(y).toBeLessThanOrEqual(260);
    }
  });

  it("is true to scale within 0.2 % in every direction", () => {
    const middle: LonLat = [107.75, 33.65];
    for (const bearing of [0, 45, 90, 200, 300]) {
      const end = destination(middle, bearing, 3000);
      const [[x1, y1], [x2, y2]] = [sketch.place(middle), sketch.place(end)];
      expect(Math.abs(Math.hypot(x2 - x1, y2 - y1) / sketch.length(3000) - 1)).toBeLessThan(0.004); // 0.1 px of rounding on top
    }
  });

  it("does not blow up a single place", () => {
    expect(where.sketch([a!], 358, 280).length(400)).toBeLessThanOrEqual(358);
  });

  it.each([[999, 500], [1000, 1000], [2300, 2000], [49, 20], [7200, 5000]])("%d m give a bar of %d m", (metres, bar) => {
    expect(where.roundLength(metres)).toBe(bar);
  });
});

describe("a picture is made small", () => {
  /** As JPEG behaves, roughly: bytes by area and quality. */
  const encode = (perPixel: number) => async (side: number, quality: number) => new Blob([new Uint8Array(Math.round(side * side * 0.75 * quality * perPixel))]);

  it.each([0.1, 0.4, 1.5, 3])("to the budget, with %d bytes for a pixel", async (perPixel) => {
    expect((await small(encode(perPixel), 4000)).size).toBeLessThanOrEqual(MOST_BYTES);
  });

  it("no smaller than it must be, and never larger than it was", async () => {
    const sides: number[] = [];
    await small((side, quality) => (sides.push(side), encode(0.1)(side, quality)), 900);
    expect(sides).toEqual([900]);
  });

  it("and ends where nothing helps", async () => {
    const blob = await small(async () => new Blob([new Uint8Array(MOST_BYTES + 1)]), 4000);
    expect(blob.size).toBe(MOST_BYTES + 1);
  });
});

describe("a push", () => {
  const push: Push = {
    v: 1, kind: "fire", drill: false, delivery: "d", secret: "s", incident: ID, title: "Smoke", body: "ridge",
    url: `/#incident/${ID}`, urgent: true, at: "2026-11-21T07:00:00Z", lang: "zh", tag: ID,
  };

  it("of a fire stays until it is answered, and can be answered from the notification", () => {
    const { title, options } = notificationOf(push);
    expect(title).toBe("Smoke");
    expect(options).toMatchObject({ tag: ID, requireInteraction: true, renotify: true, lang: "zh-CN", silent: false });
    expect(options.actions.map((one) => one.title)).toEqual(["确认收到", "打开"]);
  });

  it.each(["update", "undelivered"] as const)("of kind %s is not answered", (kind) => {
    expect(notificationOf({ ...push, kind }).options.actions.map((one) => one.action)).toEqual(["open"]);
  });

  it("of an animal has no fire's buttons", () => {
    expect(notificationOf({ ...push, kind: "wildlife", incident: null, urgent: false }).options).toMatchObject({ actions: [], renotify: false });
  });

  it("opens what is ours and nothing else", () => {
    expect(targetOf(push)).toBe(`/#incident/${ID}`);
    expect(targetOf({ ...push, url: "https://elsewhere.example/" })).toBe(`/#incident/${ID}`);
    expect(targetOf({ ...push, url: "//elsewhere.example/", incident: null })).toBe("/#phone");
  });

  it("that is none of ours is told apart", () => {
    expect(readPush(JSON.stringify(push))).toEqual(push);
    for (const text of [null, "", "{", "[]", "{}", '"x"', "null"]) expect(readPush(text)).toBeNull();
  });

  it("knows the device by a name that a manager can read", () => {
    expect(deviceName("Mozilla/5.0 (Linux; Android 14; Pixel) Chrome/130 Mobile Safari/537")).toBe("Android · Chrome");
    expect(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604")).toBe("iPhone · Safari");
  });

  it("has its key's bytes read from base64url", () => {
    expect([...bytesOf("-_8B")]).toEqual([251, 255, 1]);
  });
});

describe("the sound", () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) } as Storage;
  };
  it("is loud unless somebody chose otherwise, and the choice is kept", () => {
    const own = storage();
    expect(rememberedSound(own)).toBe("until_answered");
    rememberSound("off", own);
    expect(rememberedSound(own)).toBe("off");
    own.setItem("fieldwatch.phone.sound", "of a later version");
    expect(rememberedSound(own)).toBe("until_answered");
  });
});

describe("words", () => {
  const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

  it("are the same in both languages, with the same placeholders, and Chinese in Chinese", () => {
    expect(Object.keys(WORDS.zh).sort()).toEqual(Object.keys(WORDS.en).sort());
    for (const [key, text] of Object.entries(WORDS.en)) {
      const chinese = WORDS.zh[key as keyof typeof WORDS.zh];
      expect(placeholders(chinese), key).toEqual(placeholders(text));
      expect(chinese, key).toMatch(/\p{Script=Han}/u);
    }
    for (const text of Object.values(PUSH_WORDS.zh)) expect(text).toMatch(/\p{Script=Han}/u);
  });

  it("say all that a fire's record can hold, as the desk does", () => {
    const told = Object.keys(DESK.en).filter((key) => key.startsWith("action."));
    expect(told.length).toBeGreaterThan(20);
    expect(told.filter((key) => !(key in WORDS.en))).toEqual([]);
  });

  it("that a later cloud says are shown as they are", () => {
    expect(wordFor(sayer("en"), "action", "acknowledge")).toBe("Acknowledged");
    expect(wordFor(sayer("en"), "action", "teleported")).toBe("teleported");
  });

  it("give lengths with no more digits than one walks by", () => {
    const lengths = [42, 637, 949, 951, 3249, 14_480].map((metres) => length(metres, "en"));
    expect(lengths).toEqual(["40 m", "640 m", "950 m", "1 km", "3.2 km", "14 km"]);
    expect(length(3249, "zh")).toMatch(/^3\.2\s?公里$/);
  });

  it("give times", () => {
    const now = Date.parse("2026-11-21T07:00:00Z");
    expect(ago(now - 30_000, now, "en")).toBe("just now");
    expect(ago(now - 3 * 60_000, now, "en")).toBe("3 min ago");
    expect(lasting(2 * 3600, "en")).toBe("2 hrs");
    expect(clock(now, now, "en")).toMatch(/^\d\d:\d\d$/);
    expect(clock(now - 3 * 86_400_000, now, "en")).toMatch(/18 Nov/);
  });
});
