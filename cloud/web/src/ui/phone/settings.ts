/** Whether and how this phone is called, and what it shows. */
import { html, nothing, type TemplateResult } from "lit-html";
import { isIos, isInstalled } from "../../phone/push";
import { SOUND_CHOICES } from "../../phone/sound";
import { icon } from "./icons";
import { languages } from "./page";
import type { View } from "./view";

export function settingsPage(view: View): TemplateResult {
  const { t, state, actions } = view;
  return html`
    <header class="top">
      <button class="round" aria-label=${t("list.back")} @click=${() => actions.go({ page: "list" })}>${icon("back")}</button>
      <h1>${t("settings")}</h1>
    </header>
    <main class="body">
      <section><h2>${t("push")}</h2>${push(view)}</section>
      ${state.install === "can" && !isInstalled()
        ? html`<section><button class="wide" @click=${view.install}>${t("install")}</button><p class="fine">${t("install.body")}</p></section>`
        : nothing}
      <section><h2>${t("sound")}</h2>${sound(view)}</section>
      <section>
        <h2>${t("light")}</h2>
        <div class="choice" role="group" aria-label=${t("light")}>
          ${(["day", "night"] as const).map((one) => html`
            <button aria-pressed=${one === state.light} @click=${() => actions.setLight(one)}>${t(`light.${one}`)}</button>`)}
        </div>
      </section>
      <section><h2>${t("language")}</h2>${languages(view)}</section>
      <section><h2>${t("account")}</h2>${account(view)}</section>
    </main>
  `;
}

function push(view: View): TemplateResult {
  const { t, state, actions } = view;
  const failure = state.pushFailure ? html`<p class="notice" role="alert">${t("push.failed", { detail: state.pushFailure })}</p>` : nothing;
  switch (state.push) {
    case "on":
      return html`
        <p class="good" data-push="on">${t("push.on")}</p>
        <button class="wide" @click=${() => void actions.testPush()}>${t("push.test")}</button>
        <p role="status">${state.tested === "sent" ? t("push.test_sent") : state.tested === "arrived" ? t("push.test_arrived") : nothing}</p>
        ${failure}
      `;
    case "off":
      return html`
        <p class="bad" data-push="off"><strong>${t("push.off")}</strong></p>
        <p>${t("push.why")}</p>
        <button class="primary wide" ?disabled=${state.pushBusy} @click=${() => void actions.askForPush()}>
          ${t(state.pushBusy ? "push.busy" : "push.ask")}
        </button>
        ${failure}
      `;
    case "unknown":
      return html`<p>${t("loading")}</p>`;
    default:
      return html`<p class="bad" data-push=${state.push}><strong>${t("push.off")}</strong></p><p>${t(`push.${state.push}`)}</p>`;
  }
}

function sound({ t, state, actions }: View): TemplateResult {
  return html`
    <div class="choice stacked" role="group" aria-label=${t("sound")}>
      ${SOUND_CHOICES.map((one) => html`
        <button aria-pressed=${one === state.sound} @click=${() => actions.chooseSound(one)}>${t(`sound.${one}`)}</button>`)}
    </div>
    <button class="wide" @click=${() => void actions.sound("once")}>${t("sound.try")}</button>
    <p class="fine">${t("sound.limits")}</p>
    <p class="fine">${t(isIos() ? "sound.limits_ios" : "sound.limits_android")}</p>
  `;
}

function account({ t, state, actions }: View): TemplateResult {
  const waiting = state.outbox.filter((one) => !one.refused).length;
  return html`
    <p>${state.account?.name}<br /><span class="fine">${state.account?.email}</span></p>
    ${state.leaving
      ? html`<p class="notice" role="alert">${t("logout.waiting", { n: waiting })}</p>
          <button class="wide" @click=${() => void actions.logout(true)}>${t("logout.sure")}</button>`
      : html`<button class="wide" @click=${() => void actions.logout(false)}>${t("logout")}</button>`}
    <p class="fine">${t("logout.note")}</p>
  `;
}
