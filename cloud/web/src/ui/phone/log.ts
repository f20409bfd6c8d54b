/** Who did what, and who was told: first what waits on this phone, then what the cloud has. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Standing } from "../../phone/life";
import type { Entry } from "../../phone/outbox";
import type { Delivery, Incident, LogEntry } from "../../phone/wire";
import { heldWords, wordFor } from "../../phone/words";
import { clock, type View } from "./view";

const FAR_APART = 120_000; // ms between done and arrived from which both are told

export function log(view: View, incident: Incident, now: Standing): TemplateResult {
  const entries = [...incident.log].reverse();
  return html`
    <ol class="log">
      ${repeat([...now.waiting].reverse(), (one) => one.id, (one) => waiting(view, one))}
      ${entries.map((one) => logged(view, one))}
    </ol>
  `;
}

function waiting(view: View, { id, work, done_at }: Entry): TemplateResult {
  const { t } = view;
  const what = work.kind === "picture" ? t("action.picture") : wordFor(t, "action", work.action);
  const reason = work.kind === "action" && work.reason ? ` · ${t(`reason.${work.reason}`)}` : "";
  return html`
    <li data-unsent=${id}>
      <time datetime=${done_at}>${clock(view, done_at)}</time> <strong>${what}${reason}</strong> ${t("log.you")}
      <em>${t("state.waiting")}</em>${work.note ? html`<br />${work.note}` : nothing}
    </li>
  `;
}

function logged(view: View, one: LogEntry): TemplateResult {
  const { t } = view;
  const done = one.done_at ?? one.at;
  const reason = typeof one.details.reason === "string" ? ` · ${heldWords(t, wordFor(t, "reason", one.details.reason))}` : "";
  const late = Date.parse(one.at) - Date.parse(done) > FAR_APART;
  return html`
    <li data-action=${one.action}>
      <time datetime=${done}>${clock(view, done)}</time> <strong>${wordFor(t, "action", one.action)}${reason}</strong>
      ${one.account ?? t("log.system")}
      ${late ? html`<br /><span class="fine">${t("log.done", { time: clock(view, done), arrived: clock(view, one.at) })}</span>` : nothing}
      ${one.note ? html`<br />${one.note}` : nothing}
    </li>
  `;
}

const REACHED: readonly Delivery["state"][] = ["failed", "cancelled", "queued", "sent", "delivered", "opened", "answered"];

/** One line for each person: the furthest that any of their devices came. */
export function told(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  const people = new Map<string, Delivery[]>();
  for (const one of incident.deliveries) {
    const name = one.account ?? one.device;
    people.set(name, [...(people.get(name) ?? []), one]);
  }
  if (people.size === 0) return html`<p class="empty">${t("told.none")}</p>`;
  return html`
    <ul class="told">
      ${[...people].map(([name, deliveries]) => {
        const best = deliveries.reduce((a, b) => (REACHED.indexOf(b.state) > REACHED.indexOf(a.state) ? b : a));
        const at = best.answered_at ?? best.opened_at ?? best.delivered_at ?? best.sent_at ?? best.queued_at;
        const channels = [...new Set(deliveries.map((one) => t(`channel.${one.channel}`)))];
        return html`
          <li data-state=${best.state}>
            <strong>${name}</strong> <span>${t(`told.${best.state}`)} ${clock(view, at)}</span>
            <span class="fine">${channels.join(" · ")}</span>
          </li>`;
      })}
    </ul>
  `;
}
