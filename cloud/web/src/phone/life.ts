/** What an incident looks like to the ranger who has acted on it without a link: the cloud's word, and on top of it
 * what still waits to be sent. Pure. The cloud alone decides (fieldwatch_cloud.incidents.life); this table only keeps
 * the buttons honest until it has. */
import type { Entry } from "./outbox";
import type { ActionKind, Incident, State } from "./wire";

const PROGRESS = ["acknowledge", "on_my_way", "arrive", "contain"] as const;
const REACHED: readonly State[] = ["new", "acknowledged", "dispatched", "on_scene", "contained"];
/** What every ranger may do in an incident that was opened anew. */
const AFRESH: readonly ActionKind[] = [...PROGRESS, "close", "false_alarm"];

/** The order in which buttons stand: as the work in the field goes. */
const ORDER: readonly ActionKind[] = [...PROGRESS, "close", "reopen", "release", "false_alarm"];

/** The state to which an action leads. What lies behind, or only confirms, changes nothing. */
export function stepped(state: State, action: ActionKind): State {
  if (action === "close") return isOver(state) ? state : "closed";
  if (action === "false_alarm") return "false_alarm";
  if (action === "reopen") return "new";
  const reached = PROGRESS.indexOf(action as (typeof PROGRESS)[number]) + 1;
  if (reached === 0 || state === "closed") return state;
  // Who is at the place knows more than who called a false alarm from afar.
  if (state === "false_alarm") return reached >= 3 ? REACHED[reached]! : state;
  return reached > REACHED.indexOf(state) ? REACHED[reached]! : state;
}

/** What the same person may still do afterwards: everybody goes through the steps by themselves. */
function left(may: readonly ActionKind[], action: ActionKind): readonly ActionKind[] {
  if (action === "close" || action === "false_alarm") return ["reopen"];
  if (action === "reopen") return AFRESH;
  const step = PROGRESS.indexOf(action as (typeof PROGRESS)[number]);
  const ahead = may.filter((one) => PROGRESS.indexOf(one as (typeof PROGRESS)[number]) > step || !PROGRESS.includes(one as never));
  // A fire that is contained was one; it may flare up again.
  return action === "contain" ? [...ahead.filter((one) => one !== "false_alarm"), "reopen"] : ahead;
}

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
  const done = waiting.flatMap(({ work }) => (work.kind === "action" && work.action !== "note" ? [work.action] : []));
  const state = done.reduce(stepped, incident.state);
  const may = done.reduce(left, incident.may);
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
