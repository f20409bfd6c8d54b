/** The fleet page's addresses, and the stages of a roll-out. */
import { describe, expect, it } from "vitest";
import { boundsOf, COMMON, commonOf, shownOf, withShown, workingBy } from "../src/fleet/common";
import { readFleet, stagesOf } from "../src/fleet/rules";
import type { RolloutNode } from "../src/fleet/wire";
import { translator } from "../src/i18n";
import { reasonWords } from "../src/ui/fleet/reasons";

describe("the address", () => {
  it.each([
    ["#fleet", { section: "nodes", id: null }],
    ["#fleet/nodes/mast-01", { section: "nodes", id: "mast-01" }],
    ["#fleet/rollouts", { section: "rollouts", id: null }],
    ["#fleet/rollouts/0198c0de?x=1", { section: "rollouts", id: "0198c0de" }],
    ["#fleet/visits", { section: "visits", id: null }],
    ["#fleet/elsewhere", { section: "nodes", id: null }],
  ])("%s", (hash, route) => expect(readFleet(hash)).toEqual(route));
});

describe("stages", () => {
  const node = (stage: number, state: RolloutNode["state"]) => ({ stage, state }) as RolloutNode;
  it("are through when all their nodes are, and wait while none was told", () => {
    const rollout = {
      stages: 3, stage: 1, state: "running" as const,
      nodes: [node(0, "done"), node(1, "done"), node(1, "soaking"), node(2, "pending")],
    };
    expect(stagesOf(rollout).map(({ through, state }) => [through, state])).toEqual([[1, "through"], [0.5, "under_way"], [0, "waiting"]]);
  });
});

describe("reasons", () => {
  const t = translator("zh");
  it.each([
    ["mast-01: the node went back by itself: no frame", "mast-01: 自行退回：no frame"],
    ["mast-01, mast-02: it saw 0 animals, where 20 are usual at these hours", "mast-01, mast-02: 识别到 0 次动物，往日此时段通常 20 次"],
    ["it never had it", "从未下发"],
    ["somebody's own words", "somebody's own words"],
    [null, ""],
  ])("%s", (reason, words) => expect(reasonWords(t, reason)).toBe(words));
});

describe("common settings", () => {
  const of = (name: string) => COMMON.find((one) => one.name === name)!;

  it("are read from a layer and written into it, and all else stays", () => {
    const layer = { link: { media: false, bytes_per_day: 2_500_000 }, cameras: { "*": { fire: { k: 4, night_smoke: 0.3 } } } };
    expect(shownOf(layer, of("data"))).toBe(2.5);
    expect(shownOf(layer, of("night_smoke"))).toBe(30);
    expect(shownOf(layer, of("heartbeat"))).toBeNull();
    const changed = [["data", 4], ["night_smoke", null], ["animal", 33.3], ["heartbeat", 300]] as const;
    expect(changed.reduce<unknown>((kept, [name, value]) => withShown(kept, of(name), value), layer)).toEqual({
      link: { media: false, bytes_per_day: 4_000_000 }, heartbeat_s: 300,
      cameras: { "*": { fire: { k: 4 }, wildlife: { detector: { conf: 0.333 } } } },
    });
  });

  it("leave nothing behind when they are emptied, and do not touch a wish for the default", () => {
    expect(withShown({ cameras: { "*": { source: { every_s: 2 } } } }, of("picture"), null)).toEqual({});
    expect(withShown({ heartbeat_s: null }, of("heartbeat"), null)).toEqual({ heartbeat_s: null });
    expect(withShown({}, of("fire"), null)).toEqual({});
  });

  it("say by what a node works, unless its cameras differ", () => {
    const camera = (every_s: number) => ({ source: { every_s } });
    expect(workingBy({ heartbeat_s: 60 }, of("heartbeat"))).toBe(60);
    expect(workingBy({ cameras: { a: camera(0.5), b: camera(0.5) } }, of("picture"))).toBe(0.5);
    expect(workingBy({ cameras: { a: camera(0.5), b: camera(2) } }, of("picture"))).toBeNull();
    expect(workingBy(null, of("picture"))).toBeNull();
  });

  it("are known by a node's own path", () => {
    expect(commonOf("cameras.0197f000-0000-7000-8000-000000000001.fire.detector.conf")?.name).toBe("fire");
    expect(commonOf("outbox.batch")).toBeNull();
  });

  it("have the schema's bounds, in the form's units", () => {
    const leaf = (minimum: number, maximum: number) => ({ anyOf: [{ type: "number", minimum, maximum }, { type: "null" }] });
    const schema = {
      $defs: {
        Camera: { properties: { fire: { $ref: "#/$defs/Fire" } } }, Fire: { properties: { detector: { $ref: "#/$defs/Detector" } } },
        Detector: { properties: { conf: leaf(0, 0.9) } },
      },
      properties: { heartbeat_s: leaf(1, 86400), cameras: { additionalProperties: { $ref: "#/$defs/Camera" } } },
    };
    expect(boundsOf(schema, of("heartbeat"))).toEqual({ min: 1, max: 86400 });
    expect(boundsOf(schema, of("fire"))).toEqual({ min: 0, max: 90 });
    expect(boundsOf(null, of("fire"))).toEqual({ min: null, max: null });
  });
});
