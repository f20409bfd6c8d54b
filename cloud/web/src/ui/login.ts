import { html, nothing, type TemplateResult } from "lit-html";
import type { Key } from "../i18n";
import { failureWords } from "../i18n/failures";
import type { Failure } from "../store";
import { languageSwitch } from "./header";
import type { View } from "./view";

export function loginPage(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { busy, failure, expired } = state.login;

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    void actions.login(String(fields.get("email")), String(fields.get("password")));
  }
  return html`
    <main class="login">
      <div class="login-top">${languageSwitch(view)}</div>
      <form class="login-card" @submit=${submit} aria-labelledby="login-heading">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <p class="brand">Fieldwatch</p>
        <p class="muted">${t("app.tagline")}</p>
        <h1 id="login-heading">${t("login.heading")}</h1>
        ${expired ? html`<p class="note" role="status">${t("login.expired")}</p>` : nothing}
        <label>
          ${t("login.email")}
          <input name="email" type="email" autocomplete="username" required autofocus />
        </label>
        <label>
          ${t("login.password")}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <div role="alert">${failure ? html`<p class="error">${words(view, failure)}</p>` : nothing}</div>
        <button class="primary" ?disabled=${busy}>${t(busy ? "login.busy" : "login.submit")}</button>
        <p class="muted small">${t("login.help")}</p>
      </form>
    </main>
  `;
}

function words({ t, state }: View, failure: Failure): string {
  const known: Record<number, Key> = {
    0: "login.unreachable", 401: "login.wrong", 422: "login.wrong", 429: "login.too_many",
  };
  const key = known[failure.status];
  return key ? t(key) : t("login.failed", { detail: failureWords(failure, state.language) });
}
