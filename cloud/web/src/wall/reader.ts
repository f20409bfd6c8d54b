/** Reads what the wall shows beside the app's own state, again and again, and never twice at once. */
import { ApiError, call } from "../client";
import type { AppTools } from "../pages";
import type { Plan } from "./address";
import { speciesOfWeek } from "./content";
import type { WallState } from "./state";
import type { BestPicture, LiveViews, Overview } from "./wire";

const EVERY = 300_000;
const AFTER_FAILURE = 60_000;
const LIVE_EVERY = 10_000;

export interface Reader {
  open(plan: Plan): void;
  close(): void;
  /** The reserve that is read, null where none is. */
  slug(): string | null;
  /** Read at the next tick. */
  again(): void;
  tick(now: number): void;
}

export function createReader({ store }: AppTools, set: (patch: Partial<WallState>) => void): Reader {
  let slug: string | null = null;
  let due = 0;
  let reading = false;
  let camera: string | null = null;
  let lookedAt = 0;

  /** The overview, and a picture for each species of the week. */
  async function read(reserve: string): Promise<void> {
    reading = true;
    try {
      const overview = await call<Overview>(`/reserves/${reserve}/overview`);
      const names = speciesOfWeek({ overview }).map((one) => one.scientific_name);
      const found = await Promise.all(names.map((name) => bestPicture(reserve, name)));
      if (reserve !== slug) return;
      const best = Object.fromEntries(names.map((name, i) => [name, found[i] ?? null]));
      const now = Date.now();
      set({ overview, best, overviewAt: now, overviewFailed: false, heardAt: now, deaf: false });
      due = now + EVERY;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (reserve === slug) set({ overviewFailed: true });
      due = Date.now() + AFTER_FAILURE;
    } finally {
      reading = false;
    }
  }

  /** The live view of the chosen camera, where somebody has asked for one and it is not over. */
  async function readLive(reserve: string): Promise<void> {
    if (!camera) return;
    try {
      const { items } = await call<LiveViews>(`/reserves/${reserve}/live-views?limit=20`);
      const running = items.find((one) => one.deployment_id === camera && one.ended_at === null);
      if (reserve === slug) set({ live: running?.id ?? null });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // the next look tells
    }
  }

  return {
    open(plan) {
      camera = plan.scenes.includes("live") ? plan.live : null;
      slug = store.state.reserve?.slug ?? null;
      due = 0;
    },
    close() {
      slug = null;
    },
    slug: () => slug,
    again: () => (due = 0),
    tick(now) {
      if (slug && now - lookedAt >= LIVE_EVERY) {
        lookedAt = now;
        void readLive(slug);
      }
      if (slug && !reading && now >= due) void read(slug);
    },
  };
}

/** null where a species has no picture that may be shown. */
async function bestPicture(reserve: string, name: string): Promise<BestPicture | null> {
  try {
    const path = `/reserves/${reserve}/species/${encodeURIComponent(name)}/pictures?limit=1`;
    return (await call<BestPicture[]>(path))[0] ?? null;
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401) return null;
    throw error;
  }
}
