/** A gate in the form: percent by danger, and back to what the cloud keeps. Pure. */
import { DANGER_CLASSES, type DangerClass, type Gate } from "./wire";

/** Of a confidence; with one digit behind the point at most. */
export function percentOf(confidence: number): number {
  return Math.round(confidence * 1000) / 10;
}

/** Percent of each class that is named, in the order of danger. */
export function gateParts(least: Gate["least"]): { danger: DangerClass; percent: number }[] {
  return DANGER_CLASSES.flatMap((danger) => {
    const value = least[danger];
    return value === undefined ? [] : [{ danger, percent: percentOf(value) }];
  });
}

/** From the form's fields, named as the classes. null: no class has a number, which would be no gate. */
export function leastOf(form: FormData): Partial<Record<DangerClass, number>> | null {
  const named = DANGER_CLASSES.flatMap((danger) => {
    const value = form.get(danger);
    return typeof value === "string" && value.trim() !== "" ? [[danger, Number(value) / 100] as const] : [];
  });
  return named.length > 0 ? Object.fromEntries(named) : null;
}
