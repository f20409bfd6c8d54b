/** Camera sites: added on the map, corrected, ended; and what their nodes need to be told. */
import { html, nothing, type TemplateResult } from "lit-html";
import { nodeId, nodeToml } from "../../admin/node";
import { address } from "../../admin/route";
import type { Deployment } from "../../wire";
import { coordinates } from "../fire-facts";
import { healthIcon, icon } from "../icons";
import { fromWall, toWall } from "../../time";
import { fullTime, zoneOf } from "../view";
import { field, form, number, text, toCopy, type AdminView } from "./parts";
import { entries } from "./record";

const FIELD_OF_VIEW = 60;
const HEIGHT = 2;

export function camerasSection(view: AdminView): TemplateResult {
  const { t, state, admin, map } = view;
  const { route } = admin.state;
  const chosen = state.deployments.features.find((one) => one.properties.id === route.id)?.properties ?? null;
  return html`
    <div class="admin-split">
      <div class="admin-list">
        ${issued(view)}
        ${route.id === "new" ? newCamera(view) : chosen ? oneCamera(view, chosen) : list(view)}
      </div>
      <div class="admin-map" aria-label=${t("admin.map")}>${map.element}</div>
    </div>
  `;
}

function list(view: AdminView): TemplateResult {
  const { t, state, admin } = view;
  const own = state.deployments.features.map((one) => one.properties).filter((one) => one.node_id !== null);
  const [standing, ended] = [own.filter((one) => !one.ended_at), own.filter((one) => one.ended_at)];
  const rows = (some: Deployment[]) => html`<ul class="rows">${some.map((one) => row(view, one))}</ul>`;
  return html`
    <header class="list-head">
      <h2>${t("admin.section.cameras")}</h2>
      <button class="primary" @click=${admin.pick}>${icon("place")} ${t("admin.camera_add")}</button>
    </header>
    ${standing.length === 0
      ? html`<div class="empty"><strong>${t("admin.cameras_none")}</strong><p>${t("admin.cameras_none_body")}</p></div>`
      : rows(standing)}
    ${ended.length > 0 ? html`<details><summary>${t("admin.cameras_ended", { n: ended.length })}</summary>${rows(ended)}</details>` : nothing}
  `;
}

function row(view: AdminView, one: Deployment): TemplateResult {
  const { t } = view;
  return html`
    <li data-camera=${one.id}>
      ${healthIcon(one.health.status)}
      <div class="row-main"><strong>${one.location_name}</strong>
        <span class="small muted">${one.node_id} · ${t(`health.${one.health.status}`)}</span></div>
      <a class="button secondary" href=${address("cameras", one.id)} aria-label=${t("admin.change_named", { name: one.location_name })}>${t("admin.change")}</a>
    </li>
  `;
}

/** A number that a camera may have; empty: nobody knows. */
function measure(view: AdminView, name: string, label: string, value: number | null, [min, max]: [number, number], hint = ""): TemplateResult {
  return field(view, name, label, html`<input name=${name} type="number" inputmode="decimal" step="any" min=${min} max=${max} value=${value ?? ""} />`, hint);
}

