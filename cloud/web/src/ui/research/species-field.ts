/** Choosing species: type in English, Chinese or Latin, as on the review page. Those chosen stand as buttons below. */
import { html, nothing, type TemplateResult } from "lit-html";
import { nameWords, offered, search } from "../../review/names";
import { taxonWords } from "../../research/words";
import { icon } from "../icons";
import { scientific } from "../live";
import type { View } from "../view";

const SHOWN = 12;

export function speciesField(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { typing, route } = state.research;
  const names = typing.open ? found(view) : [];
  const active = Math.min(typing.active, names.length - 1);
  const type = (change: Partial<typeof typing>) => actions.research.patch({ typing: { ...typing, ...change } });
  return html`
    <div class="species-field">
      <label for="ask-species">${t("count.taxon")}</label>
      <div class="combo">
        <input
          id="ask-species" role="combobox" autocomplete="off" spellcheck="false" aria-autocomplete="list" aria-controls="ask-species-names"
          aria-expanded=${names.length > 0} aria-activedescendant=${names.length > 0 ? `ask-species-${active}` : nothing}
          placeholder=${t("research.species_hint")} .value=${typing.query}
          @input=${(event: Event) => type({ query: (event.target as HTMLInputElement).value, active: 0, open: true })}
          @focus=${() => type({ open: true })} @blur=${() => type({ open: false })}
          @keydown=${(event: KeyboardEvent) => key(event, view)}
        />
        <ul role="listbox" id="ask-species-names" aria-label=${t("count.taxon")} ?hidden=${names.length === 0}>
          ${names.map((name, i) => {
            const words = taxonWords(name, state.language, t);
            return html`<li role="option" id=${`ask-species-${i}`} aria-selected=${i === active} data-name=${name}
              @mousedown=${(event: Event) => { event.preventDefault(); choose(view, name); }}>${words}${scientific(name, words)}</li>`;
          })}
        </ul>
      </div>
      ${route.question.species.length === 0
        ? html`<p class="small muted">${t("count.taxon_all")}</p>`
        : html`<ul class="chips">${route.question.species.map((name) => {
            const words = taxonWords(name, state.language, t);
            return html`<li><button type="button" class="chip" data-chosen=${name} aria-label=${t("research.species_remove", { name: words })}
              @click=${() => without(view, name)}>${words} ${icon("cross")}</button></li>`;
          })}</ul>`}
    </div>
  `;
}

function found({ state, t }: View): string[] {
  const { taxa, typing, route } = state.research;
  const all = offered(taxa).filter((one) => one.kind === "animal" && one.scientific_name !== null);
  const matching = search(typing.query, all, (name) => [nameWords(name, state.language, t)]);
  return matching.map((one) => one.scientific_name!).filter((one) => !route.question.species.includes(one)).slice(0, SHOWN);
}

function choose({ state, actions }: View, name: string): void {
  actions.research.patch({ typing: { query: "", active: 0, open: false } });
  actions.research.change({ species: [...state.research.route.question.species, name] });
}

function without({ state, actions }: View, name: string): void {
  actions.research.change({ species: state.research.route.question.species.filter((one) => one !== name) });
  document.getElementById("ask-species")?.focus(); // the button is gone with what it stood for
}

function key(event: KeyboardEvent, view: View): void {
  if (event.isComposing) return; // Enter then ends the input method's word
  // The state as it is now: who types fast presses Enter before the list was drawn anew.
  const now = { ...view, state: view.store.state };
  const { typing } = now.state.research;
  const names = typing.open ? found(now) : [];
  const active = Math.min(typing.active, names.length - 1);
  const set = (change: Partial<typeof typing>) => view.actions.research.patch({ typing: { ...typing, ...change } });
  const move = (by: number) => set(typing.open && names.length ? { active: (active + by + names.length) % names.length } : { open: true });
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter") names[active] && choose(now, names[active]);
  else if (event.key === "Escape" && typing.open) set({ open: false });
  else if (event.key === "Backspace" && typing.query === "" && now.state.research.route.question.species.length) {
    without(now, now.state.research.route.question.species.at(-1)!);
  } else return;
  event.preventDefault();
}
