/** The cameras: the card that the map's popup shows, and the list for those who do not use the map. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { compassWords, degrees } from "../format";
import { taxonWords } from "../research/words";
import { wordFor, type Translate } from "../i18n";
import { hasEnded } from "../map/features";
import { isNarrow } from "../map/markers";
import type { State } from "../store";
import type { Deployment, HealthStatus } from "../wire";
import { healthIcon, icon } from "./icons";
import { thumbnail } from "./picture";
import { ago, chooseDeployment, fullTime, type View } from "./view";

const WORST_FIRST: readonly HealthStatus[] = ["attention", "silent", "never_seen", "ok", "ended"];

const LISTED = 60; // of two thousand; the rest is asked for, or found by its name

export function camerasPanel(view: View): TemplateResult {
  const { t, state, store } = view;
  const { query, status, most } = state.cameraList;
  const set = (change: Partial<State["cameraList"]>) => store.set({ cameraList: { query, status, most: LISTED, ...change } });
  const all = state.deployments.features.map((one) => one.properties);
  const selected = all.find((one) => one.id === state.selectedDeployment);
  const wanted = query.trim().toLowerCase();
  const fitting = all
    .filter((one) => (status === null || one.health.status === status) && one.location_name.toLowerCase().includes(wanted))
    .sort(
      (a, b) =>
        WORST_FIRST.indexOf(a.health.status) - WORST_FIRST.indexOf(b.health.status) ||
        a.location_name.localeCompare(b.location_name, undefined, { numeric: true }),
    );
  return html`
    <h2>${t("cameras.heading")}</h2>
    ${selected && isNarrow()
      ? html`<div class="in-panel">${deploymentCard(selected, view, () => store.set({ selectedDeployment: null }))}</div>`
      : nothing}
    ${all.length === 0 ? html`<p class="empty">${t(state.camerasRead ? "cameras.empty" : "starting")}</p>` : statusChips(view, all, (one) => set({ status: one }))}
    ${all.length > LISTED
      ? html`<label class="camera-filter"><span class="hidden">${t("cameras.filter")}</span>
          <input type="search" placeholder=${t("cameras.filter")} .value=${query} @input=${(event: Event) => set({ query: (event.target as HTMLInputElement).value })} /></label>`
      : nothing}
    <ul class="cameras">
      ${repeat(fitting.slice(0, most), (one) => one.id, (one) => html`
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
      `)}
    </ul>
    ${fitting.length > most
      ? html`<p class="list-more"><span class="small muted">${t("cameras.shown", { n: most, all: fitting.length })}</span>
          <button class="secondary" @click=${() => set({ query, status, most: most + LISTED })}>${t("cameras.more", { n: Math.min(LISTED, fitting.length - most) })}</button></p>`
      : nothing}
  `;
}

/** How many fare how, at a glance; each leads to those. */
function statusChips({ t, state }: View, all: readonly Deployment[], choose: (status: HealthStatus | null) => void): TemplateResult | typeof nothing {
  const counts = WORST_FIRST.map((status) => ({ status, n: all.filter((one) => one.health.status === status).length })).filter(({ n }) => n > 0);
  if (counts.length < 2) return nothing;
  const chosen = state.cameraList.status;
  return html`
    <div class="status-chips" role="group" aria-label=${t("map.legend")}>
      ${counts.map(({ status, n }) => html`
        <button class="chip" aria-pressed=${chosen === status} @click=${() => choose(chosen === status ? null : status)}>${healthIcon(status)} ${n} <span>${t(`health.${status}`)}</span></button>`)}
    </div>
  `;
}

/** What is wrong, in words; what the node itself says about its camera comes last. */
function reasons({ health }: Deployment, t: Translate): string[] {
  const words = health.reasons.map((reason) => wordFor(t, "reason", reason));
  return health.problem ? [...words, health.problem] : words;
}

export function deploymentCard(one: Deployment, view: Pick<View, "state" | "t" | "store">, close: () => void): TemplateResult {
  const { state, t } = view;
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
      ${latest(view, one)}
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
      <p class="card-links">
        <a href=${`#camera/${one.id}`}>${t("camera.page")}</a>
        ${one.node_id !== null && !hasEnded(one, state.now) ? html`<a href=${`#camera/${one.id}/live`}>${t("camera.live_view")}</a>` : nothing}
      </p>
    </section>
  `;
}

/** What the camera saw last: its newest picture, and the newest animal that the page knows of. */
function latest(view: Pick<View, "state" | "t" | "store">, one: Deployment): TemplateResult | typeof nothing {
  const { state, t } = view;
  const picture = state.atlas.latest?.deployment === one.id ? state.atlas.latest.picture : null;
  const seen = state.observations.find((other) => other.deployment_id === one.id && other.scientific_name !== null);
  const name = seen && taxonWords(seen.scientific_name, state.language, t);
  return html`
    ${picture ? html`<div class="latest">${thumbnail(view, picture.media_id, `${t("camera.latest")}, ${one.location_name}, ${fullTime(view, picture.observed_at)}`)}</div>` : nothing}
    ${seen && name
      ? html`<p class="last-seen"><span class="muted">${t("camera.last_species")}</span>
          <a href=${`#species/${encodeURIComponent(seen.scientific_name!)}`}>${name}</a> <span class="muted">${ago(view, seen.observed_at)}</span></p>`
      : nothing}
  `;
}
