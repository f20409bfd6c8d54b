/** Incidents: the notice over the map, the list, and one incident in full. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { isLate } from "../actions";
import { alarms, rememberHidden } from "../alarms";
import { compassWords, degrees, duration, percent } from "../format";
import { wordFor } from "../i18n";
import { latestReports, lonLat } from "../map/features";
import { placeOf, witnesses } from "../map/markers";
import { called, marks, place, waiting } from "./fire-facts";
import { INCIDENTS_READ, isOpen } from "../store";
import type { Incident, Suspicion } from "../wire";
import { fireIcon, icon } from "./icons";
import { thumbnail } from "./picture";
import { ago, clock, fullTime, type View } from "./view";

const BANNERS = 3; // the badge on the tab counts all

export function fireBanner(view: View): TemplateResult {
  const fresh = alarms(view.state);
  // Read out are the titles alone: the banners' "3 min ago" ticks, and would be read out again and again.
  return html`
    <div class="hidden" role="alert" aria-atomic="false">
      ${repeat(fresh, (one) => one.id, (one) => html`<p>${one.drill ? `${view.t("fire.drill")}: ` : ""}${title(view, one)}</p>`)}
    </div>
    <div class="banners">${repeat(fresh.slice(0, BANNERS), (one) => one.id, (one) => banner(view, one))}</div>
  `;
}

function banner(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  return html`
    <section class="banner ${incident.drill ? "drill" : incident.kind}" data-incident=${incident.id}>
      ${fireIcon(incident.kind)}
      <div class="banner-text">
        <strong>${incident.drill ? `${t("fire.drill")}: ` : ""}${title(view, incident)}</strong>
        <span>
          <time datetime=${incident.last_seen_at}>${clock(view, incident.last_seen_at)}</time>
          · ${isLate(incident) ? t("fire.seen", { ago: ago(view, incident.last_seen_at) }) : ago(view, incident.last_seen_at)}
        </span>
      </div>
      <button class="on-fire" @click=${() => chooseIncident(view, incident)}>${t("fire.open_panel")}</button>
      <button
        class="on-fire bare"
        aria-label=${t("fire.hide")}
        @click=${() => hide(view, incident.id)}
      >
        ${icon("cross")}
      </button>
    </section>
  `;
}

function hide({ state, store }: View, id: string): void {
  const hiddenBanners = [...state.hiddenBanners, id];
  rememberHidden(hiddenBanners);
  store.set({ hiddenBanners });
}

export function title({ t, state }: View, incident: Incident): string {
  const cameras = latestReports(incident).map((one) => placeOf(state, one.deployment_id));
  const places = cameras.length > 0 ? cameras : [witnesses(state, incident)];
  return t("fire.banner", { kind: t(`fire.kind.${incident.kind}`), place: places.join(", ") });
}

export function chooseIncident({ store, map, state, actions }: View, incident: Incident): void {
  if (state.page === "desk") return actions.desk.go("incidents", incident.id);
  if (state.page !== "map") actions.review.leave();
  store.set({ selectedIncident: incident.id, tab: "fire", panelOpen: true });
  const report = latestReports(incident)[0];
  if (incident.place) map.showIncident(incident);
  else if (report) map.bringIntoView(lonLat(report.location));
}

export function firePanel(view: View): TemplateResult {
  const { t, state } = view;
  const selected = state.incidents.find((one) => one.id === state.selectedIncident);
  if (selected) return incidentDetail(view, selected);
  const [open, done] = [state.incidents.filter(isOpen), state.incidents.filter((one) => !isOpen(one))];
  return html`
    <h2>${t("fire.heading")}</h2>
    ${open.length === 0
      ? html`<p class="empty"><strong>${t("fire.none")}</strong><br />${t("fire.none_body")}</p>`
      : list(view, open)}
    ${done.length === 0 ? nothing : html`<h3>${t("fire.resolved")}</h3>${list(view, done)}`}
    ${state.olderIncidents ? html`<p class="muted small">${t("fire.older", { n: INCIDENTS_READ })}</p>` : nothing}
  `;
}

function list(view: View, incidents: Incident[]): TemplateResult {
  const { t } = view;
  return html`
    <ul class="incidents">
      ${repeat(incidents, (one) => one.id, (one) => html`
        <li>
          <button class="row ${isOpen(one) ? "open" : ""} ${one.drill ? "drill" : ""} ${one.held_back ? "held" : ""}" @click=${() => chooseIncident(view, one)}>
            ${fireIcon(one.kind)}
            <span class="row-text">
              <span class="name">${title(view, one)}</span>
              <span class="meta">${wordFor(t, "state", one.state)} · ${t("fire.seen", { ago: ago(view, one.last_seen_at) })}</span>
              <span class="marks">${marks(view, one)}</span>
            </span>
          </button>
        </li>
      `)}
    </ul>
  `;
}

function incidentDetail(view: View, incident: Incident): TemplateResult {
  const { t, store, state } = view;
  const reports = [...incident.suspicions].sort((a, b) => b.observed_at.localeCompare(a.observed_at));
  return html`
    <article class="incident" data-incident=${incident.id}>
      <button class="link back" @click=${() => store.set({ selectedIncident: null })}>← ${t("fire.back")}</button>
      <h2 class=${isOpen(incident) ? "open" : ""}>${fireIcon(incident.kind)} ${title(view, incident)}</h2>
      ${incident.drill ? html`<p class="drill-band" role="note">${t("desk.drill_band")}</p>` : nothing}
      ${waiting(view, incident)}
      ${isLate(incident)
        ? html`<p class="note">
            ${t("fire.late", { ago: ago(view, incident.first_seen_at), delay: duration(incident.late_s, state.language) })}
          </p>`
        : nothing}
      <dl>
        <dt>${t("fire.state")}</dt><dd>${wordFor(t, "state", incident.state)} ${marks(view, incident)}</dd>
        <dt>${t("fire.place")}</dt><dd>${place(view, incident)}</dd>
        <dt>${t("fire.first_seen")}</dt><dd>${moment(view, incident.first_seen_at)}</dd>
        <dt>${t("fire.last_seen")}</dt><dd>${moment(view, incident.last_seen_at)}</dd>
      </dl>
      <h3>${t("fire.called")}</h3>
      ${called(view, incident)}
      <button class="secondary" @click=${() => view.actions.desk.go("incidents", incident.id)}>${t("fire.open_desk")}</button>
      <h3>${t("fire.suspicions")}</h3>
      <ol class="reports">${repeat(reports, (one) => one.id, (one) => report(view, one))}</ol>
      <p class="muted small">${t("fire.bearing_note")}</p>
      <h3>${t("fire.log")}</h3>
      ${incident.log.length === 0
        ? html`<p class="muted">${t("fire.log_empty")}</p>`
        : html`<ol class="log">
            ${incident.log.map(
              (entry) => html`<li>
                <time datetime=${entry.at}>${clock(view, entry.at)}</time>
                ${wordFor(t, "action", entry.action)}
                <span class="muted">${entry.account ?? t("fire.system")}</span>
                ${entry.note ? html`<br /><span class="muted">${entry.note}</span>` : nothing}
              </li>`,
            )}
          </ol>`}
    </article>
  `;
}

function moment(view: View, iso: string): TemplateResult {
  return html`<time datetime=${iso} title=${fullTime(view, iso)}>${clock(view, iso)}</time> (${ago(view, iso)})`;
}

function report(view: View, one: Suspicion): TemplateResult {
  const { t, state } = view;
  const place = placeOf(state, one.deployment_id);
  const kind = t(`fire.kind.${one.kind}`);
  return html`
    <li>
      ${thumbnail(view, one.media_id, `${kind}, ${place}, ${fullTime(view, one.observed_at)}`, one.box, "picture.not_yet")}
      <p class="name">${place} · ${kind}</p>
      <p class="meta">
        <time datetime=${one.observed_at}>${clock(view, one.observed_at)}</time>
        <span>${t("live.confidence", { percent: percent(one.confidence, state.language) })}</span>
      </p>
      <p class="meta"><span>${t("fire.bearing")}: <strong>${bearing(view, one)}</strong></span></p>
      ${one.clock_quality === "unsynchronised" ? html`<p class="note small">${t("fire.clock")}</p>` : nothing}
    </li>
  `;
}

export function bearing({ t }: Pick<View, "t">, one: Suspicion): string {
  if (one.bearing_deg === null) return t("fire.bearing_unknown");
  const values = { degrees: degrees(one.bearing_deg), compass: compassWords(one.bearing_deg, t) };
  if (one.bearing_sd_deg === null) return t("fire.bearing_exact", values);
  return t("fire.bearing_value", { ...values, sd: `${one.bearing_sd_deg.toFixed(1)}°` });
}
