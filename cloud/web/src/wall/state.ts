/** What the control room's screen knows beside the app's own state. */
import { planOf, type Plan } from "./address";
import { NO_WATCH, type Watch } from "./turns";
import type { BestPicture, Overview } from "./wire";


/** "asking": the browser wants one touch before this page may sound. */
export type Sound = "unknown" | "asking" | "on" | "muted";

export interface WallState {
  plan: Plan;
  /** Which of the plan's scenes is on. */
  at: number;
  /** Since when, ms; a scene's time runs anew after every touch. */
  since: number;
  paused: boolean;
  /** Counts the scenes shown: what takes turns within a scene goes on by it. */
  turns: number;
  watch: Watch;
  sound: Sound;
  /** The fire whose siren somebody has silenced here; the next one sounds again. */
  quieted: string | null;
  /** When the service was last heard, ms; null before the first time. */
  heardAt: number | null;
  /** The last question was not answered. */
  deaf: boolean;
  /** The reserve's overview, and when it was read, ms. */
  overview: Overview | null;
  overviewAt: number | null;
  overviewFailed: boolean;
  /** The best pictures of the week's species, by scientific name. */
  best: Readonly<Record<string, BestPicture | null>>;
  /** The id of the chosen camera's live view, while one runs. */
  live: string | null;
  now: number;
}

export function emptyWall(hash: string): WallState {
  return {
    plan: planOf(hash), at: 0, since: Date.now(), paused: false, turns: 0, watch: NO_WATCH, sound: "unknown", quieted: null,
    heardAt: null, deaf: false, overview: null, overviewAt: null, overviewFailed: false, best: {}, live: null, now: Date.now(),
  };
}

const LOST_AFTER = 75_000; // ms without a word, where the stream looks open

/** Whether what is on the screen may be old. */
export function isLost(wall: Pick<WallState, "heardAt" | "deaf" | "now">, connection: string): boolean {
  if (wall.heardAt === null) return false;
  if (wall.deaf) return true;
  return connection === "live" ? wall.now - wall.heardAt > LOST_AFTER : wall.now - wall.heardAt > 5_000;
}
