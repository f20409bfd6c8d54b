/** Naming a box: type to search in any language, or press a digit for what was used lately. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { target, sameName, type Name } from "../../review/annotation";
import { nameWords, offered, search, typedName } from "../../review/names";
import { SPECIES } from "../../review/species";
import { icon } from "../icons";
import { scientific } from "../live";
import type { View } from "../view";
import { focusPicture } from "./page";

const SHOWN = 40;

export function picker(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { picker: open, annotation } = state.review;
  const names = found(view);
  const active = Math.min(open!.active, names.length - 1);
  const index = annotation && target(annotation);
  const close = () => closePicker(view);
  const type = (event: Event) => actions.review.patch({ picker: { query: (event.target as HTMLInputElement).value, active: 0 } });
  return html`
    <div class="picker">
      <header>
        <h3 id="picker-heading">${t("review.picker")}${index === null ? nothing : html` <span class="muted">${index + 1}</span>`}</h3>
        <button class="quiet compact" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
      </header>
      <input
        role="combobox" aria-expanded="true" aria-controls="picker-names" aria-autocomplete="list" autocomplete="off" spellcheck="false"
        aria-label=${t("review.picker.label")} aria-activedescendant=${names.length > 0 ? `name-${active}` : nothing}
        placeholder=${t("review.picker.hint")} .value=${open!.query} ${ref(focusOnce)}
        @input=${type} @keydown=${(event: KeyboardEvent) => key(event, view)}
      />
      ${names.length === 0 ? html`<p class="muted small">${t("review.picker.none")}</p>` : nothing}
      <ul role="listbox" id="picker-names" aria-labelledby="picker-heading">
        ${names.map((name, i) => option(view, name, i, i === active))}
      </ul>
    </div>
  `;
}

function option(view: View, name: Name, i: number, active: boolean): TemplateResult {
  const { t, state } = view;
  const { slots, picker: open } = state.review;
  const words = nameWords(name, state.language, t);
  const slot = slots.findIndex((one) => sameName(one.name, name));
  const typed = name.scientific_name !== null && !SPECIES.has(name.scientific_name) && open!.query !== "" && sameName(typedName(open!.query) ?? name, name);
  return html`
    <li role="option" id=${`name-${i}`} aria-selected=${active} class="picker-name" data-name=${name.scientific_name ?? name.kind}
      @click=${() => pick(view, name)} ${ref((element) => active && element?.scrollIntoView({ block: "nearest" }))}>
      <span class="picker-words"><span class="name">${words}</span>${scientific(name.scientific_name, words)}</span>
      ${typed ? html`<span class="muted small">${t("review.picker.typed")}</span>` : nothing}
      ${slot >= 0 ? html`<kbd title=${t("review.picker.recent", { n: slot + 1 })}>${slot + 1}</kbd>` : nothing}
    </li>
  `;
}

/** What was used lately first, by its digit, as long as nothing is typed. */
function found({ state, t }: View): Name[] {
  const { taxa, slots, picker: open } = state.review;
  const all = offered(taxa);
  if (open!.query.trim()) {
    return search(open!.query, all, (name) => [nameWords(name, state.language, t)]).slice(0, SHOWN);
  }
  const recent = slots.map((slot) => slot.name);
  return [...recent, ...all.filter((name) => !recent.some((one) => sameName(one, name)))].slice(0, SHOWN);
}

function pick(view: View, name: Name): void {
  view.actions.review.name(name);
  focusPicture();
}

function closePicker({ actions }: View): void {
  actions.review.patch({ picker: null });
  focusPicture();
}

function key(event: KeyboardEvent, view: View): void {
  if (event.isComposing) return; // Enter then ends the input method's word
  // The state as it is now: who types fast presses Enter before the list was drawn anew.
  const { actions, store: { state } } = view;
  if (!state.review.picker) return;
  const { query } = state.review.picker;
  const names = found({ ...view, state });
  const active = Math.min(state.review.picker.active, names.length - 1);
  const move = (by: number) => {
    if (names.length === 0) return;
    actions.review.patch({ picker: { query, active: (active + by + names.length) % names.length } });
  };
  const digit = query === "" && /^[1-9]$/.test(event.key) ? state.review.slots[Number(event.key) - 1] : undefined;
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && names[active]) pick(view, names[active]);
  else if (event.key === "Escape") closePicker(view);
  else if (digit) pick(view, digit.name);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** A key that was pressed while the picker is open and its field has not got the keyboard yet. */
export function earlyKey(event: KeyboardEvent, view: View): void {
  const { actions, store } = view;
  const open = store.state.review.picker;
  const types = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!types || !open || (open.query === "" && /^[1-9]$/.test(event.key))) return key(event, view);
  const field = document.querySelector<HTMLInputElement>(".picker input");
  if (field) return field.focus({ preventScroll: true }); // what was typed then goes there
  event.preventDefault();
  actions.review.patch({ picker: { query: open.query + event.key, active: 0 } });
}

let focused: Element | undefined;

/** The field has the keyboard as soon as it is there, and not again at every change. */
function focusOnce(element: Element | undefined): void {
  if (element === focused) return;
  focused = element;
  if (element) queueMicrotask(() => (element as HTMLElement).focus({ preventScroll: true }));
}