function newCamera(view: AdminView): TemplateResult {
  const { t, state, admin } = view;
  const { at, sources, flies } = admin.state;
  const nodes = sources?.nodes ?? [];
  const free = nodes.filter((one) => one.cameras.length === 0);
  const send = (data: FormData) => {
    const name = text(data, "location_name");
    const chosen = text(data, "node");
    void admin.addCamera({
      name, node: chosen || text(data, "id") || nodeId(name, nodes.map((one) => one.id)), makeNode: chosen === "",
      lon: Number(text(data, "longitude")), lat: Number(text(data, "latitude")),
      ...(flies
        ? { heading: null, fieldOfView: null, height: null, distance: null, flownAfter: new Date(fromWall(text(data, "after"), zoneOf(state))).toISOString() }
        : {
            heading: number(data, "heading_deg"), fieldOfView: number(data, "field_of_view_deg"),
            height: number(data, "height_m"), distance: number(data, "detection_distance_m"), flownAfter: null,
          }),
    });
  };
  return html`
    <header class="list-head"><h2>${t(flies ? "flight.new" : "admin.camera_new")}</h2></header>
    ${form(view, html`
      <fieldset class="field role-choices"><legend>${t("admin.stands")}</legend>
        <label class="choice"><input type="radio" name="stands" value="yes" .checked=${!flies} @change=${() => admin.patch({ flies: false })} /> <span>${t("admin.stands_yes")}</span></label>
        <label class="choice"><input type="radio" name="stands" value="no" .checked=${flies} @change=${() => admin.patch({ flies: true })} /> <span>${t("admin.stands_no")}
          <span class="small muted block">${t("admin.stands_no_hint")}</span></span></label>
      </fieldset>
      ${field(view, "location_name", t("admin.camera_name"), html`<input name="location_name" required maxlength="200" autofocus placeholder=${t("admin.camera_example")} />`)}
      <div class="place-fields">
        ${field(view, "latitude", t("admin.latitude"), html`<input name="latitude" type="number" step="any" min="-90" max="90" required .value=${at ? at[1].toFixed(6) : ""} />`)}
        ${field(view, "longitude", t("admin.longitude"), html`<input name="longitude" type="number" step="any" min="-180" max="180" required .value=${at ? at[0].toFixed(6) : ""} />`)}
        <button type="button" class="secondary" @click=${admin.pick}>${icon("place")} ${t("admin.on_map")}</button>
      </div>
      ${!flies ? nothing : field(view, "after", t("admin.flown_after"), html`<input name="after" type="datetime-local" required
        value=${`${toWall(state.now, zoneOf(state)).slice(0, 10)}T00:00`} />`, t("admin.flown_after_hint", { zone: zoneOf(state) }))}
      ${flies ? nothing : field(view, "heading_deg", t("admin.heading"), html`<input name="heading_deg" type="number" inputmode="decimal" step="any" min="0" max="359.99" />`, t("admin.heading_hint"))}
      ${field(view, "node", t("admin.node"), html`<select name="node">
        <option value="">${t(flies ? "admin.node_new_office" : "admin.node_new")}</option>
        ${free.map((one) => html`<option value=${one.id}>${one.id} · ${t("admin.node_free")}</option>`)}
        ${nodes.filter((one) => one.cameras.length > 0).map((one) => html`<option value=${one.id}>${one.id} · ${one.cameras.join(", ")}</option>`)}
      </select>`, t(flies ? "admin.node_hint_office" : "admin.node_hint"))}
      <details>
        <summary>${t(flies ? "admin.node_id" : "admin.more")}</summary>
        <div class="pair even">
          ${flies ? nothing : html`
            ${measure(view, "field_of_view_deg", t("admin.field_of_view"), FIELD_OF_VIEW, [1, 360])}
            ${measure(view, "height_m", t("admin.height"), HEIGHT, [-100, 1000])}
            ${measure(view, "detection_distance_m", t("admin.distance"), null, [1, 100_000], t("admin.distance_hint"))}`}
          ${field(view, "id", t("admin.node_id"), html`<input name="id" pattern="[a-z0-9]([a-z0-9\\-]{0,61}[a-z0-9])?" maxlength="63" autocapitalize="none" />`, t("admin.node_id_hint"))}
        </div>
      </details>`, { submit: t(flies ? "admin.flight_save" : "admin.camera_save"), send, name: "camera", key: `new ${state.reserve!.slug}`, ready: true, cancel: () => admin.leaveForm("cameras") })}
  `;
}

