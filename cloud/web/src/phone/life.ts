/** What an incident looks like to the ranger who has acted on it without a link: the cloud's word, and on top of it
 * what still waits to be sent. Pure. The cloud alone decides (fieldwatch_cloud.incidents.life); this table only keeps
 * the buttons honest until it has. */
import type { Entry } from "./outbox";
import type { ActionKind, Incident, State } from "./wire";

export const LEADS_TO: Partial<Record<ActionKind, State>> = {
  acknowledge: "acknowledged",
  on_my_way: "dispatched",
  arrive: "on_scene",
  contain: "contained",
  close: "closed",
  false_alarm: "false_alarm",
  reopen: "acknowledged",
};

/** What a ranger may do in a state, the likeliest first. */
const NEXT: Record<State, readonly ActionKind[]> = {
  new: ["acknowledge", "on_my_way", "arrive", "false_alarm"],
  acknowledged: ["on_my_way", "arrive", "contain", "false_alarm"],
  dispatched: ["arrive", "contain", "false_alarm"],
  on_scene: ["contain", "close", "false_alarm"],
  contained: ["close", "arrive", "false_alarm"],
  closed: ["reopen"],
  false_alarm: ["reopen"],
};

/** The order in which buttons stand: as the work in the field goes. */
const ORDER: readonly ActionKind[] = [
  "acknowledge", "on_my_way", "arrive", "contain", "close", "reopen", "release", "false_alarm",
];

export interface Standing {
  readonly state: State;
  /** Actions that a button stands for, the likeliest first. */
  readonly may: readonly ActionKind[];
  /** Not sent yet, and refused by the cloud, in the order in which they were done. */
  readonly waiting: readonly Entry[];
  readonly refused: readonly Entry[];
}

export function standing(incident: Incident, outbox: readonly Entry[]): Standing {
  const mine = outbox.filter((one) => one.incident === incident.id);
  const waiting = mine.filter((one) => !one.refused);
  const changes = waiting.flatMap(({ work }) => (work.kind === "action" ? (LEADS_TO[work.action] ?? []) : []));
  const state = changes.at(-1) ?? incident.state;
  const may = changes.length === 0 ? incident.may : NEXT[state];
  return {
    state,
    may: ORDER.filter((one) => may.includes(one)),
    waiting,
    refused: mine.filter((one) => one.refused),
  };
}

/** Whether somebody has taken it on: then nothing sounds any more. */
export function isAnswered(state: State): boolean {
  return state !== "new";
}

export function isOver(state: State): boolean {
  return state === "closed" || state === "false_alarm";
}
