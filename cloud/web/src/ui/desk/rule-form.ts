/** A wildlife rule's form. The area is drawn on the map, which then takes the page. */
import { html, nothing, type TemplateResult } from "lit-html";
import { nameWords, offered } from "../../review/names";
import { everydayName } from "../../review/species";
import { WHOM, type NewRule, type Whom } from "../../desk/wire";
import { icon } from "../icons";
import type { View } from "../view";
import { dialog, field, select, text } from "./parts";

export function ruleDialog(view: View, id: string | null): TemplateResult | typeof nothing {
  const { t, state, actions } = view;
  if (state.drawing) return nothing; // the map has the page until the area is drawn
  const draft = state.desk.ruleDraft;
  if (!draft) return nothing;
  const send = (form: FormData) => void actions.desk.saveRule(id, ruleOf(form, draft));
  /** What stands in the form now must survive a change that draws it anew. */
  const draw = (event: Event) => {
    actions.desk.drawRuleArea(ruleOf(new FormData((event.target as HTMLElement).closest("form")!), draft));
  };
  return dialog(view, t(id ? "desk.rule_change" : "desk.rule_add"), html`
    <div class="pair even">
      ${field(t("rule.name"), html`<input name="name" required maxlength="100" value=${draft.name} placeholder=${t("rule.name_example")} />`)}
      ${field(t("rule.name_zh"), html`<input name="name_zh" maxlength="100" value=${draft.name_zh ?? ""} />`)}
    </div>
    ${speciesChooser(view, draft)}
    <div class="field"><span>${t("rule.where")}</span>
      <div class="buttons">
        <span>${t(draft.area ? "rule.in_area" : "rule.in_reserve")}</span>
        <button type="button" class="secondary" @click=${draw}>${icon("polygon")} ${t(draft.area ? "rule.redraw" : "rule.draw")}</button>
        ${draft.area ? html`<button type="button" class="secondary" @click=${() => actions.desk.patch({ ruleDraft: { ...draft, area: null } })}>${t("rule.whole")}</button>` : nothing}
      </div>
    </div>
    <div class="pair even">
      ${field(t("rule.whom"), select("whom", WHOM.map((one) => ({ value: one, words: t(`whom.${one}`) })), draft.whom))}
      ${field(t("rule.least_count"), html`<input name="least_count" type="number" min="1" max="1000" required value=${draft.least_count} />`)}
      ${field(t("rule.least_confidence"), html`<input name="least_confidence" type="number" min="0" max="100" required value=${Math.round(draft.least_confidence * 100)} />`)}
      ${field(t("rule.cooldown"), html`<input name="cooldown" type="number" min="0" max="1440" required value=${Math.round(draft.cooldown_s / 60)} />`, t("rule.cooldown_hint"))}
      ${field(t("rule.quiet_from"), html`<input name="quiet_from" type="time" value=${draft.quiet_from?.slice(0, 5) ?? ""} />`)}
      ${field(t("rule.quiet_to"), html`<input name="quiet_to" type="time" value=${draft.quiet_to?.slice(0, 5) ?? ""} />`)}
    </div>
    <p class="muted small">${t("rule.quiet_hint")}</p>`, { submit: t("desk.save"), send });
}

/** Everyday names in the page's language to choose from, as on the review page; any scientific name can be typed. */
function speciesChooser({ t, state, actions }: View, draft: NewRule): TemplateResult {
  const { language } = state;
  const known = offered(state.review.taxa).filter((one) => one.kind === "animal" && one.scientific_name !== null);
  const set = (scientific_names: string[]) => actions.desk.patch({ ruleDraft: { ...draft, scientific_names } });
  const choose = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const typed = input.value.trim();
    if (!typed) return;
    const found = known.find((one) => one.scientific_name === typed || nameWords(one, language, t) === typed)?.scientific_name;
    const name = found ?? typed[0]!.toUpperCase() + typed.slice(1);
    input.value = "";
    if (!draft.scientific_names.includes(name)) set([...draft.scientific_names, name]);
  };
  return html`
    <label class="field"><span>${t("rule.species")}</span>
      <input list="rule-species" autocomplete="off" placeholder=${t("rule.species_hint")} @change=${choose} data-field="species" />
      <datalist id="rule-species">${known.map((one) => html`<option value=${nameWords(one, language, t)}>${one.scientific_name}</option>`)}</datalist>
    </label>
    <ul class="chips">
      ${draft.scientific_names.length === 0 ? html`<li class="muted small">${t("rule.any")}</li>` : nothing}
      ${draft.scientific_names.map((name) => html`<li class="chip">${everydayName(name, language) ?? name}
        <button type="button" class="quiet" aria-label=${t("rule.remove_species", { name: everydayName(name, language) ?? name })}
          @click=${() => set(draft.scientific_names.filter((one) => one !== name))}>${icon("cross")}</button></li>`)}
    </ul>`;
}

export function ruleOf(form: FormData, draft: NewRule): NewRule {
  const number = (name: string) => Number(text(form, name) ?? 0);
  return {
    ...draft, name: text(form, "name") ?? "", name_zh: text(form, "name_zh") ?? null,
    least_confidence: number("least_confidence") / 100, least_count: number("least_count"), cooldown_s: number("cooldown") * 60,
    quiet_from: text(form, "quiet_from") ?? null, quiet_to: text(form, "quiet_to") ?? null, whom: text(form, "whom") as Whom,
  };
}
