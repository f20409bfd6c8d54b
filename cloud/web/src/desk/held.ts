/** Why an incident called nobody, in the reader's language. The cloud says it in English, for the record
 * (fieldwatch_cloud.incidents.gate); what is not known here stays as it came. Pure. */
import { wordFor, type Translate } from "../i18n";

export function heldWords(reason: string, t: Translate): string {
  const gate = /^confidence ([\d.e-]+) under ([\d.e-]+) for (low|moderate|high|very high|extreme) danger$/.exec(reason);
  if (gate) {
    const [, confidence, least, danger] = gate as unknown as [string, string, string, string];
    return t("held.confidence", { confidence, least, danger: wordFor(t, "danger", danger.replace(" ", "_")) });
  }
  const flood = /^(\d+) other fires of this camera call people already/.exec(reason);
  if (flood) return t("held.flood", { count: flood[1] as string });
  return reason.startsWith("a hotspot of low confidence") ? t("held.hotspot") : reason;
}
