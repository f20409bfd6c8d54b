/** Who changed what: only ever added to. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { LogEntry } from "../../admin/wire";
import { wordFor } from "../../i18n";
import { at } from "../desk/parts";
import type { AdminView } from "./parts";

export function recordSection(view: AdminView): TemplateResult {
  const { t, admin } = view;
  const { log } = admin.state;
  if (!log) return html`<p class="muted page-note">${admin.state.failure ? nothing : t("starting")}</p>`;
  return html`
    <div class="desk-page narrow">
      <section class="desk-card" aria-label=${t("admin.section.record")}>
        <header><h2>${t("admin.section.record")}</h2><span class="muted small">${t("admin.record_hint")}</span></header>
        ${log.items.length === 0 ? html`<p class="muted">${t("admin.record_none")}</p>` : entries(view, log.items)}
        ${log.next_before ? html`<div class="buttons"><button class="secondary" @click=${() => void admin.olderLog()}>${t("admin.older")}</button></div>` : nothing}
      </section>
    </div>
  `;
}

export function entries(view: AdminView, items: readonly LogEntry[]): TemplateResult {
  const { t } = view;
  return html`
    <ol class="entries">
      ${items.map((one) => html`
        <li data-action=${one.action}>
          <span class="small muted">${at(view, one.at)} · ${one.by ?? t("admin.by_nobody")}</span>
          <span><strong>${wordFor(t, "admin.action", one.action)}</strong> ${one.name}</span>
          ${changes(view, one)}
        </li>`)}
    </ol>
  `;
}

/** What was and what is, field by field. */
function changes(view: AdminView, { before, after }: LogEntry): TemplateResult | typeof nothing {
  const { t } = view;
  const keys = Object.keys({ ...before, ...after }).filter((key) => !hollow(before?.[key]) || !hollow(after?.[key]));
  if (keys.length === 0) return nothing;
  return html`<ul class="changes small">${keys.map((key) => html`<li>
    <span class="muted">${wordFor(t, "admin.field", key)}</span>
    ${before && key in before ? html`<del>${words(view, before[key])}</del>` : nothing}
    ${after && key in after ? html`<ins>${words(view, after[key])}</ins>` : nothing}</li>`)}</ul>`;
}

const hollow = (value: unknown) => value === null || value === undefined || value === "";

function words(view: AdminView, value: unknown): string {
  const { t } = view;
  if (hollow(value)) return "–";
  if (typeof value === "boolean") return t(value ? "admin.yes" : "admin.no");
  if (Array.isArray(value)) return value.length === 0 ? "–" : value.map((one) => wordFor(t, "admin.role", String(one))).join(", ");
  if (typeof value === "object") {
    return Object.entries(value as object).map(([key, one]) => `${wordFor(t, "admin.field", key)} ${words(view, one)}`).join(", ");
  }
  return String(value);
}
