/** How boxes look: told apart by colours that colour-blind people can tell apart too (Okabe and Ito), and by number and
 * name. Orange and red stay fire's. Pure. */
import type { Label, ReviewItem } from "../../wire";
import { openedWith, sameLabels, sameName } from "../../review/annotation";

const COLOURS = 4;

/** A class for the box: fire and smoke have theirs, every other name the next of four. */
export function colourOf(labels: readonly Label[], label: Label): string {
  if (label.kind === "smoke" || label.kind === "fire") return label.kind;
  const others = labels.filter((one) => one.kind !== "smoke" && one.kind !== "fire");
  const names = others.filter((one, i) => others.findIndex((other) => sameName(one, other)) === i);
  return `colour-${names.findIndex((one) => sameName(one, label)) % COLOURS}`;
}

/** How sure the detector was of exactly this box with this name; null where a person changed it. */
export function confidenceOf(item: ReviewItem, label: Label): number | null {
  if (item.labels !== null) return null;
  const found = item.proposals.find(
    (one) => one.box && sameLabels(openedWith({ ...item, proposals: [one] }), [label]),
  );
  return found?.confidence ?? null;
}

export function isProposal(item: ReviewItem, label: Label): boolean {
  return confidenceOf(item, label) !== null;
}
