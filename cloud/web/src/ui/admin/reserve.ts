/** A reserve's names, time zone and boundary. */
import { html, nothing, type TemplateResult } from "lit-html";
import { icon } from "../icons";
import { fullTime } from "../view";
import { field, filePicker, form, text, type AdminView } from "./parts";

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
    </div>
  `;
}

/** Those that the browser knows; the API checks for itself. */
function timezones(): string[] {
  return Intl.supportedValuesOf("timeZone");
}
