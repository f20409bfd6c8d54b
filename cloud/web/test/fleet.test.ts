/** The fleet page's addresses, and the stages of a roll-out. */
import { describe, expect, it } from "vitest";
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
