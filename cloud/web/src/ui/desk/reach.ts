/** Who can be reached and how, and the reserve's own systems that are told of every fire. */
import { html, nothing, type TemplateResult } from "lit-html";
import { wordFor } from "../../i18n";
import type { PersonReach } from "../../desk/wire";
import { icon } from "../icons";
import type { View } from "../view";
import { card, field, text } from "./parts";

export function reachCard(view: View): TemplateResult {
  const { t, state } = view;
  const { people, onDuty } = state.desk.roster!;
  const duty = new Set(onDuty.zones.flatMap((zone) => zone.people.map((one) => one.account_id)));
  const working = (one: PersonReach) => one.devices.filter((device) => device.disabled_reason === null);
  // Who is on duty and cannot be called stands first: that is what this list is for.
  const rank = (one: PersonReach) => (working(one).length > 0 ? 2 : duty.has(one.account_id) ? 0 : 1);
  const sorted = [...people].sort((a, b) => rank(a) - rank(b) || a.account.localeCompare(b.account));
  return card(t("desk.reach"), html`
    <ul class="reach">
      ${sorted.map((one) => {
        const works = working(one);
        const alarm = works.length === 0 && duty.has(one.account_id);
        return html`<li class=${alarm ? "alarm" : ""} data-account=${one.account_id}>
          <span class="name">${one.account}</span> <span class="muted small">${wordFor(t, "role", one.role)}</span>
          ${works.length === 0
            ? html`<span class=${alarm ? "unreachable" : "muted small"}>${icon("warning")} ${t(alarm ? "desk.on_duty_no_device" : "desk.no_device")}</span>`
            : html`<span class="small">${works.map((device) => wordFor(t, "channel", device.channel)).join(" · ")}</span>`}
          ${one.devices.filter((device) => device.disabled_reason !== null).map(
            (device) => html`<span class="muted small">${wordFor(t, "channel", device.channel)}: ${t("desk.device_dead", { why: device.disabled_reason! })}</span>`)}
        </li>`;
      })}
    </ul>
    <p class="muted small">${t("desk.reach_hint")}</p>
  `, nothing, "reach");
}

export function webhookCard(view: View): TemplateResult {
  const { t, actions } = view;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    void actions.desk.addWebhook(text(data, "name")!, text(data, "url")!).then((done) => done && form.reset());
  };
  const { roster, issued } = view.state.desk;
  const hooks = roster!.webhooks;
  return card(t("desk.webhooks"), html`
    <p class="muted small">${t("desk.webhooks_body")}</p>
    ${hooks.length === 0 ? nothing : html`<ul class="reach">${hooks.map((one) => html`<li><span class="name">${one.name}</span> <span class="muted small">${one.url}</span>
          ${one.disabled_reason ? html`<span class="unreachable">${icon("warning")} ${t("desk.device_dead", { why: one.disabled_reason })}</span>` : nothing}</li>`)}</ul>`}
    ${issued
      ? html`<div class="note"><p><strong>${t("desk.webhook_secret", { name: issued.name })}</strong></p><code class="secret">${issued.secret}</code><p class="small">${t("desk.webhook_once")}</p></div>`
      : nothing}
    <form class="inline" @submit=${send}>
      ${field(t("desk.webhook_name"), html`<input name="name" required maxlength="100" />`)}
      ${field(t("desk.webhook_url"), html`<input name="url" type="url" required placeholder="https://" />`)}
      <button class="secondary">${t("desk.webhook_add")}</button>
    </form>
  `, nothing, "webhooks");
}