function oneCamera(view: AdminView, one: Deployment): TemplateResult {
  const { t, state, admin } = view;
  const place = state.deployments.features.find((each) => each.properties.id === one.id)!.geometry.coordinates as [number, number];
  const send = (data: FormData) =>
    void admin.correct(one.id, {
      location_name: text(data, "location_name"), heading_deg: number(data, "heading_deg"), tilt_deg: number(data, "tilt_deg"),
      field_of_view_deg: number(data, "field_of_view_deg"), height_m: number(data, "height_m"),
      detection_distance_m: number(data, "detection_distance_m"),
    });
  const toml = nodeToml({
    node: one.node_id ?? "", reserve: state.reserve!.slug, deployment: one.id, heading: one.heading_deg,
    fieldOfView: one.field_of_view_deg, broker: location.hostname,
  });
  return html`
    <header class="list-head"><h2>${one.location_name}</h2><a class="button secondary" href=${`#camera/${one.id}`}>${t("admin.camera_page")}</a></header>
    <p class="muted small">${one.node_id} · ${coordinates(place)} · ${t("admin.since", { at: fullTime(view, one.started_at) })}</p>
    <p class="note small">${t("admin.correct_note")}</p>
    ${form(view, html`
      ${field(view, "location_name", t("admin.camera_name"), html`<input name="location_name" required maxlength="200" value=${one.location_name} />`)}
      <div class="pair even">
        ${measure(view, "heading_deg", t("admin.heading"), one.heading_deg, [0, 359.99], t("admin.heading_hint"))}
        ${measure(view, "field_of_view_deg", t("admin.field_of_view"), one.field_of_view_deg, [1, 360])}
        ${measure(view, "tilt_deg", t("admin.tilt"), one.tilt_deg, [-90, 90], t("admin.tilt_hint"))}
        ${measure(view, "height_m", t("admin.height"), one.height_m, [-100, 1000])}
        ${measure(view, "detection_distance_m", t("admin.distance"), one.detection_distance_m, [1, 100_000], t("admin.distance_hint"))}
      </div>`, { submit: t("desk.save"), send, name: "correct", key: one.id, cancel: () => admin.leaveForm("cameras") })}
    <details><summary>${t("admin.node_file")}</summary>${toCopy(view, "toml", "node.toml", toml)}
      ${one.node_id ? html`<button class="secondary" @click=${() => admin.patch({ question: { kind: "node_password", node: one.node_id! } })}>${t("admin.node_renew")}</button>` : nothing}
    </details>
    <details ?open=${admin.state.history.length > 0}><summary>${t("admin.history")}</summary>
      ${admin.state.history.length > 0 ? entries(view, admin.state.history) : html`<p class="muted small">${t("admin.history_none")}</p>`}
    </details>
    ${one.ended_at
      ? html`<p class="muted small">${t("admin.ended_at", { at: fullTime(view, one.ended_at) })}</p>`
      : html`<div class="grave-part"><button class="secondary" @click=${() => admin.patch({ question: { kind: "end_camera", id: one.id, name: one.location_name } })}>${t("admin.camera_end")}</button></div>`}
  `;
}

/** What the node in the field needs: shown once, for only a hash of the password is kept. */
function issued(view: AdminView): TemplateResult | typeof nothing {
  const { t, state, admin } = view;
  const { issued } = admin.state;
  if (!issued || (issued.deployment === null && admin.state.route.id === "new")) return nothing;
  const toml = issued.deployment && nodeToml({
    node: issued.node, reserve: state.reserve!.slug, deployment: issued.deployment, heading: issued.heading,
    fieldOfView: issued.fieldOfView, broker: location.hostname,
  });
  return html`
    <section class="desk-card issued" aria-label=${t("admin.issued", { node: issued.node })}>
      <header><h2>${t("admin.issued", { node: issued.node })}</h2>
        <button class="quiet close" @click=${() => admin.patch({ issued: null })} aria-label=${t("close")}>${icon("cross")}</button></header>
      ${issued.flies ? html`<p><a class="button primary" href=${`#flight/${issued.deployment}`}>${icon("place")} ${t("admin.issued_flight")}</a></p>` : nothing}
      ${issued.flies && !issued.password ? nothing : html`<p>${t("admin.issued_body")}</p>`}
      ${issued.password ? toCopy(view, "password", t("admin.issued_password"), issued.password) : nothing}
      ${toml && !(issued.flies && !issued.password) ? toCopy(view, "toml", "node.toml", toml) : nothing}
      ${issued.flies ? nothing : html`<p class="small muted">${t("admin.issued_then")}</p>`}
    </section>
  `;
}
