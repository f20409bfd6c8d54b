/** How boxes look: told apart by colours that colour-blind people can tell apart too (Okabe and Ito), and by number and
 * name. Orange and red stay fire's. Pure. */
import type { Box, Point, Size } from "../../review/geometry";
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

/** Where the names go, so that none covers another as far as there is room: above its box, else below, else within.
 * All in CSS pixels. `first`: this one chooses before the others. */
export function namePlaces(boxes: readonly Box[], sizes: readonly Size[], stage: Size, first: number | null): Point[] {
  const taken: Box[] = [];
  const places: Point[] = [];
  const order = boxes.map((_, i) => i).sort((a, b) => Number(b === first) - Number(a === first));
  for (const i of order) {
    const [box, { width, height }] = [boxes[i]!, sizes[i]!];
    const x = Math.min(Math.max(box.x - 1, 0), Math.max(0, stage.width - width));
    const rows = [box.y - height - 3, box.y + box.height + 3, box.y + 4, box.y + box.height - height - 4];
    const inside = rows.filter((y) => y >= 0 && y + height <= stage.height);
    const free = inside.find((y) => !taken.some((other) => overlap(other, { x, y, width, height })));
    const y = free ?? inside[0] ?? Math.min(Math.max(box.y, 0), Math.max(0, stage.height - height));
    places[i] = { x, y };
    taken.push({ x, y, width, height });
  }
  return places;
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
