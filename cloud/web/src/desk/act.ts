/** What one can do with an incident, as it is sent. Pure. */
import { uuid } from "../uuid";
import type { ActionKind, NewAction } from "../wire";

/** In the order in which a fire runs; what is rare or final comes last. */
export const ORDER: readonly ActionKind[] = [
  "release", "acknowledge", "on_my_way", "arrive", "contain", "close", "reopen", "note", "false_alarm", "merge", "split",
];

/** What may be done now, in a steady order; the first of them is the next step. */
export function offered(may: readonly ActionKind[]): ActionKind[] {
  return ORDER.filter((one) => may.includes(one));
}

const ALWAYS: readonly ActionKind[] = ["note", "false_alarm"];
const RARE: readonly ActionKind[] = ["merge", "split"];

/** The next two steps, what is at hand at any time, and what is rare or far off. */
export function arranged(may: readonly ActionKind[]): { next: ActionKind[]; always: ActionKind[]; rare: ActionKind[] } {
  const steps = may.filter((one) => !ALWAYS.includes(one) && !RARE.includes(one));
  return {
    next: steps.slice(0, 2),
    always: may.filter((one) => ALWAYS.includes(one)),
    rare: [...steps.slice(2), ...may.filter((one) => RARE.includes(one))],
  };
}

/** Those that need more than a click: a note, a reason, another incident. */
export const ASKS = ["note", "close", "false_alarm", "merge", "split", "release"] as const satisfies readonly ActionKind[];
export type Asks = (typeof ASKS)[number];

export function asks(action: ActionKind): action is Asks {
  return (ASKS as readonly ActionKind[]).includes(action);
}

export function newAction(action: ActionKind, more: Omit<Partial<NewAction>, "id" | "action"> = {}): NewAction {
  return { id: uuid(), action, done_at: new Date().toISOString(), ...more };
}
