/** Drills: start one, watch who is reached, and read afterwards how fast. */
import { html, nothing, type TemplateResult } from "lit-html";
import { planWords } from "../../desk/plan";
import { bars, longest, type Bar } from "../../desk/drill";
import { mayManage } from "../../desk/state";
import type { Drill, DrillReport } from "../../desk/wire";
import { hasEnded } from "../../map/features";
import { wordFor } from "../../i18n";
import { icon } from "../icons";
import { fullTime, type View } from "../view";
import { seconds } from "./ledger";
import { card, dialog, field, select, teaching, text, when } from "./parts";

export function drillsSection(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { drills, report } = state.desk;
  const manages = mayManage(state.account, state.reserve?.slug);
  if (!drills && !report) return html`<p class="muted">${state.desk.failure ? nothing : t("starting")}</p>`;
  const start = !manages ? nothing : html`<button class="primary" @click=${() => void actions.desk.askDrill()}>${t("drill.start")}</button>`;
  return html`
    <div class="desk-page">
      ${report ? reportCard(view, report) : nothing}
      ${card(t("drill.past"), (drills ?? []).length === 0
        ? teaching(t("drill.none"), t("drill.none_body"))
        : html`<ul class="incidents">${drills!.map((one) => row(view, one))}</ul>`, start, "drills")}
    </div>
  `;
}

function row(view: View, one: Drill): TemplateResult {
  const { t, state, actions } = view;
  return html`<li>
    <button class="row drill" aria-current=${one.id === state.desk.route.id ? "true" : "false"} data-drill=${one.id} @click=${() => actions.desk.go("drills", one.id)}>
      ${icon("bell")}
      <span class="row-text">
        <span class="name">${fullTime(view, one.started_at)}</span>
        <span class="meta">${t("drill.by", { who: one.started_by })} · ${one.ended_at ? t("drill.ended") : t("drill.running")}</span>
        ${one.note ? html`<span class="meta">${one.note}</span>` : nothing}
      </span>
    </button>
  </li>`;
}

/** Says who will be called before anybody is: a drill rings real phones. */
export function drillDialog(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { roster } = state.desk;
  const cameras = state.deployments.features.map((one) => one.properties).filter((one) => !hasEnded(one, state.now));
  const people = roster?.onDuty.zones.flatMap((zone) => zone.people) ?? [];
  const names = [...new Set(people.map((one) => one.account))];
  const send = (form: FormData) => {
    const [bearing, note] = [text(form, "bearing"), text(form, "note")];
    void actions.desk.startDrill({
      deployment_id: text(form, "camera")!, ...(bearing ? { bearing_deg: Number(bearing) } : {}), ...(note ? { note } : {}),
    });
  };
  return dialog(view, t("drill.start"), html`
    <p>${t("drill.body")}</p>
    ${field(t("mask.camera"), select("camera", cameras.map((one) => ({ value: one.id, words: one.location_name }))))}
    ${field(t("desk.bearing"), html`<input name="bearing" type="number" min="0" max="359.9" step="0.1" inputmode="decimal" />`, t("drill.bearing_hint"))}
    ${field(t("desk.note_optional"), html`<input name="note" maxlength="500" placeholder=${t("drill.note_example")} />`)}
    <div class="note">
      <p><strong>${t("drill.who")}</strong></p>
      ${roster ? html`<ol class="plan-words">${planWords(roster.plan.steps, t, state.language).map((one) => html`<li>${one}</li>`)}</ol>` : nothing}
      <p class="small">${names.length > 0 ? t("drill.on_duty", { names: names.join(state.language === "zh" ? "、" : ", ") }) : t("desk.nobody_on_duty")}</p>
    </div>`, { submit: t("drill.start_now"), send });
}

