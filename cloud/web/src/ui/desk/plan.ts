/** The call plan: in words what will happen, and the steps to change it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { MOST_STEPS, planRefusal, planWords, withStep } from "../../desk/plan";
import { WHOM, type CallStep, type Whom } from "../../desk/wire";
import { icon } from "../icons";
import type { View } from "../view";
import { card } from "./parts";

export function planCard(view: View, manages: boolean): TemplateResult {
  const { t, state, actions } = view;
  const saved = state.desk.roster!.plan.steps;
  const draft = state.desk.planDraft;
  const steps = draft ?? saved;
  const refused = planRefusal(steps);
  const edit = (planDraft: CallStep[] | null) => actions.desk.patch({ planDraft });
  const change = (index: number, change: Partial<CallStep>) =>
    edit(steps.map((one, i) => (i === index ? { ...one, ...change } : one)));
  return card(t("desk.plan"), html`
    <ol class="plan-words">${planWords(steps, t, state.language).map((words) => html`<li>${words}</li>`)}</ol>
    <p class="muted small">${t("plan.repeats")}</p>
    ${draft && refused ? html`<p class="error" role="alert">${t(`plan.refused.${refused}`)}</p>` : nothing}
    ${draft
      ? html`
          <ol class="plan-steps">${steps.map((one, i) => step(view, one, i, steps.length, change, () => edit(steps.filter((_, at) => at !== i))))}</ol>
          <div class="buttons">
            <button class="primary" ?disabled=${refused !== null || state.desk.busy} @click=${() => void actions.desk.putPlan(steps)}>${t("desk.save")}</button>
            <button class="secondary" ?disabled=${steps.length >= MOST_STEPS} @click=${() => edit(withStep(steps))}>${icon("plus")} ${t("plan.add")}</button>
            <button class="secondary" @click=${() => edit(null)}>${t("desk.cancel")}</button>
          </div>`
      : manages ? html`<button class="secondary" @click=${() => edit([...saved])}>${t("plan.edit")}</button>` : nothing}
  `, nothing, "plan");
}

function step(
  { t }: View, one: CallStep, i: number, of: number, change: (i: number, change: Partial<CallStep>) => void, drop: () => void,
): TemplateResult {
  const unit = one.after_s > 0 && one.after_s % 60 === 0 ? 60 : 1;
  const number = (event: Event) => Math.max(0, Math.round(Number((event.target as HTMLInputElement).value)));
  return html`<li>
    ${i === 0
      ? html`<span class="at-once">${t("plan.now")}</span>`
      : html`<input type="number" min="1" aria-label=${t("plan.after_label", { n: i + 1 })} .value=${String(one.after_s / unit)}
            @change=${(event: Event) => change(i, { after_s: number(event) * unit })} />
          <select aria-label=${t("plan.unit", { n: i + 1 })}
            @change=${(event: Event) => change(i, { after_s: (one.after_s / unit) * Number((event.target as HTMLSelectElement).value) })}>
            <option value="60" ?selected=${unit === 60}>${t("plan.minutes")}</option>
            <option value="1" ?selected=${unit === 1}>${t("plan.seconds")}</option>
          </select>`}
    <select aria-label=${t("plan.whom", { n: i + 1 })} @change=${(event: Event) => change(i, { whom: (event.target as HTMLSelectElement).value as Whom })}>
      ${WHOM.map((whom) => html`<option value=${whom} ?selected=${whom === one.whom}>${t(`whom.${whom}`)}</option>`)}
    </select>
    <button class="quiet" ?disabled=${i === 0 || of <= 1} @click=${drop} aria-label=${t("plan.remove", { n: i + 1 })}>${icon("trash")}</button>
  </li>`;
}
