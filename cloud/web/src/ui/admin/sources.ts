/** Where data come from: when each was last heard of, what is wrong, and what to do about it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { bytes } from "../../admin/state";
import type { DataSources } from "../../admin/wire";
import { icon } from "../icons";
import { when } from "../desk/parts";
import type { AdminView } from "./parts";

const WEATHER_STALE = 36 * 3600_000; // of a day's noon the next day's is expected
const BACKLOG = 1000; // records; less is a link that breathes

export function sourcesSection(view: AdminView): TemplateResult {
  const { t, admin } = view;
  const { sources } = admin.state;
  if (!sources) return html`<p class="muted page-note">${admin.state.failure ? nothing : t("starting")}</p>`;
  return html`
    <div class="desk-page">
      ${quarantine(view, sources)}
      ${nodes(view, sources)}
      <div class="desk-grid"><div>${hotspots(view, sources)}</div><div>${weather(view, sources)} ${datasets(view, sources)}</div></div>
    </div>
  `;
}

/** What is wrong with it and what to do; nothing where all is well. */
const advice = (words: string | null) =>
  words === null ? nothing : html`<p class="advice">${icon("warning")} ${words}</p>`;

function nodes(view: AdminView, { nodes }: DataSources): TemplateResult {
  const { t, state } = view;
  return html`
    <section class="desk-card" aria-label=${t("admin.nodes")} data-card="nodes">
      <header><h2>${t("admin.nodes")}</h2></header>
      ${nodes.length === 0
        ? html`<p class="muted">${t("admin.nodes_none")}</p>`
        : html`<ul class="rows">${nodes.map((one) => html`<li data-node=${one.id}>
            <div class="row-main"><strong>${one.id}</strong> ${one.name === one.id ? nothing : html`<span class="muted">${one.name}</span>`}
              ${advice(one.heard_at === null ? t("admin.node_never") : one.silent ? t("admin.node_silent") : null)}
              ${advice((one.outbox_records ?? 0) > BACKLOG ? t("admin.node_backlog") : null)}
              <dl class="facts">
                <div><dt>${t("admin.heard")}</dt><dd>${one.heard_at ? when(view, one.heard_at) : t("never")}</dd></div>
                <div><dt>${t("admin.software")}</dt><dd>${one.software ?? "–"}</dd></div>
                <div><dt>${t("admin.backlog")}</dt><dd>${one.outbox_records === null ? "–" : t("admin.waiting", { n: one.outbox_records.toLocaleString(state.language), bytes: bytes(one.outbox_bytes ?? 0, state.language) })}</dd></div>
                <div><dt>${t("admin.section.cameras")}</dt><dd>${one.cameras.length > 0 ? one.cameras.join(", ") : t("admin.node_idle")}</dd></div>
              </dl></div>
          </li>`)}</ul>`}
    </section>
  `;
}

function hotspots(view: AdminView, { hotspots: found }: DataSources): TemplateResult {
  const { t } = view;
  const wrong = !found.key_set ? t("admin.firms_no_key")
    : !found.located ? t("admin.firms_nowhere")
    : found.failure ? t("admin.firms_failed", { reason: found.failure }) : null;
  return html`
    <section class="desk-card" aria-label=${t("admin.firms")} data-card="hotspots">
      <header><h2>${t("admin.firms")}</h2></header>
      ${advice(wrong)}
      <dl>
        <dt>${t("admin.firms_key")}</dt><dd>${t(found.key_set ? "admin.set" : "admin.not_set")}</dd>
        <dt>${t("admin.firms_fetched")}</dt><dd>${found.fetched_at ? when(view, found.fetched_at) : t("never")}</dd>
        <dt>${t("admin.firms_newest")}</dt><dd>${found.newest_at ? when(view, found.newest_at) : t("admin.none_yet")}</dd>
        <dt>${t("admin.firms_month")}</dt><dd>${found.of_30_days}</dd>
      </dl>
    </section>
  `;
}

function weather(view: AdminView, { weather: stations }: DataSources): TemplateResult {
  const { t, state } = view;
  return html`
    <section class="desk-card" aria-label=${t("admin.weather")} data-card="weather">
      <header><h2>${t("admin.weather")}</h2></header>
      ${stations.length === 0
        ? html`<p class="muted">${t("admin.weather_none")}</p>`
        : html`<ul class="rows">${stations.map((one) => html`<li><div class="row-main"><strong>${one.name}</strong>
            <span class="small muted">${when(view, one.last_observed_at)} · ${t("admin.n_rows", { n: one.rows })}${one.source ? ` · ${one.source}` : ""}</span>
            ${advice(one.last_observed_at && state.now - Date.parse(one.last_observed_at) > WEATHER_STALE ? t("admin.weather_stale") : null)}</div></li>`)}</ul>`}
    </section>
  `;
}

function datasets(view: AdminView, { datasets: sets }: DataSources): TemplateResult {
  const { t, state } = view;
  return html`
    <section class="desk-card" aria-label=${t("admin.datasets")} data-card="datasets">
      <header><h2>${t("admin.datasets")}</h2><a href="#counts/files">${t("admin.datasets_add")}</a></header>
      ${sets.length === 0
        ? html`<p class="muted">${t("admin.datasets_none")}</p>`
        : html`<ul class="rows">${sets.map((one) => html`<li><div class="row-main"><strong>${one.name}</strong>
            <span class="small muted">${t("admin.dataset_holds", { deployments: one.deployments, media: one.media.toLocaleString(state.language), observations: one.observations.toLocaleString(state.language) })} · ${when(view, one.imported_at)}</span></div></li>`)}</ul>`}
    </section>
  `;
}

function quarantine(view: AdminView, { quarantine: held }: DataSources): TemplateResult {
  const { t, admin } = view;
  const { replayed, busy } = admin.state;
  return html`
    <section class="desk-card" aria-label=${t("admin.quarantine")} data-card="quarantine">
      <header><h2>${t("admin.quarantine")}</h2>
        ${held.waiting > 0 ? html`<button class="secondary" ?disabled=${busy} @click=${() => void admin.replay()}>${busy ? t("desk.busy") : t("admin.replay")}</button>` : nothing}</header>
      ${replayed ? html`<p role="status">${icon("check")} ${t("admin.replayed", { n: replayed.accepted, refused: replayed.refused.length, left: replayed.left })}</p>` : nothing}
      ${held.waiting === 0
        ? html`<p class="muted">${t("admin.quarantine_none")}</p>`
        : html`${advice(t("admin.quarantine_waiting", { n: held.waiting }))}
            <ul class="rows held">${held.newest.map((one) => html`<li><div class="row-main"><span>${one.reason}</span>
              <span class="small muted">${one.topic} · ${when(view, one.received_at)}</span></div></li>`)}</ul>`}
    </section>
  `;
}
