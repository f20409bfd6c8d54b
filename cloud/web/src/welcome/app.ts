/** The page behind a link that was sent to somebody new: they choose a password, and are in. Small, and an app of its own:
 * nobody is signed in yet, and the link's secret must not reach anything else. */
import "../styles/base.css";
import "../styles/layout.css";
import { html, nothing, render, type TemplateResult } from "lit-html";
import { ApiError, call } from "../client";
import { DICTIONARIES, firstLanguage, LANGUAGES, locale, remember, translator, type Language } from "../i18n";
import { failureWords } from "../i18n/failures";
import type { Failure } from "../store";

interface Owner {
  readonly email: string;
  readonly name: string;
  readonly language: Language;
}

const app = document.getElementById("app")!;
const secret = location.hash.split("/")[1] ?? "";
let language = firstLanguage();
let owner: Owner | null = null;
let failure: Failure | null = null;
let busy = true;

async function attempt(work: () => Promise<void>): Promise<void> {
  busy = true;
  failure = null;
  show();
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    failure = { status: error.status, detail: error.message };
  }
  busy = false;
  show();
}

const look = () =>
  attempt(async () => {
    owner = await call<Owner>("/password-links/look", { secret });
    choose(owner.language);
  });

const use = (password: string) =>
  attempt(async () => {
    await call("/password-links/use", { secret, password });
    // The secret is used up, and leaves the address and its history.
    location.replace(`${location.pathname}#overview`);
    location.reload();
  });

function choose(one: Language): void {
  language = one;
  remember(one);
  show();
}

function template(): TemplateResult {
  const t = translator(language);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void use(String(new FormData(event.target as HTMLFormElement).get("password")));
  };
  const gone = failure?.status === 404 || failure?.status === 422;
  return html`
    <main class="login">
      <div class="login-top"><div class="languages" role="group" aria-label=${t("language.switch")}>
        ${LANGUAGES.map((one) => html`<button class="quiet" lang=${locale(one)} aria-pressed=${one === language} @click=${() => choose(one)}>${DICTIONARIES[one]["language.name"]}</button>`)}
      </div></div>
      <form class="login-card" @submit=${submit} aria-labelledby="welcome-heading">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <p class="brand">Fieldwatch</p>
        <h1 id="welcome-heading">${owner ? t("welcome.heading", { name: owner.name }) : t("welcome.wait")}</h1>
        ${owner
          ? html`
              <p class="muted">${t("welcome.body")}</p>
              <label>${t("login.email")}<input type="email" name="email" autocomplete="username" readonly value=${owner.email} /></label>
              <label>${t("admin.password_new")}
                <input name="password" type="password" required minlength="10" maxlength="1024" autocomplete="new-password" autofocus aria-describedby="password-hint" /></label>
              <p class="muted small" id="password-hint">${t("admin.password_hint")}</p>`
          : nothing}
        <div role="alert">
          ${failure ? html`<p class="error">${gone ? t("welcome.gone") : failureWords(failure, language)}</p>` : nothing}
        </div>
        ${owner && !gone ? html`<button class="primary" ?disabled=${busy}>${busy ? t("login.busy") : t("welcome.submit")}</button>` : nothing}
        ${gone ? html`<p><a href="/">${t("welcome.login")}</a></p>` : nothing}
      </form>
    </main>
  `;
}

function show(): void {
  document.documentElement.lang = locale(language);
  document.title = translator(language)("app.title");
  render(template(), app);
}

show();
void look();
