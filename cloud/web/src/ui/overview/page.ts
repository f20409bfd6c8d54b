/** The reserve in a minute: what needs a person, then what changed, then how things stand. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import type { LonLat } from "../../geo";
import { localName } from "../../map/features";
import type { Reading } from "../../side/reading";
import type { Cameras, Overview } from "../../side/wire";
import type { HealthStatus } from "../../wire";
import { patterns } from "../research/parts";
import { card, empty, failed, loading, more, page, placeName, plainName, shot, speciesHref } from "../side/parts";
import { smallMap } from "../side/small-map";
import { ago, fireIcon, fullTime, healthIcon, icon, type View } from "../side/view";
import { changed } from "./changed";
import { needsCard } from "./needs";

export const STANDING: readonly Exclude<HealthStatus, "ended">[] = ["ok", "attention", "silent", "never_seen"];

export function overviewPage(view: View, reading: Reading<Overview>, again: () => void): TemplateResult {
  const { t, state } = view;
  const { value } = reading;
  return page("overview", html`
    ${patterns()}
    <header class="side-head">
      <h2>${state.reserve ? localName(state.reserve, state.language) : nothing}</h2>
      ${value ? html`<p class="muted small">${t("side.as_of", { when: fullTime(view, value.to) })}</p>` : nothing}
    </header>
    ${failed(view, reading.failure, again)}
    ${value ? whole(view, value) : reading.failure ? nothing : loading(view)}
  `);
}

function whole(view: View, value: Overview): TemplateResult {
  return html`
    ${needsCard(view, value.needs)}
    <div class="overview-grid">
      <div class="overview-main">${changed(view, value)} ${best(view, value)}</div>
      <div class="overview-side">
        ${fires(view, value)} ${cameras(view, value)} ${effort(view, value)} ${map(view, value)}
      </div>
    </div>
  `;
}

function fires(view: View, { burning, week }: Overview): TemplateResult {
  const { t } = view;
  const open = new Set(burning.map((one) => one.id));
  const shown = [...burning, ...week.incidents.filter((one) => !open.has(one.id))].slice(0, 6);
  return card(t("overview.fires"), shown.length === 0
    ? html`<p class="calm">${icon("check")} ${t("overview.fires_none")}</p>`
    : html`<ul class="side-list fires">${shown.map((one) => html`
        <li><a class="row" href=${`#fire/incidents/${one.id}`} data-incident=${one.id} data-burning=${open.has(one.id)}>
          ${fireIcon(one.kind)}
          <span class="row-text"><span class="name">${t(`fire.kind.${one.kind}`)}${one.zone ? html` · ${localName(one.zone, view.state.language)}` : nothing}</span>
            <span class="meta">${t("fire.seen", { ago: ago(view, one.last_seen_at) })} · ${t(`state.${one.state}`)}</span></span>
          ${open.has(one.id) ? html`<span class="burning-mark">${t("overview.burning")}</span>` : nothing}
        </a></li>`)}</ul>`,
    more("#fire", t("overview.fires_all")), "fires-card");
}

function cameras(view: View, { cameras: by }: Overview): TemplateResult {
  const { t } = view;
  const all = STANDING.reduce((sum, one) => sum + by[one], 0);
  const words = STANDING.filter((one) => by[one] > 0).map((one) => `${by[one]} ${t(`health.${one}`)}`).join(t("side.list"));
  return card(t("overview.cameras"), all === 0
    ? html`<p class="muted">${t("cameras.empty")}</p>`
    : html`
      ${healthBar(by, all, t("overview.cameras_bar", { words }))}
      <ul class="health-counts">${STANDING.filter((one) => by[one] > 0).map((one) => html`
        <li><a href=${`#camera?show=${one}`} data-status=${one}>${healthIcon(one)} <strong>${by[one]}</strong> ${t(`health.${one}`)}</a></li>`)}</ul>`,
    more("#camera", t("overview.cameras_all")), "cameras-card");
}

export function healthBar(by: Cameras, all: number, label: string): TemplateResult {
  let at = 0;
  return html`<svg class="health-bar" role="img" aria-label=${label} height="14" width="100%">${svg`${STANDING.map((one) => {
    const [x, width] = [at, (by[one] / all) * 100];
    at += width;
    return width ? svg`<rect class=${one} x=${`${x}%`} width=${`${Math.max(0, width - 0.6)}%`} height="14" rx="3"></rect>` : nothing;
  })}`}</svg>`;
}

function effort(view: View, { week, cameras: by }: Overview): TemplateResult {
  const { t, state } = view;
  const n = (value: number) => significant(value, state.language);
  const most = Math.max(week.camera_days, week.camera_days_before) || 1;
  const bar = (value: number, look: string) => value > 0
    ? svg`<rect class=${look} width=${`${(value / most) * 100}%`} height="12" rx="3"></rect>`
    : svg`<rect class="unseen" width="100%" height="12" rx="3"></rect>`;
  return card(t("overview.effort"), html`
    <p class="figure">${week.camera_days > 0 ? t("count.camera_days", { n: n(week.camera_days) }) : t("count.not_observed")}</p>
    <svg class="effort-bars" role="img" height="30" width="100%" aria-label=${t("overview.effort_before", { n: n(week.camera_days_before) })}>
      ${svg`<g>${bar(week.camera_days, "this-week")}</g><g transform="translate(0 16)">${bar(week.camera_days_before, "last-week")}</g>`}</svg>
    <p class="muted small">${t("overview.effort_before", {
      n: week.camera_days_before > 0 ? t("count.camera_days", { n: n(week.camera_days_before) }) : t("count.not_observed") })} ·
      ${t("overview.effort_looked", { looked: week.looked, all: Math.max(week.looked, STANDING.reduce((sum, one) => sum + by[one], 0)) })}</p>
  `, nothing, "effort-card");
}

function map(view: View, { burning }: Overview): TemplateResult | typeof nothing {
  const { t, state } = view;
  if (!state.reserve) return nothing;
  const fires = burning.flatMap((one) => {
    const at = one.place?.location.coordinates ?? one.location?.coordinates;
    return at ? [{ id: one.id, kind: one.kind, at: [at[0]!, at[1]!] as LonLat }] : [];
  });
  const drawn = smallMap(view, { reserve: state.reserve, zones: state.zones, deployments: state.deployments, fires },
    t("overview.map_label", { n: state.deployments.features.length }));
  return drawn === nothing ? nothing : card(t("overview.map"), drawn, more("#", t("overview.map_open")), "map-card");
}

function best(view: View, { week }: Overview): TemplateResult {
  const { t } = view;
  return card(t("overview.pictures"), week.pictures.length === 0
    ? empty(t("overview.pictures_none"))
    : html`<div class="shots">${week.pictures.map((one) => {
        const where = placeName(view, one.deployment_id);
        const words = `${plainName(view, one.scientific_name)}${t("side.list")}${where}`;
        return shot(view, one.media_id, words, html`
          <a href=${speciesHref(one.scientific_name)}><strong>${plainName(view, one.scientific_name)}</strong></a>
          <span class="muted"><a href=${`#camera/${one.deployment_id}`}>${where}</a> · ${ago(view, one.observed_at)}</span>`);
      })}</div>`, nothing, "pictures-card");
}
