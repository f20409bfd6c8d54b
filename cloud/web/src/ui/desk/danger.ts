/** Fire danger: what it is today and why, which cameras wait for more certainty on quiet days, and the files that bring
 * weather and satellites' hotspots. */
import { html, nothing, type TemplateResult } from "lit-html";
import { gateParts, leastOf, percentOf } from "../../desk/gate";
import { filterOf, mayBring, mayManage, type BroughtFile } from "../../desk/state";
import { DANGER_CLASSES, type FireDangerDay, type Gate } from "../../desk/wire";
import { icon } from "../icons";
import type { View } from "../view";
import { card, field, select, teaching, text, when } from "./parts";

const SHOWN = 20; // rows that could not be read
const COLUMNS = "station,observed_at,temperature_c,humidity_percent,wind_kmh,rain_24h_mm,longitude,latitude";
const EXAMPLE = "ridge,2026-05-04T12:00+08:00,31.5,18,25,0,108.10,31.20";

export function dangerSection(view: View): TemplateResult {
  const { t, state } = view;
  if (!state.desk.danger) return html`<p class="muted">${state.desk.failure ? nothing : t("starting")}</p>`;
  return html`
    <div class="desk-page desk-grid">
      <div>${today(view)} ${weather(view)}</div>
      <div>${gates(view)} ${mayManage(state.account, state.reserve?.slug) ? hotspots(view) : nothing}</div>
    </div>
  `;
}

function today(view: View): TemplateResult {
  const { t } = view;
  const { now, days } = view.state.desk.danger!.danger;
  if (!now) return card(t("danger.today"), teaching(t("danger.unknown"), t("danger.unknown_body")), nothing, "danger");
  const ofStation = days.filter((one) => one.station === now.station);
  return card(t("danger.today"), html`
    <p class="danger-now" data-danger=${now.danger}><strong>${t(`danger.${now.danger}`)}</strong>
      <span>${t("danger.fwi", { fwi: oneDigit(now.fwi, view) })}</span></p>
    <p class="muted small">${t("danger.from", { station: now.station })} ${when(view, now.observed_at)}</p>
    ${now.started ? html`<p class="note small">${t("danger.started")}</p>` : nothing}
    ${now.missed_days > 0 ? html`<p class="note small">${t("danger.missed", { n: now.missed_days })}</p>` : nothing}
    <div class="scroll" tabindex="0" role="region" aria-label=${t("danger.days")}>
      <table class="danger-days">
        <caption class="hidden">${t("danger.days")}</caption>
        <thead><tr><th scope="col">${t("danger.day")}</th><th scope="col">${t("danger.class")}</th><th scope="col" class="number">${t("danger.index")}</th></tr></thead>
        <tbody>${ofStation.map((one) => day(view, one))}</tbody>
      </table>
    </div>
    <p class="muted small">${t("danger.source")}</p>
  `, nothing, "danger");
}

