/** Who was called, and how far each call came. Pure. */
import type { Delivery, Incident } from "../wire";

/** How far a call came, from nowhere to an answer. */
const FURTHER: readonly Delivery["state"][] = ["failed", "cancelled", "queued", "sent", "delivered", "opened", "answered"];

export interface Called {
  /** null: a system of the reserve. */
  readonly name: string | null;
  readonly deliveries: readonly Delivery[];
}

/** One entry a person, in the order in which they were first called; news for those who know already do not count. */
export function calledPeople(deliveries: readonly Delivery[]): Called[] {
  const people = new Map<string, Delivery[]>();
  for (const one of deliveries) {
    if (one.kind === "update") continue;
    const key = one.account ?? `system ${one.device}`;
    people.set(key, [...(people.get(key) ?? []), one]);
  }
  return [...people.values()].map((own) => ({ name: own[0]!.account, deliveries: own }));
}

/** The call that came furthest. */
export function furthest(deliveries: readonly Delivery[]): Delivery {
  return deliveries.reduce((best, one) => (FURTHER.indexOf(one.state) > FURTHER.indexOf(best.state) ? one : best));
}

/** Nobody has said yet that he takes care of it. */
export function waitsForAnswer(incident: Pick<Incident, "state" | "held_back" | "merged_into">): boolean {
  return incident.state === "new" && !incident.held_back && !incident.merged_into;
}
