/** Why an incident called nobody, in the reader's language; what is not known here stays as it came. Pure. */
import { heldBy } from "../held";
import type { Translate } from "../i18n";

export function heldWords(reason: string, t: Translate): string {
  const held = heldBy(reason);
  if (held === null) return reason;
  if (held.why === "confidence") return t("held.confidence", { ...held, danger: t(`danger.${held.danger}`) });
  return t(`held.${held.why}`, held.why === "flood" ? { count: held.count } : {});
}
