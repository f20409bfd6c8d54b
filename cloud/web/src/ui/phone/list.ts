/** The fires of the ranger's reserves: those that burn first, drills apart. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { isOver, stepped } from "../../phone/life";
import type { Listed } from "../../phone/store";
import { icon } from "./icons";
import { ago, clock, localName, type View } from "./view";

export function listPage(view: View): TemplateResult {
  const { state, t, actions } = view;
  const all = state.list?.items ?? [];
  const real = all.filter((one) => !one.drill && !one.held_back);
  const drills = all.filter((one) => one.drill && !isOver(one.state));
  const [open, over] = [real.filter((one) => !isOver(one.state)), real.filter((one) => isOver(one.state))];
  return html`
    <header class="top">
      <h1>${t("list")}</h1>
      <button class="round" aria-label=${t("settings")} @click=${() => actions.go({ page: "settings" })}>${icon("settings")}</button>
    </header>
    <main class="body">
      ${state.push === "on" || state.push === "unknown" ? nothing : pushHint(view)}
      ${!state.list ? (state.link ? html`<p class="empty">${t("loading")}</p>` : nothing) : open.length === 0
        ? html`<p class="empty"><strong>${t("list.none")}</strong><br />${t("list.none_body")}</p>`
        : section(view, null, open)}
      ${drills.length ? section(view, t("list.drills"), drills) : nothing}
      ${over.length ? section(view, t("list.over"), over) : nothing}
      ${state.over ? nothing : html`<button class="wide" @click=${actions.showOver}>${t("list.show_over")}</button>`}
      <a class="button wide" href="/">${t("list.map")}</a>
    </main>
  `;
}

function pushHint({ t, actions }: View): TemplateResult {
  return html`
    <button class="hint" @click=${() => actions.go({ page: "settings" })}>
      <strong>${t("push.off")}</strong> <span>${t("push.ask")} ›</span>
    </button>
  `;
}

function section(view: View, heading: string | null, items: readonly Listed[]): TemplateResult {
  return html`
    ${heading ? html`<h2>${heading}</h2>` : nothing}
    <ul class="fires">${repeat(items, (one) => one.id, (one) => html`<li>${line(view, one)}</li>`)}</ul>
  `;
}

function line(view: View, one: Listed): TemplateResult {
  const { t, actions } = view;
  const state = stateOf(view, one);
  return html`
    <button class="fire" data-state=${state} data-incident=${one.id} @click=${() => actions.go({ page: "incident", id: one.id })}>
      <span class="kind">${one.drill ? html`<b class="tag">${t("drill")}</b> ` : nothing}${t(`kind.${one.kind}`)} · ${localName(view, one.place)}</span>
      <span class="meta">${t("seen", { time: clock(view, one.last_seen_at), ago: ago(view, one.last_seen_at) })}</span>
      <span class="state">${t(`state.${state}`)}</span>
    </button>
  `;
}

/** With what was done here and is not sent yet. */
function stateOf({ state }: View, one: Listed): Listed["state"] {
  return state.outbox.reduce((now, { incident, work, refused }) =>
    incident === one.id && !refused && work.kind === "action" ? stepped(now, work.action) : now, one.state);
}
