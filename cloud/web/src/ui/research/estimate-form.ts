/** The form of a method's options, made from their JSON Schema. */
import { html, nothing, type TemplateResult } from "lit-html";
import { choiceWords, hintWords, optionWords } from "../../i18n/options";
import { fieldsOf, parsed, shown, type Field } from "../../research/schema";
import type { Method } from "../../research/wire";
import type { View } from "../view";

/** What a first look needs not know. */
const RARE = ["level", "join_within_m", "least_effort", "site_covariates", "seed", "replicates", "adjust", "table", "largest"];

export function optionsForm(view: View, method: Method): TemplateResult {
  const { t } = view;
  const fields = fieldsOf(method.options);
  const [rare, plain] = [fields.filter((one) => RARE.includes(one.name)), fields.filter((one) => !RARE.includes(one.name))];
  const all = (some: readonly Field[]) => html`<div class="options">${some.map((one) => control(view, method, one))}</div>`;
  return html`
    ${plain.length ? all(plain) : nothing}
    ${rare.length ? html`<details><summary>${t("research.estimate.more")}</summary>${all(rare)}</details>` : nothing}
  `;
}

function control(view: View, method: Method, field: Field): TemplateResult {
  const { state, actions } = view;
  const value = state.research.estimate.options[method.name]?.[field.name];
  const set = (next: unknown) => actions.research.estimate.option(method.name, field.name, next);
  if (field.kind === "group") return group(view, field, (value ?? null) as Record<string, unknown> | null, set);
  return one(view, field, value, set);
}

/** A number with its standard error, and what else belongs together: given as a whole or not at all. */
function group(view: View, field: Field, value: Record<string, unknown> | null, set: (value: unknown) => void): TemplateResult {
  const { state } = view;
  const change = (name: string, next: unknown) => {
    const rest = Object.entries({ ...value, [name]: next ?? undefined }).filter(([, each]) => each !== undefined);
    set(rest.length ? Object.fromEntries(rest) : undefined);
  };
  return html`
    <fieldset class="group" data-option=${field.name}>
      <legend>${optionWords(field, state.language)}</legend>
      <div class="pair even">${field.fields.map((each) => one(view, each, value?.[each.name], (next) => change(each.name, next)))}</div>
      ${hint(view, field)}
    </fieldset>
  `;
}

function one(view: View, field: Field, value: unknown, set: (value: unknown) => void): TemplateResult {
  const { t, state } = view;
  const words = optionWords(field, state.language);
  const current = value === undefined ? field.initial : value;
  if (field.kind === "switch") {
    return html`<label class="check" data-option=${field.name}><input type="checkbox" .checked=${current === true}
      @change=${(event: Event) => set((event.target as HTMLInputElement).checked)} /> ${words}</label>`;
  }
  if (field.kind === "choice") {
    return html`<label class="field" data-option=${field.name}>${words}
      <select @change=${(event: Event) => set(parsed(field, (event.target as HTMLSelectElement).value))}>
        ${field.choices.map((choice) => html`<option value=${choice} ?selected=${choice === current}>${choiceWords(String(choice), state.language)}</option>`)}
      </select>${hint(view, field)}</label>`;
  }
  const change = (event: Event) => {
    const input = event.target as HTMLInputElement | HTMLTextAreaElement;
    const typed = parsed(field, input.value);
    input.setCustomValidity(typed === undefined ? t(field.kind === "rows" ? "research.option.bad_rows" : "research.option.bad", { columns: field.fields.map((each) => each.name).join(", ") }) : "");
    if (typed === undefined) input.reportValidity();
    else set(typed === null ? undefined : typed);
  };
  const long = field.kind === "rows" || field.kind === "json";
  return html`<label class="field ${long ? "long" : ""}" data-option=${field.name}>${words}
    ${long
      ? html`<textarea rows="4" spellcheck="false" ?required=${field.required} placeholder=${field.fields.map((each) => each.name).join(",")} .value=${shown(field, current)} @change=${change}></textarea>`
      : html`<input .value=${shown(field, current)} ?required=${field.required} inputmode=${field.kind === "number" || field.kind === "integer" ? "decimal" : "text"} @change=${change} />`}
    ${hint(view, field)}</label>`;
}

function hint({ state }: View, field: Field): TemplateResult | typeof nothing {
  const words = hintWords(field, state.language);
  return words ? html`<span class="small muted">${words}</span>` : nothing;
}
