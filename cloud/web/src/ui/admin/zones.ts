/** Zones: drawn, or from a file; and who is on duty there, which is why they exist. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { ReadZone } from "../../admin/state";
import { addDays } from "../../desk/roster";
import { shiftOf } from "../desk/shifts";
import { localName } from "../../map/features";
import { toWall } from "../../time";
import type { Zones } from "../../wire";
import { icon } from "../icons";
import { zoneOf } from "../view";
import { address } from "../../admin/route";
import { field, filePicker, form, formFailure, text, type AdminView } from "./parts";

type Zone = Zones["features"][number];

export function zonesSection(view: AdminView): TemplateResult {
  const { t, state, admin, map } = view;
  const { route, read } = admin.state;
  const chosen = state.zones.features.find((one) => one.properties.id === route.id) ?? null;
  return html`
    <div class="admin-split">
      <div class="admin-list">
        ${route.id === "new" || chosen ? zoneForm(view, chosen) : read ? fileForm(view, read) : list(view)}
      </div>
      <div class="admin-map" aria-label=${t("admin.map")}>${map.element}</div>
    </div>
  `;
}

function list(view: AdminView): TemplateResult {
  const { t, state, admin } = view;
  const zones = state.zones.features;
  return html`
    <header class="list-head">
      <h2>${t("admin.section.zones")}</h2>
      <div class="buttons">
        <button class="primary" @click=${() => admin.draw("zone")}>${icon("polygon")} ${t("admin.draw_zone")}</button>
        ${filePicker(view)}
      </div>
    </header>
    ${zones.length === 0
      ? html`<div class="empty"><strong>${t("admin.zones_none")}</strong><p>${t("admin.zones_none_body")}</p></div>`
      : html`<ul class="rows">${zones.map((zone) => row(view, zone))}</ul>`}
    <p class="muted small">${t("admin.files_hint")} ${t("admin.files_names")}</p>
  `;
}

function row(view: AdminView, { properties: zone }: Zone): TemplateResult {
  const { t, state, admin } = view;
  const overlaps = admin.state.overlaps.filter((one) => one.zone === zone.id);
  const people = admin.state.onDuty?.zones.find((one) => one.zone_id === zone.id)?.people ?? [];
  const other = state.language === "zh" ? zone.name : zone.name_zh;
  return html`
    <li data-zone=${zone.id}>
      <div class="row-main">
        <strong>${localName(zone, state.language)}</strong> ${other && other !== localName(zone, state.language) ? html`<span class="muted">${other}</span>` : nothing}
        <span class="small ${people.length > 0 || !admin.state.onDuty ? "muted" : "complaint"}">
          ${people.length > 0 ? t("admin.on_duty", { names: people.map((one) => one.account).join(", ") }) : admin.state.onDuty ? t("desk.nobody_on_duty") : nothing}
        </span>
        ${overlaps.map((one) => html`<span class="small complaint">${icon("warning")} ${t("admin.overlap", { name: localName({ name: one.with_name, name_zh: one.with_name_zh }, state.language), km2: one.km2.toFixed(1) })}</span>`)}
      </div>
      <a class="button secondary" href=${address("zones", zone.id)} aria-label=${t("admin.change_named", { name: localName(zone, state.language) })}>${t("admin.change")}</a>
    </li>
  `;
}

function zoneForm(view: AdminView, zone: Zone | null): TemplateResult {
  const { t, state, admin } = view;
  const { area, read } = admin.state;
  const given = zone?.properties ?? { name: read?.[0]?.name ?? "", name_zh: read?.[0]?.name_zh ?? "" };
  const shape = area ?? zone?.geometry ?? null;
  const send = (data: FormData) => {
    if (!shape) return;
    const saved = { name: text(data, "name"), name_zh: text(data, "name_zh") || null, area: shape };
    void (zone ? admin.putZone(zone.properties.id, saved) : admin.addZones([saved]));
  };
  return html`
    <header class="list-head"><h2>${zone ? localName(zone.properties, state.language) : t("admin.zone_new")}</h2></header>
    ${form(view, html`
      ${field(view, "name", t("admin.name_en"), html`<input name="name" required maxlength="200" value=${given.name} autofocus />`)}
      ${field(view, "name_zh", t("admin.name_zh"), html`<input name="name_zh" maxlength="200" lang="zh-CN" value=${given.name_zh ?? ""} />`)}
      <div class="field"><span>${t("admin.area")}</span>
        <p>${area ? html`${icon("check")} ${t("admin.area_new")}` : shape ? t("admin.area_is") : html`<span class="complaint">${t("admin.area_missing")}</span>`}</p>
        <div class="buttons"><button type="button" class="secondary" @click=${() => admin.draw("zone")}>${icon("polygon")} ${t(shape ? "admin.redraw" : "admin.draw")}</button></div>
        ${admin.state.wrong.area ? html`<span class="small complaint">${admin.state.wrong.area}</span>` : nothing}
      </div>`, {
        submit: t("desk.save"), send, name: "zone", key: zone?.properties.id ?? "new", cancel: () => admin.leaveForm("zones"),
      })}
    ${zone ? duty(view, zone) : nothing}
    ${zone
      ? html`<div class="grave-part"><button class="secondary" @click=${() =>
          admin.patch({ question: { kind: "delete_zone", id: zone.properties.id, name: localName(zone.properties, state.language) } })}>
          ${icon("trash")} ${t("admin.zone_delete")}</button></div>`
      : nothing}
  `;
}

/** Somebody on duty, each day from now on: the shortest way; the roster knows all others. */
function duty(view: AdminView, zone: Zone): TemplateResult {
  const { t, state, admin } = view;
  const rangers = (admin.state.people ?? []).filter((one) => !one.disabled_at && one.memberships.some((m) => m.role === "ranger" || m.role === "manager"));
  const now = `${toWall(state.now, zoneOf(state)).slice(0, 13)}:00`; // the full hour, so that somebody is on duty at once
  const tomorrow = `${addDays(now.slice(0, 10), 1)}${now.slice(10)}`;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    void admin.addShift(shiftOf(new FormData(event.target as HTMLFormElement), zoneOf(state)));
  };
  return html`
    <section class="duty" aria-label=${t("admin.duty")}>
      <h3>${t("admin.duty")}</h3>
      ${admin.state.people === null ? nothing : rangers.length === 0
        ? html`<p class="muted">${t("admin.duty_nobody")} <a href=${address("people", "new")}>${t("admin.person_add")}</a></p>`
        : html`<form class="admin-form" data-form="duty" @submit=${send}>
            <input type="hidden" name="zone" value=${zone.properties.id} /><input type="hidden" name="place" value="1" />
            <label class="field"><span>${t("desk.shift_who")}</span>
              <select name="account">${rangers.map((one) => html`<option value=${one.id}>${one.name}</option>`)}</select></label>
            <div class="pair even">
              <label class="field"><span>${t("desk.from")}</span><input name="from" type="datetime-local" required value=${now} /></label>
              <label class="field"><span>${t("desk.to")}</span><input name="to" type="datetime-local" required value=${tomorrow} /></label>
            </div>
            <label class="field"><span>${t("desk.repeats")}</span>
              <select name="repeats">${(["daily", "weekly", "never"] as const).map((one) => html`<option value=${one}>${t(`repeats.${one}`)}</option>`)}</select></label>
            <div class="buttons"><button class="secondary" ?disabled=${admin.state.busy}>${t("admin.duty_add")}</button>
              <a href="#fire/roster">${t("admin.link.roster")}</a></div>
          </form>`}
    </section>
  `;
}