function reportCard(view: View, report: DrillReport): TemplateResult {
  const { t, actions, state } = view;
  const rows = bars(report.calls);
  const reached = rows.filter((one) => one.delivered !== null || one.answered !== null);
  const end = report.ended_at
    ? html`<span class="muted">${t("drill.ended")} ${when(view, report.ended_at)}</span>`
    : !mayManage(state.account, state.reserve?.slug) ? nothing : html`<button class="secondary" ?disabled=${state.desk.busy} @click=${() => void actions.desk.endDrill(report.id)}>${t("drill.end")}</button>`;
  return card(t("drill.report"), html`
    <p class="drill-band" role="note">${t(report.ended_at ? "drill.band_past" : "drill.band_running", { when: fullTime(view, report.started_at) })}</p>
    <dl class="figures">
      <div><dt>${t("drill.called")}</dt><dd data-figure="called">${rows.length}</dd></div>
      <div><dt>${t("drill.reached")}</dt><dd data-figure="reached">${reached.length}</dd></div>
      <div><dt>${t("drill.first_answer")}</dt><dd data-figure="answer">${report.first_answered_s === null ? "–" : seconds(report.first_answered_s * 1000)}</dd></div>
    </dl>
    ${rows.length === 0
      ? html`<p class="note">${t("drill.nobody_yet")}</p>`
      : html`<ul class="bars">${rows.map((one) => bar(view, one, longest(rows)))}</ul>
          <p class="muted small bar-legend"><span class="sent">${t("delivery.sent")}</span> <span class="delivered">${t("delivery.delivered")}</span> <span class="opened">${t("delivery.opened")}</span> <span class="answered">${t("delivery.answered")}</span></p>`}
    ${report.reasons.length > 0
      ? html`<h3>${t("drill.not_reached_who")}</h3><ul class="called">${report.reasons.map(
          (one) => html`<li class="alarm">${icon("warning")} <span class="name">${one.account}</span> <span>${t(`drill.why.${one.why}`)}</span></li>`)}</ul>`
      : nothing}
    <h3>${t("drill.steps")}</h3>
    <ol class="plan-words">${report.steps.map((one) => html`<li><span>${planWords([{ after_s: one.due_s, whom: one.whom }], t, state.language)[0]}
      <span class=${one.on_time === false ? "unreachable" : "muted"}>${stepWords(view, one)}</span></span></li>`)}</ol>
    <button class="link" @click=${() => actions.desk.go("incidents", report.incident_id)}>${t("drill.incident")}</button>
  `, end, "report");
}

function stepWords({ t }: View, one: DrillReport["steps"][number]): string {
  if (one.began_s !== null) return t(one.on_time === false ? "drill.step_late" : "drill.step_done", { s: seconds(one.began_s * 1000) });
  return t(one.on_time === false ? "drill.step_missed" : "drill.step_spared");
}

/** One person's fastest way: the bar runs from the start of the drill, and marks each stage at its second. */
function bar({ t }: View, one: Bar, most: number): TemplateResult {
  const stages = (["sent", "delivered", "opened", "answered"] as const).flatMap((name) => one[name] === null ? [] : [{ name, s: one[name]! }]);
  const last = stages.at(-1);
  const words = stages.map(({ name, s }) => `${t(`delivery.${name}`)} ${seconds(s * 1000)}`).join(" · ");
  return html`<li class=${one.failure && !last ? "alarm" : ""} data-person=${one.who}>
    <span class="name">${one.who || t("desk.system")} <span class="muted small">${one.devices.map((d) => `${wordFor(t, "channel", d.channel)}`).join(", ")}${one.step ? ` · ${t("desk.step", { n: one.step })}` : ""}</span></span>
    <div class="bar" role="img" aria-label=${words || t("drill.not_reached")}>
      ${last ? html`<span class="run" .style=${`width:${(last.s / most) * 100}%`}></span>` : nothing}
      ${stages.map(({ name, s }) => html`<span class="stage-mark ${name}" .style=${`left:${(s / most) * 100}%`} title=${`${t(`delivery.${name}`)} ${seconds(s * 1000)}`}></span>`)}
    </div>
    <span class="small ${last ? "muted" : "unreachable"}">${words || t("drill.not_reached")}${one.failure ? ` – ${one.failure}` : ""}</span>
  </li>`;
}
