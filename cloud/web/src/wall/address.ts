/** What the control room's address says: `#wall?scenes=map,pictures&every=20&live=<deployment>`. Pure. */

export const SCENES = ["map", "needs", "pictures", "cameras", "species", "live"] as const;
export type Scene = (typeof SCENES)[number];

export interface Plan {
  /** In the order in which they come; at least one. */
  readonly scenes: readonly Scene[];
  /** Seconds that a scene stays. */
  readonly every: number;
  /** The camera whose live view is shown while it streams. */
  readonly live: string | null;
}

const EVERY = 20;
const [FASTEST, SLOWEST] = [5, 3600]; // s; nobody reads a scene in less, and flicker is unhealthy

/** Unknown scenes are left out; an address that names none means all of them. */
export function planOf(hash: string): Plan {
  const query = new URLSearchParams(hash.split("?", 2)[1] ?? "");
  const named = (query.get("scenes") ?? "").split(",");
  const scenes = [...new Set(named)].flatMap((name) => SCENES.filter((one) => one === name));
  const every = Number(query.get("every") ?? EVERY);
  return {
    scenes: scenes.length > 0 ? scenes : SCENES,
    every: Number.isFinite(every) ? Math.min(SLOWEST, Math.max(FASTEST, every)) : EVERY,
    live: query.get("live") || null,
  };
}

export function hashOf({ scenes, every, live }: Plan): string {
  const query = [`scenes=${scenes.join(",")}`, `every=${every}`, ...(live ? [`live=${encodeURIComponent(live)}`] : [])];
  return `#wall?${query.join("&")}`;
}
