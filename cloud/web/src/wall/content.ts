/** What each scene has to show. Pure. */
import { hasEnded } from "../map/features";
import type { State } from "../store";
import type { Deployment, HealthStatus, Observation } from "../wire";
import type { Scene } from "./address";
import type { WallState } from "./state";
import type { Overview } from "./wire";

export const PICTURES = 6; // more could not be told apart from five metres
export const LINES = 6;
const DAY = 86_400_000;

export function canShow(scene: Scene, state: State, wall: WallState): boolean {
  if (scene === "pictures") return newestPictures(state).length > 0;
  if (scene === "species") return speciesOfWeek(wall).length > 0;
  if (scene === "live") return wall.live !== null;
  if (scene === "cameras") return state.deployments.features.length > 0;
  if (scene === "needs") return wall.overview !== null || wall.overviewFailed;
  return true;
}

/** The newest picture of each passage, newest first: one camera's herd must not fill the screen. */
export function newestPictures({ observations }: Pick<State, "observations">): Observation[] {
  const shown: Observation[] = [];
  for (const one of observations) {
    if (one.media_id === null || one.observation_type === "blank") continue;
    const twice = shown.some((other) => other.media_id === one.media_id || isPassage(one, other));
    if (!twice) shown.push(one);
    if (shown.length === PICTURES) break;
  }
  return shown;
}

function isPassage(one: Observation, other: Observation): boolean {
  const apart = Math.abs(Date.parse(one.observed_at) - Date.parse(other.observed_at));
  return one.deployment_id === other.deployment_id && one.scientific_name === other.scientific_name && apart < DAY / 48;
}

export type SpeciesOfWeek = Overview["week"]["species"][number];
const SPECIES = 5;

/** The week's most frequent ones; only those that were seen. */
export function speciesOfWeek({ overview }: Pick<WallState, "overview">): SpeciesOfWeek[] {
  const seen = (overview?.week.species ?? []).filter((one) => one.events > 0);
  return [...seen].sort((a, b) => b.events - a.events).slice(0, SPECIES);
}

export const HEALTHS = ["ok", "attention", "silent", "never_seen"] as const satisfies readonly HealthStatus[];

/** How many cameras are how well, those that ended left out; and which of them need somebody, worst first. */
export function health(state: Pick<State, "deployments">, now: number): { counts: Map<HealthStatus, number>; ill: Deployment[]; well: Deployment[] } {
  const counts = new Map<HealthStatus, number>(HEALTHS.map((one) => [one, 0]));
  const standing = state.deployments.features.map((one) => one.properties).filter((one) => !hasEnded(one, now));
  for (const one of standing) counts.set(one.health.status, (counts.get(one.health.status) ?? 0) + 1);
  const order: readonly HealthStatus[] = ["silent", "attention", "never_seen"];
  const ill = standing.filter((one) => order.includes(one.health.status));
  ill.sort((a, b) =>
    order.indexOf(a.health.status) - order.indexOf(b.health.status) ||
    (b.health.last_frame_at ?? "").localeCompare(a.health.last_frame_at ?? ""));
  return { counts, ill, well: standing.filter((one) => one.health.status === "ok") };
}
