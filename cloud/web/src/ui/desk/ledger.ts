/** The ledger of calls: each device, and when the call was decided, sent, delivered, opened and answered. */
import { html, nothing, type TemplateResult } from "lit-html";
import { clock as wallClock } from "../../format";
import { wordFor } from "../../i18n";
import type { Delivery } from "../../wire";
import { CALL_ICONS } from "../fire-facts";
import { icon } from "../icons";
import { fullTime, zoneOf, type View } from "../view";

const STEPS = ["queued_at", "sent_at", "delivered_at", "opened_at", "answered_at"] as const;

export function ledger(view: View, deliveries: readonly Delivery[]): TemplateResult | typeof nothing {
  const { t } = view;
  if (deliveries.length === 0) return nothing;
  return html`
    <details class="ledger">
      <summary>${t("desk.ledger", { n: deliveries.length })}</summary>
      <div class="scroll" tabindex="0" role="region" aria-label=${t("desk.ledger_label")}>
        <table>
          <thead>
            <tr>
              <th scope="col">${t("desk.who")}</th>
              ${STEPS.map((one) => html`<th scope="col">${t(`desk.${one}`)}</th>`)}
            </tr>
          </thead>
          <tbody>${deliveries.map((one) => row(view, one))}</tbody>
        </table>
      </div>
    </details>
  `;
}

function row(view: View, one: Delivery): TemplateResult {
  const { t } = view;
  return html`
    <tr data-state=${one.state} data-delivery=${one.id}>
      <th scope="row">
        ${icon(CALL_ICONS[one.state])} ${one.account ?? t("desk.system")}
        <span class="muted small">${wordFor(t, "channel", one.channel)} · ${one.device}${one.step ? ` · ${t("desk.step", { n: one.step })}` : ""}</span>
        ${one.kind === "fire" ? nothing : html`<span class="muted small">${wordFor(t, "call_kind", one.kind)}</span>`}
        ${one.failure ? html`<span class="failed small">${one.state === "failed" ? t("delivery.failed") : t("desk.tried")}: ${one.failure}</span>` : nothing}
      </th>
      ${STEPS.map((step) => html`<td>${moment(view, one[step], step === "queued_at" ? null : one.queued_at)}</td>`)}
    </tr>
  `;
}

/** The time of day, and the seconds since the call was decided. */
function moment(view: View, iso: string | null, since: string | null): TemplateResult {
  if (iso === null) return html`<span class="muted">–</span>`;
  const { state } = view;
  const at = Date.parse(iso);
  const words = wallClock(at, at, zoneOf(state), state.language);
  return html`<time datetime=${iso} title=${fullTime(view, iso)}>${words}</time>
    ${since ? html`<span class="muted small">+${seconds(at - Date.parse(since))}</span>` : nothing}`;
}

export function seconds(milliseconds: number): string {
  const s = milliseconds / 1000;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  return s < 120 ? `${Math.round(s)} s` : `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
}
