/** What lies over the map: buttons, the tools of the map page (map/), and the bar that helps with drawing. */
import { html, nothing, type TemplateResult } from "lit-html";
import { failureWords } from "../i18n/failures";
import { removeCorner } from "../polygon";
import { pickBar } from "./desk/report";
import { fireBanner } from "./fire";
import { icon } from "./icons";
import { legendButton, legendCard } from "./map/legend";
import { searchField } from "./map/search-field";
import { timeBar } from "./map/time-bar";
import type { View } from "./view";

export function mapFrame(view: View): TemplateResult {
  const { t, state, map, actions } = view;
  const busy = state.drawing !== null || state.desk.picking;
  return html`
    <div class="map-frame ${busy ? "drawing" : ""} ${state.page === "map" ? state.atlas.theme : ""}">
      ${map.element}
      ${state.drawing ? html`<div class="crosshair" aria-hidden="true"></div>` : nothing}
      ${fireBanner(view)}
      ${state.failure
        ? html`<div class="notice error" role="alert">
            ${t("reserve.failed", { detail: failureWords(state.failure, state.language) })}
            <button class="secondary" @click=${() => state.reserve && void actions.readAll(state.reserve.slug)}>
              ${t("retry")}
            </button>
          </div>`
        : nothing}
      <div class="map-buttons">
        <button @click=${() => map.zoom(1)} aria-label=${t("map.zoom_in")} title=${t("map.zoom_in")}>${icon("plus")}</button>
        <button @click=${() => map.zoom(-1)} aria-label=${t("map.zoom_out")} title=${t("map.zoom_out")}>${icon("minus")}</button>
        <button @click=${() => map.fit()} aria-label=${t("map.fit")} title=${t("map.fit")}>${icon("fit")}</button>
      </div>
      ${state.desk.picking ? pickBar(view) : state.drawing ? drawBar(view) : nothing}
      ${state.page === "map" && !busy ? mapTools(view) : nothing}
    </div>
  `;
}

/** What the reader of the map page has: search, layers with their legend, time. */
function mapTools(view: View): TemplateResult {
  return html`
    <div class="map-side ${view.state.atlas.legendOpen ? "open" : ""}">
      <div class="map-top">${searchField(view)} ${legendButton(view)}</div>
      ${legendCard(view)}
    </div>
    ${timeBar(view)}
  `;
}

function drawBar({ t, state, store, map }: View): TemplateResult {
  const corners = state.drawing!.corners;
  const hint = corners.length < 3 ? t("draw.hint_first") : t("draw.hint_more", { n: corners.length });
  const undo = () => store.set({ drawing: removeCorner(state.drawing!), drawRefusal: null });
  return html`
    <section class="draw-bar" aria-label=${t("count.draw")}>
      <p role="status">${state.drawRefusal ? t(`draw.${state.drawRefusal}`) : hint}</p>
      <p class="muted small keys">${t("draw.hint_keys")}</p>
      <div class="draw-buttons">
        <button class="secondary" @click=${map.addCornerAtCentre}>${t("draw.corner")}</button>
        <button class="secondary" ?disabled=${corners.length === 0} @click=${undo}>${t("draw.undo")}</button>
        <button class="primary" ?disabled=${corners.length < 3} @click=${map.finishDrawing}>${t("draw.finish")}</button>
        <button class="secondary" @click=${() => store.set({ drawing: null, drawRefusal: null })}>${t("draw.cancel")}</button>
      </div>
    </section>
  `;
}
