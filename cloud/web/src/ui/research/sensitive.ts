/** For managers: species whose places rangers and technicians see blurred. The list is kept as a whole. */
import { html, nothing, type TemplateResult } from "lit-html";
import { typedName } from "../../review/names";
import type { Sensitive } from "../../research/wire";
import { taxonWords } from "../../research/words";
import { significant } from "../../format";
import { card } from "../desk/parts";
import { icon } from "../icons";
import { scientific } from "../live";
import type { View } from "../view";

const BLUR = 10_000; // m, as many atlases do

export function sensitiveCard(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { sensitive, draft } = state.research.files;
  const { files } = actions.research;
  const list = draft ?? sensitive ?? [];
  return card(t("research.sensitive"), html`
    <p>${t("research.sensitive.what")}</p>
    ${list.length === 0 ? html`<p class="muted">${t("research.sensitive.none")}</p>` : html`<ul class="sensitive">${list.map((one, i) => row(view, list, one, i))}</ul>`}
    <form class="pair even" @submit=${(event: SubmitEvent) => add(event, view, list)}>
      <label class="field">${t("count.species")}<input name="name" list="sensitive-names" autocomplete="off" spellcheck="false" required placeholder="Panthera uncia" /></label>
      <datalist id="sensitive-names">${state.research.taxa.map((one) => (one.scientific_name ? html`<option value=${one.scientific_name}>${taxonWords(one.scientific_name, state.language, t)}</option>` : nothing))}</datalist>
      <label class="field">${t("research.sensitive.blur")}<input name="blur" type="number" min="0.1" max="100" step="0.1" .value=${String(BLUR / 1000)} required /></label>
      <button class="secondary">${icon("plus")} ${t("research.sensitive.add")}</button>
    </form>
    ${draft
      ? html`<div class="buttons"><button class="primary" data-action="keep-sensitive" @click=${() => void files.keepSensitive(draft)}>${t("desk.save")}</button>
          <button class="secondary" @click=${() => files.set({ draft: null })}>${t("desk.cancel")}</button></div>`
      : nothing}
  `, nothing, "sensitive");
}

function row({ t, state, actions }: View, list: readonly Sensitive[], one: Sensitive, at: number): TemplateResult {
  const name = taxonWords(one.scientific_name, state.language, t);
  return html`
    <li data-species=${one.scientific_name}>
      <span>${name}${scientific(one.scientific_name, name)}</span>
      <span>${t("research.sensitive.of", { km: significant(one.blur_m / 1000, state.language) })}</span>
      <button class="quiet compact" aria-label=${t("research.species_remove", { name })}
        @click=${() => actions.research.files.set({ draft: list.filter((_, i) => i !== at) })}>${icon("trash")}</button>
    </li>
  `;
}

function add(event: SubmitEvent, { actions, t }: View, list: readonly Sensitive[]): void {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const field = form.elements.namedItem("name") as HTMLInputElement;
  const name = typedName(field.value)?.scientific_name;
  field.setCustomValidity(name ? "" : t("research.sensitive.no_name"));
  if (!name) return void field.reportValidity();
  const blur_m = Math.round(Number((form.elements.namedItem("blur") as HTMLInputElement).value) * 1000);
  actions.research.files.set({ draft: [...list.filter((one) => one.scientific_name !== name), { scientific_name: name, blur_m }] });
  form.reset();
}
