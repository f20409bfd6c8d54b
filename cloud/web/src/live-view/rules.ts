/** What a live view says of itself. Pure. */
import type { Key } from "../i18n";
import type { LiveViewState } from "./session";

export const MINUTES = 5;
/** Media that a browser has not shown for so long stands still. */
export const STALLED_S = 6;

/** Which roles may ask, as the cloud has it: to others, the button would only be refused. */
const ROLES = ["admin", "manager", "ranger", "technician"];

export function mayAsk(memberships: readonly { reserve: string | null; role: string }[], reserve: string): boolean {
  return memberships.some((one) => (one.reserve === null || one.reserve === reserve) && ROLES.includes(one.role));
}

export type Phase = "idle" | "asking" | "showing" | "over";

/** What is to be shown for a state of the cloud's. */
export function phaseOf(state: LiveViewState["state"] | null): Phase {
  if (state === null) return "idle";
  if (state === "asked") return "asking";
  return state === "streaming" ? "showing" : "over";
}

/** Why it is over, in words. */
export function reasonKey(view: Pick<LiveViewState, "state" | "reason">): Key {
  return `live_view.reason.${view.reason ?? "failed"}` as Key;
}

/** Seconds that are left of it, at `now` (ms). */
export function secondsLeft(until: string, now: number): number {
  return Math.max(0, Math.round((Date.parse(until) - now) / 1000));
}

/** 95 s as 1:35. */
export function clockLeft(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Whether more minutes would give more: the cloud ends a view for good after some time. */
export function canProlong(view: Pick<LiveViewState, "asked_at" | "until">, longestMinutes: number): boolean {
  return Date.parse(view.until) - Date.parse(view.asked_at) < longestMinutes * 60_000 - 1000;
}
