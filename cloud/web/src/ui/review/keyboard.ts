/** The keyboard on the review page: everything that the mouse does. */
import { redo, remove } from "../../review/annotation";
import { commandOf, type Command } from "../../review/keys";
import type { View } from "../view";
import { earlyKey } from "./picker";

const ZOOM = 1.5;
const DIRECTIONS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] } as const;

export function onReviewKey(view: View, event: KeyboardEvent): void {
  const { state, pointer, actions } = view;
  if (state.phase !== "map" || state.page !== "review" || !state.reserve) return;
  const at = event.target instanceof Element ? event.target : document.body;
  if (at.closest("dialog, input, select, textarea") || document.querySelector("dialog[open]")) return;
  if (state.review.picker && event.type === "keydown" && !at.closest(".picker")) {
    if (event.key === "Escape") actions.review.patch({ picker: null });
    else if (event.key !== "Tab" && !at.closest("button, a")) earlyKey(event, view);
    return;
  }
  const onButton = at.closest("button, a, summary") !== null;
  if (event.key === " " && !onButton) {
    pointer.space(event.type === "keydown");
    event.preventDefault();
    return;
  }
  if (event.type !== "keydown" || event.isComposing) return;
  if (onButton && event.key === "Enter") return; // it presses the button
  const command = commandOf(event, state.review.annotation?.selected != null);
  if (!command || (event.repeat && (command === "accept" || command === "blank"))) return;
  event.preventDefault();
  run(view, command);
}

function run(view: View, command: Command): void {
  const { state, actions, pointer } = view;
  const { review } = actions;
  const selected = state.review.annotation?.selected ?? null;
  const [what, detail] = split(command);
  if (what === "name" && detail) {
    const slot = state.review.slots[Number(detail) - 1];
    if (slot) review.name(slot.name);
    return;
  }
  if (what === "move" || what === "size") {
    const [dx, dy] = DIRECTIONS[detail as keyof typeof DIRECTIONS];
    return pointer.nudge(dx, dy, what === "size");
  }
  const simple: Partial<Record<Command, () => void>> = {
    next: () => review.go(1),
    previous: () => review.go(-1),
    accept: review.accept,
    blank: review.blank,
    delete: () => selected !== null && review.change((one) => remove(one, selected)),
    undo: review.undo,
    redo: () => review.change(redo),
    name: () => openPicker(view),
    new: pointer.addInMiddle,
    select_next: () => selectNext(view, 1),
    select_previous: () => selectNext(view, -1),
    release: () => release(view),
    zoom_in: () => pointer.zoom(ZOOM),
    zoom_out: () => pointer.zoom(1 / ZOOM),
    fit: () => review.patch({ viewport: null }),
    hide: () => review.patch({ boxesHidden: !state.review.boxesHidden }),
    clock: review.clock.open,
    numbers: review.toggleNumbers,
    help: () => review.patch({ help: true }),
  };
  simple[command]?.();
}

function split(command: Command): [string, string | undefined] {
  const found = /^(name|move|size)_(\w+)$/.exec(command);
  return found ? [found[1]!, found[2]] : [command, undefined];
}

function openPicker({ state, actions }: View): void {
  const { annotation } = state.review;
  if (!annotation || annotation.labels.length === 0) return;
  if (annotation.selected === null && annotation.labels.length === 1) actions.review.select(0);
  else if (annotation.selected === null) return actions.review.patch({ notice: { key: "review.notice.select" } });
  actions.review.patch({ picker: { query: "", active: 0 } });
}

/** The focus goes along, so that a screen reader says which box it is. */
function selectNext({ actions, store }: View, by: 1 | -1): void {
  actions.review.selectNext(by);
  const { annotation } = store.state.review;
  if (annotation?.selected == null) return;
  const index = annotation.selected;
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const { review } = store.state; // fast fingers may be elsewhere by now
      if (review.picker || review.annotation?.selected !== index) return;
      document.querySelector<SVGElement>(`.label-box[data-index="${index}"]`)?.focus({ preventScroll: true });
    }),
  );
}

function release({ actions, pointer, state }: View): void {
  if (pointer.busy) return pointer.cancel();
  if (state.review.drawing) return actions.review.patch({ drawing: false });
  actions.review.select(null);
  document.querySelector<SVGElement>(".stage svg")?.focus({ preventScroll: true });
}
