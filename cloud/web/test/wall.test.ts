import { describe, expect, it } from "vitest";
import { hashOf, planOf } from "../src/wall/address";
import { newestPictures } from "../src/wall/content";
import { isLost } from "../src/wall/state";
import { look, NO_WATCH, turn } from "../src/wall/turns";
import type { Observation } from "../src/wire";

describe("the address of the control room", () => {
  it.each([
    ["#wall", "map,needs,pictures,cameras,species,live", 20],
    ["#wall?scenes=pictures,map&every=45", "pictures,map", 45],
    ["#wall?scenes=map,nothing,map", "map", 20], // what it does not know is left out, and nothing comes twice
    ["#wall?scenes=nothing", "map,needs,pictures,cameras,species,live", 20],
    ["#wall?every=0.1", "map,needs,pictures,cameras,species,live", 5], // flicker is unhealthy
    ["#wall?every=soon", "map,needs,pictures,cameras,species,live", 20],
  ])("%s", (hash, scenes, every) => {
    expect(planOf(hash)).toMatchObject({ scenes: scenes.split(","), every });
  });

  it("is the same after a round trip", () => {
    const plan = { scenes: ["cameras", "live"], every: 30, live: "0197f0b2-1" } as const;
    expect(planOf(hashOf(plan))).toEqual(plan);
  });
});

describe("the turn of scenes", () => {
  const scenes = ["map", "pictures", "cameras"] as const;
  it("passes over what has nothing to show", () => {
    expect(turn(scenes, 0, 1, (one) => one !== "pictures")).toBe(2);
    expect(turn(scenes, 0, -1, () => true)).toBe(2);
  });
  it("stays where nothing else can be shown", () => {
    expect(turn(scenes, 1, 1, (one) => one === "pictures")).toBe(1);
    expect(turn(scenes, 1, 1, () => false)).toBe(1);
  });
});

describe("the watch for fires", () => {
  const answered = (...ids: string[]) => (id: string) => ids.includes(id);

  it("shows a new one at once, whatever is on the screen", () => {
    const first = look(NO_WATCH, ["a"], answered(), 0);
    expect(first.shown).toBe("a");
    expect(look(first, ["b", "a"], answered(), 1).shown).toBe("b");
  });

  it("gives several their turns", () => {
    let watch = look(NO_WATCH, ["a", "b"], answered(), 0);
    expect(watch.shown).toBe("a");
    watch = look(watch, ["a", "b"], answered(), 14_000);
    expect(watch.shown).toBe("a");
    watch = look(watch, ["a", "b"], answered(), 15_000);
    expect(watch.shown).toBe("b");
    watch = look(watch, ["a", "b"], answered(), 16_000);
    expect(watch.shown).toBe("b");
  });

  it("stays until somebody answers, and then says so for a while", () => {
    let watch = look(NO_WATCH, ["a"], answered(), 0);
    watch = look(watch, ["a"], answered(), 3_600_000);
    expect(watch.shown).toBe("a");
    watch = look(watch, [], answered("a"), 3_601_000);
    expect(watch).toMatchObject({ shown: null, answered: { id: "a" } });
    expect(look(watch, [], answered("a"), 3_642_000).answered).toBeNull();
  });

  it("calls nothing answered that was only left out of a reading", () => {
    const watch = look(look(NO_WATCH, ["a"], answered(), 0), [], answered(), 1);
    expect(watch).toMatchObject({ shown: null, answered: null });
  });
});

describe("the connection", () => {
  const now = 1_000_000;
  it("is lost as soon as the stream breaks", () => {
    expect(isLost({ heardAt: now - 6_000, deaf: false, now }, "reconnecting")).toBe(true);
    expect(isLost({ heardAt: now - 2_000, deaf: false, now }, "reconnecting")).toBe(false);
  });
  it("is lost where the stream looks open, but no question is answered", () => {
    expect(isLost({ heardAt: now - 40_000, deaf: false, now }, "live")).toBe(false);
    expect(isLost({ heardAt: now - 80_000, deaf: false, now }, "live")).toBe(true);
    expect(isLost({ heardAt: now - 1_000, deaf: true, now }, "live")).toBe(true);
  });
});

it("shows the newest picture of each passage", () => {
  const seen = (id: string, at: string, name: string, media: string | null) =>
    ({ id, deployment_id: "ridge", observed_at: at, scientific_name: name, media_id: media, observation_type: "animal" }) as Observation;
  const observations = [
    seen("1", "2026-11-21T10:20:00Z", "Equus", "m1"),
    seen("2", "2026-11-21T10:10:00Z", "Equus", "m2"), // the same herd
    seen("3", "2026-11-21T10:05:00Z", "Cervidae", "m3"),
    seen("4", "2026-11-21T10:04:00Z", "Panthera leo", null),
    seen("5", "2026-11-21T09:20:00Z", "Equus", "m5"), // another one
  ];
  expect(newestPictures({ observations }).map((one) => one.id)).toEqual(["1", "3", "5"]);
});
