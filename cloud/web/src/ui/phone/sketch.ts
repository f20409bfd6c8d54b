/** Where the fire is: how far and which way to go, and a sketch that needs neither link nor map script. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { distance, type LonLat } from "../../geo";
import type { Incident } from "../../phone/wire";
import * as where from "../../phone/where";
import { wordFor } from "../../phone/words";
import { icon } from "./icons";
import { degrees, metres, type View } from "./view";

const [WIDTH, HEIGHT] = [358, 280];

export function whereabouts(view: View, incident: Incident): TemplateResult {
  const { t, state, store, actions } = view;
  const goal = where.goal(incident);
  if (!goal) return html`<p class="empty">${t("where.none")}</p>`;
  const coordinates = `${goal.at[1].toFixed(5)}, ${goal.at[0].toFixed(5)}`;
  return html`
    ${way(view, incident, goal)}
    ${drawn(view, incident)}
    <p>${certainty(view, incident)}</p>
    <ul class="bearings">${bearings(view, incident)}</ul>
    <p class="place"><span class="coordinates">${coordinates}</span>
      <button @click=${() => void actions.copy(coordinates)}>${t(state.copied ? "copied" : "copy")}</button></p>
    <div class="pair">
      <button class="primary" @click=${() => store.set({ sheet: "navigate" })}>${icon("on_my_way")} ${t("navigate")}</button>
      ${state.map === "off" || state.map === "failed" ? html`<button @click=${view.map.open}>${t("where.map")}</button>` : nothing}
    </div>
    ${state.map === "failed" ? html`<p class="notice">${t("where.map_failed")}</p>` : nothing}
    ${state.map === "loading" ? html`<p class="empty">${t("where.map_loading")}</p>` : nothing}
    <div class="large-map" ?hidden=${state.map !== "on"}>${view.map.element}</div>
  `;
}

function way(view: View, incident: Incident, goal: { at: LonLat; what: "fire" | "camera" }): TemplateResult {
  const { t, state, position } = view;
  const { here } = state;
  if (!here) {
    const button = html`<button class="wide" @click=${position.start}>${icon("arrive")} ${t("where.ask")}</button>`;
    if (state.position === "asking") return html`<p class="empty" role="status">${t("where.asking")}</p>`;
    if (state.position === "off") return button;
    return html`<p class="notice">${t(`where.${state.position === "denied" ? "denied" : "unavailable"}`)}</p>`;
  }
  const bearing = where.bearing(here.at, goal.at);
  const turn = bearing - (state.heading ?? 0);
  return html`
    <div class="way" data-bearing=${Math.round(bearing)}>
      <svg class="arrow" viewBox="-50 -50 100 100" aria-hidden="true">
        <circle r="48"></circle>
        ${state.heading === null ? svg`<text y="-32">${state.language === "zh" ? "北" : "N"}</text>` : nothing}
        <path d="M0 -40 24 34 0 20 -24 34Z" transform="rotate(${turn.toFixed(0)})"></path>
      </svg>
      <p><strong class="distance">${metres(view, distance(here.at, goal.at))}</strong>
        <strong>${t(`point.${where.point(bearing)}`)} · ${degrees(bearing)}</strong>
        <span>${t(`where.${goal.what}`)}</span></p>
    </div>
    ${goal.what === "fire" && where.inside(here.at, incident.region) ? html`<p class="bad">${t("where.inside")}</p>` : nothing}
    <p class="fine">${t(state.heading === null ? "where.north" : "where.arrow")} ${t("where.accuracy", { metres: metres(view, here.accuracy) })}</p>
  `;
}

function certainty(view: View, incident: Incident): string {
  const { t } = view;
  const { place } = incident;
  if (!place) return t("where.sector");
  if (place.semi_major_m === null || place.semi_minor_m === null) return "";
  return t("where.ellipse", { major: metres(view, 2 * place.semi_major_m), minor: metres(view, 2 * place.semi_minor_m) });
}

function bearings(view: View, incident: Incident): TemplateResult[] {
  const { t } = view;
  return where.latest(incident.suspicions).flatMap((one) => {
    if (one.bearing_deg === null) return [];
    const values = { camera: one.deployment, degrees: degrees(one.bearing_deg), point: wordFor(t, "point", where.point(one.bearing_deg)) };
    const words = one.bearing_sd_deg === null
      ? t("where.bearing_exact", values)
      : t("where.bearing", { ...values, sd: `${one.bearing_sd_deg.toFixed(1)}°` });
    return [html`<li>${words}</li>`];
  });
}

function drawn(view: View, incident: Incident): TemplateResult {
  const { t, state } = view;
  const self = state.here?.at ?? null;
  const shown = where.toShow(incident, self);
  const sketch = where.sketch(shown, WIDTH, HEIGHT);
  const selfShown = self !== null && shown.includes(self);
  const cameras = where.latest(incident.suspicions);
  const length = sketch.length(sketch.scale);
  const place = incident.place?.location.coordinates as LonLat | undefined;
  return html`
    <svg class="sketch" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${t("where.sketch", { what: t("where.sketch_fire") })}>
      ${where.sectors(incident).map((ring) => svg`<path class="sector" d=${sketch.path(ring)}></path>`)}
      ${incident.place && incident.region ? svg`<path class="region" d=${sketch.path(incident.region)}></path>` : nothing}
      ${incident.hotspots.map((one) => square(sketch.place(one.location.coordinates as LonLat)))}
      ${place ? cross(sketch.place(place)) : nothing}
      ${cameras.map((one) => camera(sketch.place(where.at(one)), one.deployment))}
      ${selfShown ? you(sketch, self, state.here!.accuracy, t("where.you")) : nothing}
      <g class="scale" transform="translate(14 ${HEIGHT - 14})">
        <path d="M0 -6V0H${length}V-6"></path><text x="4" y="-9">${metres(view, sketch.scale)}</text>
      </g>
      <g class="north" transform="translate(${WIDTH - 20} ${HEIGHT - 56})"><path d="M0 26V2M-7 10 0 0 7 10"></path><text y="42">${state.language === "zh" ? "北" : "N"}</text></g>
    </svg>
  `;
}

const cross = ([x, y]: [number, number]) =>
  svg`<path class="cross-under" d="M${x - 11} ${y - 11}l22 22m0 -22l-22 22"></path><path class="cross" d="M${x - 11} ${y - 11}l22 22m0 -22l-22 22"></path>`;

const square = ([x, y]: [number, number]) => svg`<rect class="hotspot" x=${x - 6} y=${y - 6} width="12" height="12"></rect>`;

function camera([x, y]: [number, number], name: string) {
  const after = x < WIDTH * 0.6;
  return svg`<g class="camera"><circle cx=${x} cy=${y} r="7"></circle>
    <text x=${after ? x + 12 : x - 12} y=${y + 5} text-anchor=${after ? "start" : "end"}>${name}</text></g>`;
}

function you(sketch: where.Sketch, at: LonLat, accuracy: number, word: string) {
  const [x, y] = sketch.place(at);
  return svg`<g class="you"><circle class="accuracy" cx=${x} cy=${y} r=${Math.max(10, sketch.length(accuracy))}></circle>
    <circle cx=${x} cy=${y} r="8"></circle><text x=${x} y=${y - 14} text-anchor="middle">${word}</text></g>`;
}