/** As the report that defines the index prints it. */
const oneDigit = (fwi: number, { state }: View) => fwi.toLocaleString(state.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

function day(view: View, one: FireDangerDay): TemplateResult {
  const { t } = view;
  return html`<tr><th scope="row">${one.day}</th><td>${t(`danger.${one.danger}`)}</td><td class="number">${oneDigit(one.fwi, view)}</td></tr>`;
}

function gates(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { gates: all } = state.desk.danger!;
  const manages = mayManage(state.account, state.reserve?.slug);
  const held = (state.desk.listed ?? state.incidents).filter((one) => filterOf(one) === "held").length;
  const add = manages && state.desk.gateOf === null
    ? html`<button class="secondary" @click=${() => actions.desk.patch({ gateOf: "" })}>${icon("plus")} ${t("gate.add")}</button>`
    : nothing;
  return card(t("gate.heading"), html`
    <p>${t("gate.body")}</p>
    <p><button class="link" @click=${() => actions.desk.showHeld()}>${t("gate.held_now", { n: held })}</button></p>
    ${all.length === 0
      ? html`<p class="muted">${t("gate.none")}</p>`
      : html`<ul class="rules">${all.map((one) => gate(view, one, manages))}</ul>`}
    ${state.desk.gateOf === null || !manages ? nothing : form(view, state.desk.gateOf)}
  `, add, "gates");
}

function gate(view: View, one: Gate, manages: boolean): TemplateResult {
  const { t, state, actions } = view;
  const parts = gateParts(one.least).map(({ danger, percent }) => t("gate.part", { danger: t(`danger.${danger}`), percent }));
  return html`
    <li data-gate=${one.deployment_id}>
      <h3>${one.deployment}</h3>
      <p>${t("gate.sentence", { parts: parts.join(state.language === "zh" ? "，" : ", ") })}</p>
      <p class="small ${one.released > 0 ? "note" : "muted"}">${t("gate.did", { held: one.held, released: one.released })}</p>
      <p class="muted small">${one.set_by ?? ""} ${when(view, one.set_at)}</p>
      ${manages
        ? html`<div class="buttons">
            <button class="secondary" @click=${() => actions.desk.patch({ gateOf: one.deployment_id })}>${t("desk.change")}</button>
            <button class="quiet" aria-label=${t("gate.remove", { camera: one.deployment })} @click=${() => void actions.desk.removeGate(one.deployment_id)}>${icon("trash")}</button>
          </div>`
        : nothing}
    </li>
  `;
}

function form(view: View, of: string): TemplateResult {
  const { t, state, actions } = view;
  const known = state.desk.danger!.gates.find((one) => one.deployment_id === of);
  const taken = new Set(state.desk.danger!.gates.map((one) => one.deployment_id));
  const cameras = state.deployments.features
    .filter(({ properties }) => properties.ended_at === null && !taken.has(properties.id))
    .map(({ properties }) => ({ value: properties.id, words: properties.location_name }));
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const [camera, least] = [known?.deployment_id ?? text(given, "camera"), leastOf(given)];
    if (camera && least) void actions.desk.saveGate(camera, least);
  };
  return html`
    <form class="mask-form" data-form="gate" @submit=${send}>
      ${known ? html`<h3>${known.deployment}</h3>` : field(t("mask.camera"), select("camera", cameras))}
      <p class="muted small">${t("gate.form_hint")}</p>
      <div class="gate-fields">
        ${DANGER_CLASSES.map((danger) => field(t("gate.at", { danger: t(`danger.${danger}`) }), html`
          <input type="number" name=${danger} min="0" max="100" step="any" inputmode="decimal"
            .value=${known?.least[danger] === undefined ? "" : String(percentOf(known.least[danger]))} />`))}
      </div>
      <div class="buttons">
        <button class="primary" ?disabled=${state.desk.busy}>${t("desk.save")}</button>
        <button type="button" class="secondary" @click=${() => actions.desk.patch({ gateOf: null })}>${t("desk.cancel")}</button>
      </div>
    </form>
  `;
}

function weather(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { stations } = state.desk.danger!.danger;
  const brings = mayBring(state.account, state.reserve?.slug);
  return card(t("danger.stations"), html`
    ${stations.length === 0
      ? html`<p class="muted">${t("danger.no_station")}</p>`
      : html`<ul class="reach">${stations.map((one) => html`<li><span class="name">${one.name}</span> <span class="muted small">${when(view, one.last_observed_at)}</span></li>`)}</ul>`}
    ${brings
      ? html`<p class="small">${t("danger.weather_hint")}</p>
          <pre class="small" tabindex="0" aria-label=${t("danger.weather_format")}>${COLUMNS}\n${EXAMPLE}</pre>`
      : nothing}
    ${brought(view, "weather")}
  `, brings ? upload(view, t("danger.weather_import"), (file) => void actions.desk.bringWeather(file)) : nothing, "weather");
}

function hotspots(view: View): TemplateResult {
  const { t, actions } = view;
  return card(t("danger.hotspots"), html`
    <p class="small">${t("danger.hotspots_hint")}</p>
    ${brought(view, "hotspots")}
  `, upload(view, t("danger.hotspots_import"), (file) => void actions.desk.bringHotspots(file)), "hotspots");
}

function upload({ t, state }: View, words: string, bring: (file: File) => void): TemplateResult {
  const { busy } = state.desk;
  const chosen = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = ""; // the same file can be chosen again once it was mended
    if (file) bring(file);
  };
  return html`<label class="file-button" aria-disabled=${busy}>${icon("upload")} ${busy ? t("desk.busy") : words}
    <input type="file" class="hidden" accept=".csv,text/csv" ?disabled=${busy} @change=${chosen} /></label>`;
}

/** What became of the file's rows; each that could not be read is named. */
function brought({ t, state }: View, kind: BroughtFile["kind"]): TemplateResult | typeof nothing {
  const found = state.desk.brought;
  if (found?.kind !== kind) return nothing;
  const { rejected, left_out } = found.answer;
  return html`
    <section role="status" class="brought" data-rejected=${left_out} aria-label=${t("danger.brought")}>
      <p>${icon("check")} ${found.kind === "weather"
        ? t("danger.brought_weather", { stored: found.answer.stored, unchanged: found.answer.unchanged })
        : t("danger.brought_hotspots", { fresh: found.answer.new, known: found.answer.known, near: found.answer.near, fires: found.answer.incidents.length })}</p>
      ${left_out === 0 ? nothing : html`
        <p>${icon("warning")} ${t("danger.rejected", { n: left_out })}</p>
        <ul class="small">${rejected.slice(0, SHOWN).map((one) => html`<li>${t("danger.line", { n: one.row })} <span lang="en">${one.reason}</span></li>`)}</ul>`}
    </section>
  `;
}
