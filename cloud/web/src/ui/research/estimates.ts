/** Estimates: choose a method by the question that it answers, fill in what it needs, read number and verdict. */
import { html, nothing, type TemplateResult } from "lit-html";
import { methodOf } from "../../research/estimate-actions";
import { spanIn } from "../../research/question";
import type { Method } from "../../research/wire";
import { taxonWords } from "../../research/words";
import { card } from "../desk/parts";
import { zoneOf, type View } from "../view";
import { optionsForm } from "./estimate-form";
import { estimateResult } from "./estimate-result";
import { failed } from "./parts";

export function estimatesSection(view: View): TemplateResult {
  const { t, state } = view;
  const { methods } = state.research;
  const method = methodOf(state.research);
  return card(t("research.section.estimates"), html`
    ${methods ? choice(view, methods, method) : nothing}
    ${method ? ask(view, method) : html`<p class="muted">${t("research.estimate.choose")}</p>`}
    ${result(view)}
  `, nothing, "estimates");
}

function choice({ t, state, actions }: View, methods: readonly Method[], chosen: Method | null): TemplateResult {
  const zh = state.language === "zh";
  return html`
    <label class="field">${t("research.estimate.method")}
      <select name="method" @change=${(event: Event) => actions.research.go({ method: (event.target as HTMLSelectElement).value || null }, true)}>
        <option value="" ?selected=${chosen === null}>${t("research.estimate.none")}</option>
        ${methods.map((one) => html`<option value=${one.name} ?selected=${one.name === chosen?.name}>${zh ? one.title_zh : one.title} – ${zh ? one.answers_zh : one.answers}</option>`)}
      </select></label>
  `;
}

function ask(view: View, method: Method): TemplateResult {
  const { t, state, actions } = view;
  const zh = state.language === "zh";
  const { estimate } = state.research;
  const submit = (event: Event) => {
    event.preventDefault();
    void actions.research.estimate.run();
  };
  return html`
    <div class="method">
      <p class="answers">${zh ? method.answers_zh : method.answers}</p>
      <p><span class="muted">${t("research.estimate.needs")}</span> ${zh ? method.needs_zh : method.needs}</p>
      <details>
        <summary>${t("research.estimate.assumptions", { n: method.assumptions.length })}</summary>
        <ul class="assumptions">${(zh ? method.assumptions_zh : method.assumptions).map((one) => html`<li>${one}</li>`)}</ul>
        <p class="small muted">${t("research.estimate.source")} <cite lang="en">${method.source}</cite></p>
      </details>
    </div>
    <form class="estimate-form" @submit=${submit}>
      ${taxa(view, method)}
      ${optionsForm(view, method)}
      <button class="primary" ?disabled=${estimate.busy || spanIn(state.research.route.question, groundOf(view)) === null}>
        ${t(estimate.busy ? "research.estimate.busy" : "research.estimate.run")}</button>
    </form>
    ${failed(view, typeof estimate.failure === "string" ? `estimate_${estimate.failure}` : estimate.failure)}
  `;
}

function groundOf({ state }: View) {
  return { zones: state.zones, deployments: state.deployments, timezone: zoneOf(state), now: state.now };
}

/** Of whom: the species of the question, and where the method compares two, a second one. */
function taxa(view: View, method: Method): TemplateResult {
  const { t, state, actions } = view;
  const { taxa, route, estimate } = state.research;
  const { species } = route.question;
  const seen = taxa.flatMap((one) => (one.kind === "animal" && one.scientific_name ? [one.scientific_name] : []));
  const names = [...new Set([...species, ...seen])];
  const option = (name: string, chosen: boolean) => html`<option value=${name} ?selected=${chosen}>${taxonWords(name, state.language, t)}</option>`;
  if (method.taxa === "any") return html`<p class="small muted">${species.length ? t("research.estimate.these") : t("research.estimate.all")}</p>`;
  if (species.length > 1 && method.taxa === "one") return html`<p class="note small">${t("research.estimate.pooled", { n: species.length })}</p>`;
  const second = estimate.other ?? species[1] ?? "";
  return html`
    <div class="pair even">
      <label class="field">${t("count.taxon")}
        <select name="taxon" @change=${(event: Event) => actions.research.change({ species: [(event.target as HTMLSelectElement).value].filter(Boolean) })}>
          <option value="" ?selected=${species.length === 0}>${t("research.estimate.species_none")}</option>
          ${names.map((one) => option(one, one === species[0]))}
        </select></label>
      ${method.taxa === "two"
        ? html`<label class="field">${t("research.estimate.second")}
            <select name="other" @change=${(event: Event) => actions.research.estimate.set({ other: (event.target as HTMLSelectElement).value || null })}>
              <option value="" ?selected=${second === ""}>${t("research.estimate.species_none")}</option>
              ${names.filter((one) => one !== species[0]).map((one) => option(one, one === second))}
            </select></label>`
        : nothing}
    </div>
  `;
}

function result(view: View): TemplateResult | typeof nothing {
  const { answer, busy } = view.state.research.estimate;
  if (!answer || answer.method !== view.state.research.route.method) return nothing;
  return html`<div class="estimate" aria-live="polite" aria-busy=${busy}>${estimateResult(view, answer.value, answer.asked)}</div>`;
}
