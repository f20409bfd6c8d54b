/** The cameras: the card that the map's popup shows, and the list for those who do not use the map. */
import { html, nothing, type TemplateResult } from "lit-html";
import { compassWords, degrees } from "../format";
import { translator, wordFor, type Translate } from "../i18n";
import { hasEnded } from "../map/features";
import { isNarrow } from "../map/markers";
import type { State } from "../store";
import type { Deployment, HealthStatus } from "../wire";
import { healthIcon, icon } from "./icons";
import { ago, chooseDeployment, fullTime, type View } from "./view";

export const STATUSES: readonly HealthStatus[] = ["ok", "attention", "silent", "never_seen", "ended"];
const WORST_FIRST: readonly HealthStatus[] = ["attention", "silent", "never_seen", "ok", "ended"];

export function camerasPanel(view: View): TemplateResult {
  const { t, state } = view;
  const selected = state.deployments.features.find((one) => one.properties.id === state.selectedDeployment);
  const all = state.deployments.features
    .map((one) => one.properties)
    .sort(
      (a, b) =>
        WORST_FIRST.indexOf(a.health.status) - WORST_FIRST.indexOf(b.health.status) ||
        a.location_name.localeCompare(b.location_name),
    );
  return html`
    <h2>${t("cameras.heading")}</h2>
    ${selected && isNarrow()
      ? html`<div class="in-panel">
          ${deploymentCard(selected.properties, state, () => view.store.set({ selectedDeployment: null }))}
        </div>`
      : nothing}
    ${all.length === 0 ? html`<p class="empty">${t("cameras.empty")}</p>` : nothing}
    <ul class="cameras">
      ${all.map(
        (one) => html`
          <li>
            <button class="row" @click=${() => chooseDeployment(view, one.id)}>
              ${healthIcon(one.health.status)}
              <span class="row-text">
                <span class="name">${one.location_name}</span>
                <span class="meta">${t(`health.${one.health.status}`)} · ${t("camera.last_frame")} ${ago(view, one.health.last_frame_at)}</span>
                ${reasons(one, t).map((reason) => html`<span class="meta">${reason}</span>`)}
              </span>
            </button>
          </li>
        `,
      )}
    </ul>
  `;
}

/** What is wrong, in words; what the node itself says about its camera comes last. */
function reasons({ health }: Deployment, t: Translate): string[] {
  const words = health.reasons.map((reason) => wordFor(t, "reason", reason));
  return health.problem ? [...words, health.problem] : words;
}

export function deploymentCard(one: Deployment, state: State, close: () => void): TemplateResult {
  const t = translator(state.language);
  const view = { state, t };
  const { health } = one;
  const why = reasons(one, t);
  const when = (iso: string | null) =>
    iso === null ? t("never") : html`<time datetime=${iso} title=${fullTime(view, iso)}>${ago(view, iso)}</time>`;
  return html`
    <section class="card" aria-label=${one.location_name} data-deployment=${one.id}>
      <header>
        <h2>${one.location_name}</h2>
        <button class="quiet close" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
      </header>
      <p class="status">${healthIcon(health.status)} <strong>${t(`health.${health.status}`)}</strong></p>
      ${why.length
        ? html`<ul class="reasons">${why.map((reason) => html`<li>${reason}</li>`)}</ul>`
        : nothing}
      ${hasEnded(one, state.now)
        ? html`<p class="note">${t("cameras.ended", { when: fullTime(view, one.ended_at!) })}</p>`
        : nothing}
      <dl>
        <dt>${t("camera.last_frame")}</dt>
        <dd>${when(health.last_frame_at)}</dd>
        <dt>${t("camera.last_observation")}</dt>
        <dd>${when(one.last_observation_at)}</dd>
        <dt>${t("camera.last_heartbeat")}</dt>
        <dd>${when(health.last_heartbeat_at)}</dd>
        ${one.heading_deg === null
          ? nothing
          : html`<dt>${t("camera.heading")}</dt>
              <dd>${degrees(one.heading_deg)}, ${compassWords(one.heading_deg, t)}</dd>`}
        ${one.field_of_view_deg === null
          ? nothing
          : html`<dt>${t("camera.fov")}</dt><dd>${degrees(one.field_of_view_deg)}</dd>`}
        ${one.node_id === null
          ? nothing
          : html`<dt>${t("camera.node")}</dt>
              <dd>${one.node_id} · ${t(health.online ? "camera.online" : "camera.offline")}</dd>`}
      </dl>
    </section>
  `;
}
