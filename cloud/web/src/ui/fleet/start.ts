/** A roll-out to be started: what, to whom, how careful; and in plain words what will happen. */
import { html, nothing, type TemplateResult } from "lit-html";
import { duration } from "../../format";
import type { Page } from "../../fleet/page";
import type { NewRollout, RolloutPlan } from "../../fleet/wire";
import { card, empty } from "../side/parts";
import { icon, type View } from "../side/view";

const DAY = 86_400;
/** How careful: soak and patience, seconds. */
const PACES = { careful: { soak_s: 3 * DAY, answer_s: DAY }, usual: { soak_s: DAY, answer_s: DAY / 4 }, quick: { soak_s: 3600, answer_s: 3600 } } as const;
const NAMED = 6;
type Pace = keyof typeof PACES;

export function startCard(view: View, page: Page): TemplateResult {
  const { t } = view;
  const artifacts = page.artifacts.value ?? [];
  const groups = page.fleet.value?.groups ?? [];
  const take = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    if (input.files?.[0]) page.upload(input.files[0]);
    input.value = "";
  };
  const ask = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const group = String(data.get("group"));
    const members = groups.find((one) => one.id === group)?.nodes ?? null;
    const wanted: NewRollout = {
      sha256: String(data.get("sha256")),
      nodes: members,
      groups: [],
      shares: [],
      rules: { trial_s: 600, most_failed: 0, ...PACES[data.get("pace") as Pace] },
    };
    page.draw(wanted);
  };
  return card(t("fleet.start"), html`
    <label class="fleet-upload">${t("fleet.upload")} <input type="file" accept=".zip,.whl" ?disabled=${page.busy} @change=${take} /></label>
    <p class="muted small">${t("fleet.upload_hint")}</p>
    ${artifacts.length === 0 ? empty(t("fleet.artifacts_none")) : html`
      <form class="fleet-form" data-form="rollout" @submit=${ask}>
        <label>${t("fleet.what_new")} <select name="sha256">${artifacts.map((one) => html`
          <option value=${one.sha256}>${t(`fleet.kind.${one.kind}`)} ${one.name} ${one.version}</option>`)}</select></label>
        <label>${t("fleet.to_whom")} <select name="group"><option value="">${t("fleet.everybody")}</option>${groups.map((one) => html`
          <option value=${one.id}>${one.name}</option>`)}</select></label>
        <fieldset class="fleet-checks"><legend>${t("fleet.pace")}</legend>${(Object.keys(PACES) as Pace[]).map((one) => html`
          <label><input type="radio" name="pace" value=${one} ?checked=${one === "usual"} /> ${t(`fleet.pace.${one}`)}</label>`)}</fieldset>
        <button class="secondary" ?disabled=${page.busy}>${t("fleet.what_happens")}</button>
      </form>`}
    ${page.draft?.plan ? summary(view, page, page.draft.plan) : nothing}
  `, nothing, "start");
}

function summary({ t, state }: View, page: Page, plan: RolloutPlan): TemplateResult {
  const long = (seconds: number) => duration(seconds, state.language);
  const names = (some: readonly string[]) => some.slice(0, NAMED).join(t("side.list")) + (some.length > NAMED ? " …" : "");
  return html`
    <div class="fleet-summary" role="status" data-part="plan">
      <p>${t("fleet.plan_first", { what: `${plan.name} ${plan.version}`, names: names(plan.stages[0]!.nodes) })}</p>
      <ol>${plan.stages.map((one) => html`<li>${names(one.nodes)}
        ${one.nodes.length > NAMED ? html`<span class="muted small">${t("fleet.plan_nodes", { n: one.nodes.length })}</span>` : nothing}</li>`)}</ol>
      <p>${t("fleet.plan_then", { trial: long(plan.rules.trial_s), soak: long(plan.rules.soak_s) })}</p>
      <p>${t("fleet.plan_back", { answer: long(plan.rules.answer_s) })}</p>
      ${plan.silent.length ? html`<p class="muted">${t("fleet.plan_silent", { names: names(plan.silent) })}</p>` : nothing}
      ${plan.busy.length ? html`<p class="error">${t("fleet.plan_busy", { names: names(plan.busy) })}</p>` : nothing}
      <p class="muted small">${t("fleet.plan_lasts", { time: long(plan.lasts_s) })}</p>
      <div class="fleet-buttons"><button class="primary" ?disabled=${page.busy || plan.busy.length > 0} @click=${page.start}>${icon("check")} ${t("fleet.plan_start")}</button>
        <button class="quiet" @click=${() => page.draw(null)}>${t("fleet.plan_leave")}</button></div>
    </div>`;
}
