/** Whose turn it is on the wall: scenes, and fires that wait for an answer. Pure. */
import { alarms } from "../alarms";
import type { State } from "../store";
import type { Incident } from "../wire";
import type { Scene } from "./address";

/** The scene after (`step` 1) or before (-1) the one at `at` that has something to show; `at` where none has. */
export function turn(scenes: readonly Scene[], at: number, step: 1 | -1, hasAny: (scene: Scene) => boolean): number {
  for (let n = 1; n <= scenes.length; n++) {
    const next = (at + step * n + scenes.length * n) % scenes.length;
    if (hasAny(scenes[next]!)) return next;
  }
  return at;
}

/** The fires that wait for an answer, newest first. What somebody hid on another page is not hidden here. */
export function waitingFires(state: Pick<State, "incidents" | "now">): Incident[] {
  return alarms({ ...state, hiddenBanners: [] });
}

export interface Watch {
  /** The fires that waited at the last look. */
  readonly known: readonly string[];
  /** The one on the screen, null where none waits. */
  readonly shown: string | null;
  /** When it came to the screen, ms. */
  readonly since: number;
  /** What was answered lately, and until when that is told, ms. */
  readonly answered: { readonly id: string; readonly until: number } | null;
}

export const NO_WATCH: Watch = { known: [], shown: null, since: 0, answered: null };
const EACH_FIRE = 15_000; // ms, where several wait
const ANSWERED_FOR = 40_000;

/** The watch after a look at what burns: a new fire comes to the screen at once, several take turns. */
export function look(watch: Watch, waiting: readonly string[], isAnswered: (id: string) => boolean, now: number): Watch {
  const fresh = waiting.find((id) => !watch.known.includes(id));
  const gone = watch.known.find((id) => !waiting.includes(id) && isAnswered(id));
  const answered = gone ? { id: gone, until: now + ANSWERED_FOR } : watch.answered && watch.answered.until > now ? watch.answered : null;
  const at = watch.shown ? waiting.indexOf(watch.shown) : -1;
  const due = waiting.length > 1 && now - watch.since >= EACH_FIRE;
  const shown = fresh ?? (at < 0 ? (waiting[0] ?? null) : due ? waiting[(at + 1) % waiting.length]! : waiting[at]!);
  return { known: [...waiting], shown, since: shown === watch.shown && !due ? watch.since : now, answered };
}
