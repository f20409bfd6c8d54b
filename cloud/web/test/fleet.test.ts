/** The fleet page's addresses, and the stages of a roll-out. */
import { describe, expect, it } from "vitest";
import { readFleet, stagesOf } from "../src/fleet/rules";
import type { RolloutNode } from "../src/fleet/wire";

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
