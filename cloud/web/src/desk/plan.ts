/** The call plan: what it says in words, and what is wrong with it. Pure. */
import { duration } from "../format";
import type { Language, Translate } from "../i18n";
import type { CallStep } from "./wire";

export const MOST_STEPS = 10;
const LONGEST_S = 6 * 3600;

/** "At once: the duty ranger. After 2 min without an answer: whoever is next." */
export function planWords(steps: readonly CallStep[], t: Translate, language: Language): string[] {
  return steps.map(({ after_s, whom }) =>
    after_s === 0
      ? t("plan.at_once", { whom: t(`whom.${whom}`) })
      : t("plan.after", { time: exactTime(after_s, language), whom: t(`whom.${whom}`) }),
  );
}

/** "90 s" stays 90 s: a plan must not be rounded. */
export function exactTime(seconds: number, language: Language): string {
  if (seconds < 60) return duration(seconds, language);
  const whole = duration(Math.floor(seconds / 60) * 60, language);
  const rest = seconds % 60;
  return rest === 0 && seconds < 3600 ? whole : minutesAndSeconds(seconds, language);
}

function minutesAndSeconds(seconds: number, language: Language): string {
  const parts = [[Math.floor(seconds / 3600), 3600], [Math.floor((seconds % 3600) / 60), 60], [seconds % 60, 1]] as const;
  return parts.filter(([n]) => n > 0).map(([n, unit]) => duration(n * unit, language)).join(language === "zh" ? "" : " ");
}

export type PlanRefusal = "first" | "order" | "last" | "long";

/** The rules of fieldwatch_cloud.calls.plan, told while one still edits. */
export function planRefusal(steps: readonly CallStep[]): PlanRefusal | null {
  if (steps[0]?.after_s !== 0) return "first";
  if (steps.some((one, i) => i > 0 && !(one.after_s > steps[i - 1]!.after_s))) return "order";
  if (steps.at(-1)!.after_s > LONGEST_S) return "long";
  return steps.at(-1)!.whom === "managers" || steps.at(-1)!.whom === "all" ? null : "last";
}

/** One more step, after the last, that keeps the plan sound. */
export function withStep(steps: readonly CallStep[]): CallStep[] {
  const last = steps.at(-1);
  return [...steps, last ? { after_s: last.after_s + 300, whom: "all" } : { after_s: 0, whom: "duty" }];
}
