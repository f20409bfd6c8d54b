/** The flights over a reserve, newest first. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { FlightSummary } from "../../flight/wire";
import type { Reading } from "../../side/reading";
import { around, planeOf } from "../../side/sketch";
import { administers } from "../header";
import { empty, failed, loading, page, siteTabs } from "../side/parts";
import { fullTime, icon, type View } from "../side/view";

export function flightIndex(view: View, all: Reading<FlightSummary[]>, again: () => void): TemplateResult {
  const { t, state } = view;
  const flights = all.value;
  return page("flights", html`
    <header class="side-head"><h2>${t("flight.heading")}</h2><p class="muted">${t("flight.lead")}</p></header>
    <div class="flight-bar">${siteTabs(view, "flight")}
      ${administers(state) ? html`<a class="button" href="#admin/cameras/new/flight">${icon("plus")} ${t("flight.new")}</a>` : nothing}</div>
    ${failed(view, all.failure, again)}
    ${!flights ? (all.failure ? nothing : loading(view)) : flights.length === 0
      ? empty(t("flight.none"), t("flight.none_body"))
      : html`<div class="side-scroll" tabindex="0" role="region" aria-label=${t("flight.heading")}>
          <table class="side-table">
            <thead><tr><th scope="col">${t("flight.name")}</th><th scope="col">${t("flight.track")}</th><th scope="col">${t("flight.when")}</th>
              <th scope="col" class="number">${t("flight.pictures")}</th><th scope="col">${t("camera.node")}</th></tr></thead>
            <tbody>${flights.map((one) => row(view, one))}</tbody>
          </table>
        </div>`}
  `);
}

function row(view: View, one: FlightSummary): TemplateResult {
  const { t, state } = view;
  return html`
    <tr data-flight=${one.id}>
      <th scope="row"><a href=${`#flight/${one.id}`}>${one.name}</a></th>
      <td>${track(one)}</td>
      <td>${one.started_at ? html`<time datetime=${one.started_at}>${fullTime(view, one.started_at)}</time>` : html`<span class="muted">${t("flight.waits")}</span>`}</td>
      <td class="number">${one.pictures.toLocaleString(state.language)}</td>
      <td class="muted">${one.node_id ?? "–"}</td>
    </tr>
  `;
}

const [WIDTH, HEIGHT] = [96, 44];

/** Its shape, so that it is known again. */
function track({ track: line }: FlightSummary): TemplateResult | typeof nothing {
  const bounds = line && around([], line.coordinates, 60);
  if (!bounds) return nothing;
  const plane = planeOf(bounds, WIDTH, HEIGHT, 4);
  return html`<svg class="flight-shape" viewBox=${`0 0 ${plane.width} ${plane.height}`} width=${plane.width} height=${plane.height} aria-hidden="true">
    ${svg`<polyline points=${line.coordinates.map((at) => plane.place(at).join(",")).join(" ")}></polyline>`}</svg>`;
}
