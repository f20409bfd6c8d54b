/** Why an incident called nobody. The cloud says it in English, for the record (fieldwatch_cloud.incidents.gate and
 * .fuse); here it is taken apart, so that the map and the phone can each say it in their own words. Pure. */
import type { DangerClass } from "./desk/wire";

const GATE = /^confidence ([\d.e-]+) under ([\d.e-]+) for (low|moderate|high|very high|extreme) danger$/;
const FLOOD = /^(\d+) other fires of this camera call people already/;

export type Held =
  | { why: "confidence"; confidence: string; least: string; danger: DangerClass }
  | { why: "flood"; count: string }
  | { why: "hotspot" }
  | { why: "false_alarm" };

/** null: a later cloud says something new. */
export function heldBy(reason: string): Held | null {
  const gate = GATE.exec(reason);
  if (gate) {
    const [, confidence, least, danger] = gate as unknown as [string, string, string, string];
    return { why: "confidence", confidence, least, danger: danger.replace(" ", "_") as DangerClass };
  }
  const flood = FLOOD.exec(reason);
  if (flood) return { why: "flood", count: flood[1] as string };
  if (reason.startsWith("a hotspot of low confidence")) return { why: "hotspot" };
  return reason.startsWith("the same camera saw it there when it was a false alarm") ? { why: "false_alarm" } : null;
}
