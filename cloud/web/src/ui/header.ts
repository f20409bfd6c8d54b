import { html, nothing, type TemplateResult } from "lit-html";
import { DICTIONARIES, LANGUAGES, locale } from "../i18n";
import { localName } from "../map/features";
import { mayLabel } from "../review/state";
import type { OwnPageName, Page } from "../route";
import type { View } from "./view";

export function header(view: View): TemplateResult {
  const { t, state, actions } = view;
  return html`
    <header class="top">
      <a class="skip" href="#panel" @click=${skip}>${t("app.skip")}</a>
      <img src="/icon.svg" alt="" width="28" height="28" />
      <span class="brand">Fieldwatch</span>
      ${reserveChoice(view)} ${pages(view)}
      <span class="grow"></span>
      ${state.reserve ? connection(view) : nothing} ${languageSwitch(view)}
      <button class="quiet" @click=${() => void actions.logout()} title=${state.account?.email ?? ""}>
        ${t("logout")}
      </button>
    </header>
  `;
}

/** Focus moves, the address does not: it says which page is on show. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("panel")?.focus();
}

/** The app's pages; the review for those whose role has it. */
function pages({ t, state, actions }: View): TemplateResult | typeof nothing {
  if (!state.reserve) return nothing;
  const reviews = mayLabel(state.account, state.reserve.slug) || state.page === "review";
  const link = (page: Page, go: () => void) => html`
    <button class="quiet" aria-current=${state.page === page ? "page" : "false"} @click=${go}>${t(`page.${page}`)}</button>
  `;
  const own = (page: OwnPageName) => html`
    <a class="quiet" href="#${page}" aria-current=${state.page === page ? "page" : "false"}>${t(`page.${page}`)}</a>
  `;
  return html`
    <nav class="pages" aria-label=${t("page.label")}>
      ${link("map", actions.review.leave)} ${link("desk", () => actions.desk.go("incidents"))}
      ${link("counts", () => actions.research.open())}
      ${reviews ? link("review", actions.review.open) : nothing}
      ${own("overview")} ${own("reports")} ${own("admin")}
    </nav>
  `;
}

function reserveChoice({ t, state, actions }: View): TemplateResult | typeof nothing {
  if (!state.reserve) return nothing;
  if (state.reserves.length === 1) {
    return html`<h1 class="reserve">${localName(state.reserve, state.language)}</h1>`;
  }
  return html`
    <label class="reserve">
      <span class="hidden">${t("reserve.label")}</span>
      <select @change=${(event: Event) => void actions.openReserve((event.target as HTMLSelectElement).value)}>
        ${state.reserves.map(
          (one) => html`
            <option value=${one.slug} ?selected=${one.slug === state.reserve?.slug}>
              ${localName(one, state.language)}
            </option>
          `,
        )}
      </select>
    </label>
  `;
}

function connection({ t, state }: View): TemplateResult {
  const hint = state.connection === "reconnecting" ? t("connection.reconnecting_hint") : t("connection.live_hint");
  return html`
    <span class="connection ${state.connection}" role="status" title=${hint} data-connection=${state.connection}>
      <span class="dot" aria-hidden="true"></span><span class="word">${t(`connection.${state.connection}`)}</span>
    </span>
  `;
}

export function languageSwitch({ t, state, actions }: View): TemplateResult {
  return html`
    <div class="languages" role="group" aria-label=${t("language.switch")}>
      ${LANGUAGES.map(
        (language) => html`
          <button
            class="quiet"
            lang=${locale(language)}
            aria-pressed=${language === state.language}
            @click=${() => actions.setLanguage(language)}
          >
            ${DICTIONARIES[language]["language.name"]}
          </button>
        `,
      )}
    </div>
  `;
}
