/** Nodes: how each logs in, the code by which a box becomes one, and putting a stolen one out. */
import { html, nothing, type TemplateResult } from "lit-html";
import { nodeId } from "../../admin/node";
import { logInOf, type LogIn, type ReserveNode, type ReserveNodes } from "../../admin/nodes";
import { icon } from "../icons";
import { fullTime } from "../view";
import { field, form, text, to, toCopy, type AdminView } from "./parts";

export function nodesSection(view: AdminView): TemplateResult {
  const { t, admin } = view;
  const { nodes, route } = admin.state;
  if (!nodes) return html`<p class="muted page-note">${admin.state.failure ? nothing : t("starting")}</p>`;
  return html`
    <div class="desk-page narrow">
      ${code(view)}
      ${route.id === "new" ? newNode(view) : list(view, nodes)}
    </div>
  `;
}

function list(view: AdminView, nodes: ReserveNodes): TemplateResult {
  const { t } = view;
  return html`
    <section class="desk-card" aria-label=${t("admin.section.nodes")}>
      <header><h2>${t("admin.section.nodes")}</h2>${to("nodes", html`${icon("plus")} ${t("admin.node_add")}`, "new", "primary")}</header>
      <p class="muted small">${t("admin.nodes_hint")}</p>
      ${nodes.broker_url ? nothing : html`<p class="note">${t("admin.nodes_no_door")}</p>`}
      ${nodes.items.length === 0
        ? html`<div class="empty"><strong>${t("admin.enrolled_none")}</strong><p>${t("admin.enrolled_none_body")}</p></div>`
        : html`<ul class="rows nodes">${nodes.items.map((one) => row(view, one))}</ul>`}
    </section>
  `;
}

const SIGN: Readonly<Record<LogIn, "check" | "warning" | "cross" | "clock">> = {
  certificate: "check", ending: "warning", ended: "warning", password: "warning", code: "clock", none: "clock", revoked: "cross",
};

function row(view: AdminView, one: ReserveNode): TemplateResult {
  const { t, admin } = view;
  const how = logInOf(one, new Date());
  const at = how === "code" ? one.code!.expires_at : how === "revoked" ? one.revoked_at! : (one.certificate?.until ?? "");
  const ask = (kind: "new_code" | "revoke_node") => admin.patch({ question: { kind, node: one.id, name: one.name } });
  return html`
    <li data-node=${one.id} data-log-in=${how}>
      <span class="sign ${how}">${icon(SIGN[how])}</span>
      <div class="row-main"><strong>${one.id}</strong>
        <span class="small muted">${one.name} · ${t(one.online ? "admin.node_online" : "admin.node_offline")}</span>
        <span class="small">${t(`admin.log_in.${how}`, { at: at && fullTime(view, at) })}</span>
        ${one.certificate && one.log_in === "certificate"
          ? html`<details class="small"><summary>${t("admin.certificate")}</summary>
              <span class="muted">${t("admin.certificate_of", { serial: one.certificate.serial, at: fullTime(view, one.certificate.issued_at) })}</span>
              ${Object.entries(one.hardware ?? {}).map(([key, value]) => html`<span class="muted">${key}: ${value}</span>`)}</details>`
          : nothing}
        ${one.code?.refused_at
          ? html`<span class="small complaint">${icon("warning")} ${t("admin.code_refused", { at: fullTime(view, one.code.refused_at) })}</span>`
          : nothing}
      </div>
      <span class="buttons">
        <button class="secondary" @click=${() => ask("new_code")}>${t("admin.code_new")}</button>
        ${how === "revoked" || how === "none"
          ? nothing
          : html`<button class="secondary" @click=${() => ask("revoke_node")}>${t("admin.revoke")}</button>`}
      </span>
    </li>
  `;
}

function newNode(view: AdminView): TemplateResult {
  const { t, state, admin } = view;
  const taken = (admin.state.nodes?.items ?? []).map((one) => one.id);
  const send = (data: FormData) => {
    const name = text(data, "name");
    void admin.addNode(text(data, "id") || nodeId(name, taken), name);
  };
  return html`
    <section class="desk-card" aria-label=${t("admin.node_add")}>
      <header><h2>${t("admin.node_add")}</h2></header>
      ${form(view, html`
    ${field(view, "name", t("admin.node_name"), html`<input name="name" required maxlength="200" autofocus placeholder=${t("admin.camera_example")} />`, t("admin.node_name_hint"))}
    ${field(view, "id", t("admin.node_id"), html`<input name="id" pattern="[a-z0-9]([a-z0-9\\-]{0,61}[a-z0-9])?" maxlength="63" autocapitalize="none" />`, t("admin.node_id_hint"))}
  `, { submit: t("admin.node_save"), send, name: "node", key: `node ${state.reserve!.slug}`, cancel: () => admin.leaveForm("nodes") })}
    </section>
  `;
}

/** What a person carries to the box: shown once, for only a hash of the code is kept. Made to be printed. */
function code(view: AdminView): TemplateResult | typeof nothing {
  const { t, state, admin } = view;
  const { code } = admin.state;
  if (!code) return nothing;
  const { enrolment } = code;
  return html`
    <section class="desk-card issued enrolment" aria-label=${t("admin.code_of", { node: code.node })}>
      <header><h2>${t("admin.code_of", { node: code.node })}</h2>
        <button class="quiet close" @click=${() => admin.patch({ code: null })} aria-label=${t("close")}>${icon("cross")}</button></header>
      <p class="small muted">${code.name} · ${state.reserve!.name}</p>
      <div class="enrolment-parts">
        <img class="qr" src=${`data:image/svg+xml;charset=utf-8,${encodeURIComponent(enrolment.qr)}`} alt=${t("admin.code_qr")} />
        <div>
          <p>${t("admin.code_body", { until: fullTime(view, enrolment.expires_at) })}</p>
          ${toCopy(view, "command", t("admin.code_command"), enrolment.command)}
          ${toCopy(view, "code", t("admin.code_asked"), enrolment.code)}
          <p class="small muted">${t("admin.code_then")}</p>
          <button class="secondary no-print" @click=${() => window.print()}>${t("admin.code_print")}</button>
        </div>
      </div>
    </section>
  `;
}

