/** One camera: what it sees now, how it fares and what to do, when it looked, what it saw, where it stands. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { LineReport } from "../../camera/line";
import { compassWords, degrees, duration, significant, speciesName } from "../../format";
import { wordFor, type Key } from "../../i18n";
import { liveView } from "../../live-view/player";
import { hasEnded } from "../../map/features";
import type { PowerHistory } from "../../camera/power";
import type { EffortCalendar } from "../../research/wire";
import type { Reading } from "../../side/reading";
import type { LatestPicture, Observations } from "../../side/wire";
import type { Deployment, Deployments } from "../../wire";
import { administers } from "../header";
import { patterns } from "../research/parts";
import { card, empty, failed, loading, page, shot, speciesHref } from "../side/parts";
import { smallMap } from "../side/small-map";
import { ago, fullTime, healthIcon, icon, type View } from "../side/view";
import { effortCalendar } from "./calendar";
import { linkCard } from "./link";
import { powerCard } from "./power";
import { sensorsCard, type NodeSensors } from "./sensors";

const LATE_S = 120;

export interface CameraParts {
  readonly latest: Reading<LatestPicture | null>;
  readonly effort: Reading<EffortCalendar>;
  readonly lately: Reading<Observations>;
  readonly power: Reading<PowerHistory>;
  readonly line: Reading<LineReport>;
  readonly sensors: Reading<NodeSensors | null>;
}

type Feature = Deployments["features"][number];

export function cameraPage(view: View, id: string, parts: CameraParts, again: () => void): TemplateResult {
  const { t, state } = view;
  const back = html`<p><a class="back" href="#camera">${icon("left")} ${t("camera.back")}</a></p>`;
  const found = state.deployments.features.find((one) => one.properties.id === id);
  if (!found) {
    const known = state.deployments.features.length > 0;
    return page("camera", html`${back}${known ? empty(t("camera.gone")) : loading(view)}`);
  }
  const one = found.properties;
  return page("camera", html`
    ${patterns()}
    <header class="camera-head">
      ${back}
      <h2>${one.location_name}</h2>
      <p class="camera-status" data-status=${one.health.status}>${healthIcon(one.health.status)} <strong>${t(`health.${one.health.status}`)}</strong>
        ${one.health.last_heartbeat_at ? html`<span class="muted">${t("camera.heard")} ${ago(view, one.health.last_heartbeat_at)}</span>` : nothing}</p>
    </header>
    <div class="camera-grid">
      <div class="camera-column">
        ${latest(view, one, parts, again)}
        ${hasEnded(one, state.now) || one.node_id === null ? nothing : card(t("camera.live"), liveView(view, id), nothing, "live")}
        ${lately(view, parts, again)}
        ${position(view, found)}
        ${links(view, one, parts.latest.value)}
      </div>
      <div class="camera-column">
        ${health(view, one)}
        ${card(t("camera.effort"), html`${failed(view, parts.effort.failure, again)}
          ${parts.effort.value ? effortCalendar(view, one, parts.effort.value) : parts.effort.failure ? nothing : loading(view)}`, nothing, "effort")}
        ${one.node_id === null ? nothing : powerCard(view, parts.power, again)}
        ${one.node_id === null ? nothing : linkCard(view, parts.line, again)}
        ${sensorsCard(view, parts.sensors, again)}
      </div>
    </div>
  `);
}

function latest(view: View, one: Deployment, { latest }: CameraParts, again: () => void): TemplateResult {
  const { t, state } = view;
  const found = latest.value;
  const delay = found ? (Date.parse(found.received_at) - Date.parse(found.observed_at)) / 1000 : 0;
  return card(t("camera.latest_picture"), html`
    ${failed(view, latest.failure, again)}
    ${found
      ? shot(view, found.media_id, `${t("camera.latest_picture")}, ${one.location_name}`, html`
          <span class="taken"><strong>${t("camera.taken", { ago: ago(view, found.observed_at) })}</strong>
            <time datetime=${found.observed_at}>${fullTime(view, found.observed_at)}</time>
            ${delay > LATE_S ? html`· ${t("camera.arrived_late", { delay: duration(delay, state.language) })}` : nothing}</span>`, 1280, found)
      : latest.busy || latest.failure ? nothing : empty(t("camera.latest_none"), t("camera.latest_none_body"))}
  `, nothing, "latest");
}

/** Each fault with what to do about it. */
function health(view: View, { health: one, started_at, ended_at }: Deployment): TemplateResult {
  const { t } = view;
  const advice = (key: string) => t(`camera.do.${key}` as Key);
  const faults = one.reasons.length > 0
    ? one.reasons.map((reason) => ({ what: wordFor(t, "reason", reason), how: advice(reason) }))
    : one.status === "ok" ? [] : [{ what: t(`health.${one.status}`), how: advice(one.status) }];
  return card(t("camera.health"), html`
    ${faults.length === 0
      ? html`<p class="calm">${icon("check")} ${t("camera.well")}</p>`
      : html`<ul class="faults">${faults.map(({ what, how }) => html`<li><strong>${what}</strong><p>${how}</p></li>`)}</ul>`}
    ${one.problem ? html`<p class="note"><code>${one.problem}</code></p>` : nothing}
    <dl>
      ${fact(t("camera.last_frame"), moment(view, one.last_frame_at))}
      ${fact(t("camera.last_heartbeat"), moment(view, one.last_heartbeat_at))}
      ${fact(t("camera.since"), fullTime(view, started_at))}
      ${ended_at ? fact(t("camera.until"), fullTime(view, ended_at)) : nothing}
    </dl>
  `, nothing, "health");
}

