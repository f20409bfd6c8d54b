/** Where the fleet page is, and what it reckons of what the cloud says. Pure. */
import type { Rollout, RolloutNode, RolloutSummary } from "./wire";

export type Section = "nodes" | "rollouts" | "visits";
export interface FleetRoute {
  readonly section: Section;
  /** A node's or a roll-out's. */
  readonly id: string | null;
}

/** `#fleet`, `#fleet/nodes/mast-01`, `#fleet/rollouts/ID`, `#fleet/visits`. */
export function readFleet(hash: string): FleetRoute {
  const [, section, id] = hash.replace(/^#/, "").split("?", 1)[0]!.split("/");
  if (section === "visits") return { section, id: null };
  if (section === "rollouts" || section === "nodes") return { section, id: id ? decodeURIComponent(id) : null };
  return { section: "nodes", id: null };
}

export const RUNNING: ReadonlySet<RolloutSummary["state"]> = new Set(["running", "paused", "rolling_back"]);

export interface StageOf {
  readonly number: number;
  readonly nodes: readonly RolloutNode[];
  /** Share of its nodes that are through. */
  readonly through: number;
  readonly state: "waiting" | "under_way" | "through";
}

export function stagesOf(rollout: Pick<Rollout, "nodes" | "stages" | "stage" | "state">): StageOf[] {
  return Array.from({ length: rollout.stages }, (_, number) => {
    const nodes = rollout.nodes.filter((one) => one.stage === number);
    const through = nodes.filter((one) => one.state === "done").length / Math.max(1, nodes.length);
    const begun = nodes.some((one) => one.state !== "pending");
    return { number, nodes, through, state: through === 1 ? "through" : begun ? "under_way" : "waiting" };
  });
}
