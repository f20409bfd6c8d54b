/** A reserve's names, time zone and boundary. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { LandKind } from "../../admin/wire";
import { icon } from "../icons";
import { fullTime } from "../view";
import { field, filePicker, form, text, type AdminView } from "./parts";

const LAND: readonly LandKind[] = ["river", "lake", "road", "track", "place", "forest", "building", "contour"];

export function reserveSection(view: AdminView): TemplateResult {
  const { t, state, admin } = view;
  const reserve = state.reserve!;
  const { area } = admin.state;
  const send = (data: FormData) => {
    const timezone = text(data, "timezone");
    void admin.saveReserve({
      name: text(data, "name"), name_zh: text(data, "name_zh"),
      ...(timezone === reserve.timezone ? {} : { timezone }), ...(area ? { boundary: area } : {}),
    });
  };
  return html`
    <div class="desk-page narrow">
      <section class="desk-card" aria-label=${t("admin.section.reserve")}>
        <header><h2>${t("admin.section.reserve")}</h2><span class="muted small">${t("admin.slug", { slug: reserve.slug })}</span></header>
        ${form(view, html`
          <div class="pair even">
            ${field(view, "name", t("admin.name_en"), html`<input name="name" required maxlength="200" value=${reserve.name} />`)}
            ${field(view, "name_zh", t("admin.name_zh"), html`<input name="name_zh" maxlength="200" lang="zh-CN" value=${reserve.name_zh ?? ""} />`)}
          </div>
          ${field(view, "timezone", t("admin.timezone"), html`
            <input name="timezone" required list="timezones" autocomplete="off" value=${reserve.timezone} />`,
            t("admin.timezone_hint", { now: fullTime(view, new Date(state.now).toISOString()) }))}
          <datalist id="timezones">${timezones().map((one) => html`<option value=${one}></option>`)}</datalist>
          <div class="field"><span>${t("admin.boundary")}</span>
            <p>${area ? html`${icon("check")} ${t("admin.boundary_new")}` : t(reserve.boundary ? "admin.boundary_is" : "admin.boundary_none")}</p>
            <div class="buttons">
              <button type="button" class="secondary" @click=${() => admin.draw("boundary")}>${icon("polygon")} ${t(reserve.boundary || area ? "admin.redraw" : "admin.draw")}</button>
              ${filePicker(view)}
            </div>
            <span class="small muted">${t("admin.files_hint")}</span>
            ${admin.state.wrong.boundary ? html`<span class="small complaint">${admin.state.wrong.boundary}</span>` : nothing}
          </div>`, { submit: t("desk.save"), send, name: "reserve", key: reserve.slug })}
      </section>
      ${baseMap(view)}
    </div>
  `;
}

/** What the map draws of the land: files that somebody has, one for each kind. */
function baseMap(view: AdminView): TemplateResult | typeof nothing {
  const { t, state, admin } = view;
  const { basemap, busy } = admin.state;
  if (!basemap) return nothing;
  const load = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    const kind = input.form!.elements.namedItem("kind") as HTMLSelectElement;
    input.value = "";
    if (file) void admin.putLayer(kind.value as LandKind, file);
  };
  return html`
    <section class="desk-card" aria-label=${t("admin.basemap")} data-card="basemap">
      <header><h2>${t("admin.basemap")}</h2>${basemap.building ? html`<span class="muted small" role="status">${t("admin.basemap_building")}</span>` : nothing}</header>
      <p class="muted">${t("admin.basemap_body")}</p>
      ${basemap.problem ? html`<p class="complaint">${icon("warning")} ${basemap.problem}</p>` : nothing}
      <ul class="rows">${basemap.layers.map((one) => html`<li data-layer=${one.kind}>
        <div class="row-main"><strong>${t(`admin.land.${one.kind}`)}</strong>
          <span class="small muted">${t("admin.land_holds", { n: one.features.toLocaleString(state.language), source: one.source })}</span></div>
        <button class="secondary" ?disabled=${busy} aria-label=${t("admin.land_remove", { kind: t(`admin.land.${one.kind}`) })} @click=${() => void admin.removeLayer(one.kind)}>${icon("trash")}</button></li>`)}</ul>
      <form class="buttons" data-form="basemap" @submit=${(event: Event) => event.preventDefault()}>
        <label class="field"><span>${t("admin.land")}</span><select name="kind">${LAND.map((kind) => html`<option value=${kind}>${t(`admin.land.${kind}`)}</option>`)}</select></label>
        <label class="button secondary file">${icon("upload")} ${t("admin.upload")}
          <input class="hidden" type="file" accept=".geojson,.json,.gpkg,.kml,.zip" ?disabled=${busy} @change=${load} /></label>
        <button type="button" class="secondary" ?disabled=${busy} @click=${() => void admin.contours()}>${t("admin.contours")}</button>
      </form>
      <p class="muted small">${t("admin.contours_hint")}</p>
    </section>
  `;
}

/** Those that the browser knows; the API checks for itself. */
function timezones(): string[] {
  return Intl.supportedValuesOf("timeZone");
}