function fileForm(view: AdminView, read: readonly ReadZone[]): TemplateResult {
  const { t, admin } = view;
  const change = (i: number, change: Partial<ReadZone>) => admin.patch({ read: read.map((one, j) => (i === j ? { ...one, ...change } : one)) });
  const taken = read.filter((one) => one.take);
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    void admin.addZones(taken.map(({ name, name_zh, area }) => ({ name, name_zh: name_zh || null, area })));
  };
  return html`
    <header class="list-head"><h2>${t("admin.zones_read", { n: read.length })}</h2></header>
    <form class="admin-form" data-form="zones" @submit=${send}>
      <ul class="rows">
        ${read.map((one, i) => html`
          <li>
            <label class="choice"><input type="checkbox" .checked=${one.take} @change=${(event: Event) => change(i, { take: (event.target as HTMLInputElement).checked })} />
              <span class="hidden">${t("admin.take", { name: one.name })}</span></label>
            <div class="pair even grow">
              <input aria-label=${t("admin.name_en")} required maxlength="200" .value=${one.name} @input=${(event: Event) => change(i, { name: (event.target as HTMLInputElement).value })} />
              <input aria-label=${t("admin.name_zh")} maxlength="200" lang="zh-CN" .value=${one.name_zh} @input=${(event: Event) => change(i, { name_zh: (event.target as HTMLInputElement).value })} />
            </div>
          </li>`)}
      </ul>
      ${formFailure(view)}
      <div class="buttons">
        <button class="primary" ?disabled=${admin.state.busy || taken.length === 0}>${t("admin.zones_save", { n: taken.length })}</button>
        <button type="button" class="secondary" @click=${() => admin.leaveForm("zones")}>${t("desk.cancel")}</button>
      </div>
    </form>
  `;
}
