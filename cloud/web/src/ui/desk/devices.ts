/** One's own devices: where the fire reaches oneself. */
import { html, nothing, type TemplateResult } from "lit-html";
import { wordFor } from "../../i18n";
import type { MyDevice } from "../../desk/wire";
import type { Channel } from "../../wire";
import { icon } from "../icons";
import type { View } from "../view";
import { card, field, select, text, when } from "./parts";

const TYPED: readonly Channel[] = ["email", "sms", "voice"];

export function devicesSection(view: View): TemplateResult {
  const { t, state } = view;
  const { devices } = state.desk;
  if (!devices) return html`<p class="muted">${state.desk.failure ? nothing : t("starting")}</p>`;
  return html`
    <div class="desk-page desk-grid">
      <div>${card(t("device.mine"), devices.length === 0
        ? html`<p class="alarm">${icon("warning")} ${t("device.none")}</p><p>${t("device.none_body")}</p>`
        : html`<ul class="reach">${devices.map((one) => row(view, one))}</ul>`, nothing, "devices")}</div>
      <div>
        ${card(t("device.phone"), html`<p>${t("device.phone_body")}</p><a class="button primary" href="#phone/settings">${icon("phone")} ${t("device.phone_open")}</a>`)}
        ${card(t("device.add"), form(view), nothing, "add-device")}
      </div>
    </div>
  `;
}

function row(view: View, one: MyDevice): TemplateResult {
  const { t, actions, state } = view;
  return html`<li class=${one.disabled_at ? "off" : ""} data-device=${one.id}>
    <span class="name">${one.name}</span>
    <span class="muted small">${wordFor(t, "channel", one.channel)} · ${when(view, one.created_at)}</span>
    ${one.disabled_at ? html`<span class="unreachable">${icon("warning")} ${t("desk.device_dead", { why: one.disabled_reason ?? "" })}</span>` : nothing}
    <span class="buttons">
      ${one.disabled_at ? nothing : html`<button class="secondary" ?disabled=${state.desk.busy} @click=${() => void actions.desk.testDevice(one.id)}>${t("device.test")}</button>`}
      <button class="quiet" aria-label=${t("device.remove", { name: one.name })} @click=${() => void actions.desk.removeDevice(one.id)}>${icon("trash")}</button>
    </span>
  </li>`;
}

function form(view: View): TemplateResult {
  const { t, state, actions } = view;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    void actions.desk.addDevice(deviceOf(new FormData(form), state.language)).then((done) => done && form.reset());
  };
  return html`<form class="mask-form" @submit=${send}>
    ${field(t("device.channel"), select("channel", TYPED.map((one) => ({ value: one, words: wordFor(t, "channel", one) }))))}
    ${field(t("device.address"), html`<input name="address" required maxlength="200" autocomplete="off" placeholder=${`${state.account?.email ?? ""} / +86 138…`} />`)}
    ${field(t("device.name"), html`<input name="name" maxlength="100" placeholder=${t("device.name_example")} />`)}
    <button class="primary" ?disabled=${state.desk.busy}>${t("device.add")}</button>
  </form>`;
}

export function deviceOf(form: FormData, language: "en" | "zh") {
  const [channel, address] = [text(form, "channel")!, text(form, "address")!];
  return { channel, name: text(form, "name") ?? address, address: { [channel === "email" ? "email" : "phone"]: address }, language };
}
