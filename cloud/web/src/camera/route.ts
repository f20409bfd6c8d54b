/** Which camera, or which of all, the address means: `#camera/0197…`, `#camera?show=silent`. Pure. */
import type { Deployment, HealthStatus } from "../wire";

/** By state; those in doubt of their clock; taken-down ones are not among "all". */
export const SHOWS = ["all", "attention", "silent", "never_seen", "ok", "clock", "ended"] as const;
export type Show = (typeof SHOWS)[number];

export interface CameraRoute {
  readonly id: string | null;
  readonly show: Show;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const WORST_FIRST: readonly HealthStatus[] = ["attention", "silent", "never_seen", "ok", "ended"];

export function readCamera(hash: string): CameraRoute {
  const [path, query] = hash.replace(/^#/, "").split("?", 2) as [string, string | undefined];
  const id = path.split("/")[1];
  return {
    id: id && UUID.test(id) ? id : null,
    show: SHOWS.find((one) => one === new URLSearchParams(query).get("show")) ?? "all",
  };
}

export function isShown(one: Deployment, show: Show): boolean {
  if (show === "all") return one.health.status !== "ended";
  if (show === "clock") return one.health.status !== "ended" && one.health.reasons.includes("clock_unsynchronised");
  return one.health.status === show;
}

/** The worst first, then by name. */
export function inOrder(cameras: readonly Deployment[]): Deployment[] {
  return [...cameras].sort((a, b) =>
    WORST_FIRST.indexOf(a.health.status) - WORST_FIRST.indexOf(b.health.status) || a.location_name.localeCompare(b.location_name));
}
