/** What a person says about one picture while working on it: boxes with names, one of them selected, and every step
 * back. Pure: each change gives a new annotation. */
import type { Label, Proposal, ReviewItem } from "../wire";
import { smallest, within, type Box } from "./geometry";

export type Kind = Label["kind"];
/** What a box can be called. */
export interface Name {
  readonly kind: Kind;
  /** Of animals; null: an animal of some kind. */
  readonly scientific_name: string | null;
}

export interface Annotation {
  readonly labels: readonly Label[];
  readonly selected: number | null;
  readonly past: readonly (readonly Label[])[];
  readonly future: readonly (readonly Label[])[];
  /** The labels as the page opened them: what "all right" accepts. */
  readonly opened: readonly Label[];
}

/** One that is not told more: "animal, unknown" is a legitimate answer. */
export const UNKNOWN_ANIMAL: Name = { kind: "animal", scientific_name: null };
const STEPS_KEPT = 200;

export function begin(opened: readonly Label[], now: readonly Label[] = opened): Annotation {
  return { labels: now, selected: null, past: sameLabels(opened, now) ? [] : [opened], future: [], opened };
}

/** The picture was read anew: the box that somebody selected meanwhile stays so where the answer is the same. */
export function reread(annotation: Annotation, opened: readonly Label[]): Annotation {
  const begun = begin(opened);
  return sameLabels(annotation.labels, opened) ? select(begun, annotation.selected) : begun;
}

/** What a picture is opened with: a person's labels, else what the detectors proposed. */
export function openedWith(item: Pick<ReviewItem, "labels" | "proposals" | "width" | "height">): Label[] {
  if (item.labels) return item.labels;
  return item.proposals.flatMap((one) => (one.box ? [accepted(one, one.box, item)] : []));
}

function accepted({ kind, scientific_name, count }: Proposal, box: Box, picture: { width: number; height: number }): Label {
  const named = kind === "animal" || kind === "human" ? scientific_name : null;
  return { kind, scientific_name: named, count, box: within(box, smallest(picture)) };
}

/** What detectors said without saying where; a person has to draw it, or to leave it away. */
export function withoutBox(item: Pick<ReviewItem, "labels" | "proposals">): Proposal[] {
  return item.labels ? [] : item.proposals.filter((one) => one.box === null);
}

export function isChanged(annotation: Annotation): boolean {
  return !sameLabels(annotation.labels, annotation.opened);
}

/** Whether two people say the same. The cloud keeps boxes in single precision, so they differ in the last digits. */
export function sameLabels(a: readonly Label[], b: readonly Label[]): boolean {
  return a.length === b.length && a.every((one, i) => sameLabel(one, b[i]!));
}

function sameLabel(a: Label, b: Label): boolean {
  const near = (key: keyof Box) => Math.abs(a.box[key] - b.box[key]) < 1e-5;
  return sameName(a, b) && a.count === b.count && near("x") && near("y") && near("width") && near("height");
}

export function sameName(a: Name, b: Name): boolean {
  return a.kind === b.kind && a.scientific_name === b.scientific_name;
}

// Changes --------------------------------------------------------------------------------------------

function changed(annotation: Annotation, labels: readonly Label[], selected = annotation.selected): Annotation {
  if (sameLabels(labels, annotation.labels)) return { ...annotation, selected };
  const past = [...annotation.past, annotation.labels].slice(-STEPS_KEPT);
  return { ...annotation, labels, selected, past, future: [] };
}

export function select(annotation: Annotation, selected: number | null): Annotation {
  const exists = selected !== null && selected in annotation.labels;
  return { ...annotation, selected: exists ? selected : null };
}

/** The box after the selected one (-1: before), round and round; the first where none is. */
export function selectNext(annotation: Annotation, by: 1 | -1): Annotation {
  const n = annotation.labels.length;
  if (n === 0) return annotation;
  const from = annotation.selected ?? (by === 1 ? -1 : n);
  return select(annotation, (from + by + n) % n);
}

export function add(annotation: Annotation, box: Box, name: Name): Annotation {
  return changed(annotation, [...annotation.labels, { ...name, box, count: 1 }], annotation.labels.length);
}

export function place(annotation: Annotation, index: number, box: Box): Annotation {
  return changed(annotation, annotation.labels.map((one, i) => (i === index ? { ...one, box } : one)), index);
}

export function rename(annotation: Annotation, index: number, { kind, scientific_name }: Name): Annotation {
  const labels = annotation.labels.map((one, i) => (i === index ? { ...one, kind, scientific_name } : one));
  return changed(annotation, labels, index);
}

/** How many individuals a box holds: more than one where a herd cannot be told apart. */
export function recount(annotation: Annotation, index: number, count: number): Annotation {
  const whole = Math.max(1, Math.round(count) || 1);
  return changed(annotation, annotation.labels.map((one, i) => (i === index ? { ...one, count: whole } : one)), index);
}

export function remove(annotation: Annotation, index: number): Annotation {
  return changed(annotation, annotation.labels.filter((_, i) => i !== index), null);
}

export function clear(annotation: Annotation): Annotation {
  return changed(annotation, [], null);
}

export function undo(annotation: Annotation): Annotation {
  const labels = annotation.past.at(-1);
  if (!labels) return annotation;
  return {
    ...annotation, labels, selected: kept(annotation.selected, labels), past: annotation.past.slice(0, -1),
    future: [...annotation.future, annotation.labels],
  };
}

export function redo(annotation: Annotation): Annotation {
  const labels = annotation.future.at(-1);
  if (!labels) return annotation;
  return {
    ...annotation, labels, selected: kept(annotation.selected, labels), past: [...annotation.past, annotation.labels],
    future: annotation.future.slice(0, -1),
  };
}

function kept(selected: number | null, labels: readonly Label[]): number | null {
  return selected !== null && selected < labels.length ? selected : null;
}

/** The box that a name is meant for: the selected one, or the only one. */
export function target(annotation: Annotation): number | null {
  return annotation.selected ?? (annotation.labels.length === 1 ? 0 : null);
}
