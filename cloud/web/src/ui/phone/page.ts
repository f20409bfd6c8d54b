/** The phone's frame: which page is on show, and what stands above all of them. */
import { html, nothing, type TemplateResult } from "lit-html";
import { LANGUAGES, locale } from "../../language";
import { LANGUAGE_NAMES } from "../../phone/words";
import { incidentPage } from "./incident";
import { icon } from "./icons";
import { listPage } from "./list";
import { settingsPage } from "./settings";
import { clock, type View } from "./view";

export function page(view: View): TemplateResult {
  const { state, t } = view;
  if (state.phase === "starting") return html`<main class="phone"><p class="empty">${t("loading")}</p></main>`;
  if (state.phase === "login") return html`<div class="phone">${loginPage(view)}</div>`;
  return html`<div class="phone">${notices(view)} ${content(view)}</div>`;
}

function content(view: View): TemplateResult {
  switch (view.state.route.page) {
    case "incident": return incidentPage(view);
    case "settings": return settingsPage(view);
    case "list": return listPage(view);
  }
}

/** What must be known on every page: no link, what waits, a sounding alarm, a newer version. */
function notices(view: View): TemplateResult {
  const { state, t, actions } = view;
  const waiting = state.outbox.filter((one) => !one.refused).length;
  const read = state.route.page === "incident" ? state.incident?.read : state.list?.read;
  return html`
    <div class="notices" role="status">
      ${state.keeps ? nothing : html`<p class="notice">${t("keeps.not")}</p>`}
      ${state.link
        ? nothing
        : html`<p class="notice" data-link="lost">${read ? t("link.lost", { time: clock(view, read) }) : t("link.lost_never")}</p>`}
      ${waiting > 0 ? html`<p class="notice waiting" data-waiting=${waiting}>${t("link.waiting", { n: waiting })}</p>` : nothing}
      ${state.update
        ? html`<p class="notice">${t("update")} <button class="small" @click=${() => location.reload()}>${t("update.now")}</button></p>`
        : nothing}
    </div>
    ${state.sounding === "no"
      ? nothing
      : state.sounding === "yes"
        ? html`<button class="silence" @click=${actions.silence}>${icon("silence")} ${t("sound.stop")}</button>`
        : html`<button class="silence" @click=${() => void actions.sound(state.sound)}>${icon("release")} ${t("sound.blocked")}</button>`}
  `;
}

function loginPage(view: View): TemplateResult {
  const { state, t, actions } = view;
  const { busy, failed, expired } = state.login;

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    void actions.login(String(fields.get("email")), String(fields.get("password")));
  }
  return html`
    <main class="card">
      ${languages(view)}
      <form @submit=${submit}>
        <h1>${t("title")}</h1>
        <h2>${t("login.heading")}</h2>
        ${expired ? html`<p class="notice" role="status">${t("login.expired")}</p>` : nothing}
        <label>${t("login.email")}<input name="email" type="email" autocomplete="username" required /></label>
        <label>${t("login.password")}<input name="password" type="password" autocomplete="current-password" required /></label>
        <div role="alert">${failed === null ? nothing : html`<p class="notice">${loginFailure(view, failed)}</p>`}</div>
        <button class="primary wide" ?disabled=${busy}>${t(busy ? "login.busy" : "login.submit")}</button>
      </form>
    </main>
  `;
}

function loginFailure({ t }: View, status: number): string {
  if (status === 0) return t("login.lost");
  if (status === 401 || status === 422) return t("login.wrong");
  return status === 429 ? t("login.many") : t("login.failed", { status });
}

export function languages({ state, t, actions }: View): TemplateResult {
  return html`
    <div class="choice" role="group" aria-label=${t("language")}>
      ${LANGUAGES.map((one) => html`
        <button lang=${locale(one)} aria-pressed=${one === state.language} @click=${() => actions.setLanguage(one)}>
          ${LANGUAGE_NAMES[one]}
        </button>`)}
    </div>
  `;
}
