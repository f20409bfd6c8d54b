/** A node's log: asked for over its own line, read as lines. */
import { html, nothing, type TemplateResult } from "lit-html";
import { logUrl } from "../../fleet/api";
import type { Page } from "../../fleet/page";
import type { NodeLog } from "../../fleet/wire";
import { card, failed } from "../side/parts";
import { fullTime, icon, type View } from "../side/view";

const ASIDE = new Set(["event", "level", "timestamp", "logger"]);

export function logCard(view: View, page: Page, node: string): TemplateResult {
  const { t } = view;
  const logs = page.logs.value ?? [];
  return card(t("fleet.log"), html`
    <p class="muted small">${t("fleet.log_what")}</p>
    <div class="fleet-buttons">
      <button class="secondary" ?disabled=${page.busy} @click=${() => page.askLog(node, false)}>${t("fleet.log_ask")}</button>
      <button class="quiet" ?disabled=${page.busy} @click=${() => page.askLog(node, true)}>${t("fleet.bundle_ask")}</button>
    </div>
    <ul class="fleet-logs">${logs.map((one) => entry(view, page, one))}</ul>
    ${failed(view, page.lines.failure, page.read)}
    ${page.lines.value ? html`<ol class="fleet-lines" tabindex="0" aria-label=${t("fleet.log")}>${page.lines.value.lines.map((one) => line(one))}</ol>` : nothing}
  `, nothing, "log");
}

function entry(view: View, page: Page, one: NodeLog): TemplateResult {
  const { t } = view;
  const what = t(one.bundle ? "fleet.bundle" : "fleet.log");
  return html`<li data-state=${one.state}>
    <span>${what} <span class="muted small">${fullTime(view, one.asked_at)} ${one.asked_by ?? ""}</span></span>
    ${one.state === "here"
      ? html`<span class="fleet-buttons"><button class="quiet" @click=${() => page.openLog(one.id)}>${t("fleet.log_read")}</button>
          <a class="button" href=${logUrl(one.id)} download>${icon("file")} ${t("fleet.log_save")}</a></span>`
      : html`<span class="muted small" role="status">${t(`fleet.log_${one.state}`)}</span>`}
  </li>`;
}

function line(one: Readonly<Record<string, unknown>>): TemplateResult {
  const rest = Object.entries(one).filter(([key]) => !ASIDE.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
  return html`<li data-level=${String(one.level ?? "info")}><time>${String(one.timestamp ?? "").slice(0, 19).replace("T", " ")}</time>
    <strong>${String(one.event ?? "")}</strong> ${rest}</li>`;
}