function lately(view: View, { lately: reading }: CameraParts, again: () => void): TemplateResult {
  const { t, state } = view;
  const found = reading.value;
  return card(t("camera.lately"), html`
    ${failed(view, reading.failure, again)}
    ${!found ? (reading.failure ? nothing : loading(view)) : found.items.length === 0
      ? empty(t("camera.lately_none"))
      : html`<ul class="seen-list">${found.items.map((one) => {
          const name = speciesName(one, state.language, t);
          return html`<li>
            ${one.media_id
              ? shot(view, one.media_id, `${name}, ${fullTime(view, one.observed_at)}`, nothing, 320)
              : html`<div class="no-shot">${t("picture.none")}</div>`}
            <div>${one.scientific_name ? html`<a href=${speciesHref(one.scientific_name)}><strong>${name}</strong></a>` : html`<strong>${name}</strong>`}
              ${one.count > 1 ? html` × ${one.count}` : nothing}
              <span class="muted small" title=${fullTime(view, one.observed_at)}>${ago(view, one.observed_at)}</span></div></li>`;
        })}</ul>`}
    ${found?.withheld?.length ? html`<p class="muted small">${t("camera.lately_withheld")}</p>` : nothing}
  `, nothing, "lately");
}

function position(view: View, found: Feature): TemplateResult {
  const { t, state } = view;
  const one = found.properties;
  const [lon, lat] = found.geometry.coordinates as [number, number];
  const direction = one.heading_deg === null ? t("camera.no_heading") : `${degrees(one.heading_deg)}, ${compassWords(one.heading_deg, t)}`;
  const coordinates = `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
  const n = (value: number) => significant(value, state.language);
  const siblings = one.node_id === null ? [] : state.deployments.features.map((each) => each.properties)
    .filter((each) => each.node_id === one.node_id && each.id !== one.id && !hasEnded(each, state.now));
  return card(t("camera.position"), html`
    ${state.reserve ? smallMap(view, { reserve: state.reserve, zones: state.zones, deployments: state.deployments, camera: one.id },
      t("camera.position_label", { name: one.location_name, place: coordinates, direction })) : nothing}
    <dl>
      ${fact(t("camera.coordinates"), html`<a href=${`geo:${lat.toFixed(6)},${lon.toFixed(6)}`}>${coordinates}</a>`)}
      ${fact(t("camera.heading"), direction)}
      ${one.field_of_view_deg === null ? nothing : fact(t("camera.fov"), degrees(one.field_of_view_deg))}
      ${one.tilt_deg === null ? nothing : fact(t("camera.tilt"), `${one.tilt_deg.toFixed(0)}°`)}
      ${one.height_m === null ? nothing : fact(t("camera.height"), `${n(one.height_m)} m`)}
      ${one.detection_distance_m === null ? nothing : fact(t("camera.distance"), `${n(one.detection_distance_m)} m`)}
      ${one.node_id === null
        ? fact(t("camera.node"), t("camera.dataset"))
        : fact(t("camera.node"), html`<code>${one.node_id}</code> · ${t(one.health.online ? "camera.online" : "camera.offline")}`)}
      ${siblings.length === 0 ? nothing : fact(t("camera.siblings"), html`<ul class="siblings">${siblings.slice(0, 8).map((each) =>
        html`<li>${healthIcon(each.health.status)} <a href=${`#camera/${each.id}`}>${each.location_name}</a></li>`)}</ul>`)}
    </dl>
  `, nothing, "position");
}

function links(view: View, one: Deployment, latest: LatestPicture | null): TemplateResult {
  const { t, state } = view;
  const picture = latest ? `/${latest.media_id}` : "";
  return html`<nav class="camera-links" aria-label=${t("camera.links")}>
    <a class="button" href=${`#map?camera=${one.id}`}>${icon("place")} ${t("camera.link.map")}</a>
    <a class="button" href=${`#review?camera=${one.id}&reviewed=all`}>${icon("eye")} ${t("camera.link.review")}</a>
    ${latest ? html`<a class="button" href=${`#review${picture}?camera=${one.id}&reviewed=all`}>${icon("clock")} ${t("camera.link.clock")}</a>` : nothing}
    ${hasEnded(one, state.now) ? nothing : html`<a class="button" href=${`#fire/masks/${one.id}`}>${icon("polygon")} ${t("camera.link.masks")}</a>`}
    ${administers(state) ? html`<a class="button" href=${`#admin/cameras/${one.id}`}>${icon("box")} ${t("camera.link.admin")}</a>` : nothing}
  </nav>`;
}

function fact(name: string, value: unknown): TemplateResult {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}

function moment(view: View, iso: string | null): TemplateResult | string {
  return iso === null ? view.t("never") : html`<time datetime=${iso} title=${fullTime(view, iso)}>${ago(view, iso)}</time>`;
}
