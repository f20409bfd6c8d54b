/** The bar above every page: which reserve, which page, whether the link lives, in which language.
 * Where it has no room for all of that, pages and settings fold behind one button. */
import { html, nothing, type TemplateResult } from "lit-html";
import { DICTIONARIES, LANGUAGES, locale } from "../i18n";
import { localName } from "../map/features";
import { mayLabel } from "../review/state";
import type { OwnPageName, Page } from "../route";
import type { State } from "../store";
import { icon } from "./icons";
import type { View } from "./view";

export function header(view: View): TemplateResult {
  const { t, state, actions } = view;
  return html`
    <header class="top">
      <a class="skip" href="#panel" @click=${skip}>${t("app.skip")}</a>
      <a class="home" href="#overview"><img src="/icon.svg" alt="" width="28" height="28" /><span class="brand">Fieldwatch</span></a>
      ${reserveChoice(view)}
      ${state.reserve ? connection(view) : nothing}
      <button class="quiet menu-button" aria-expanded="false" aria-controls="menu" @click=${toggle}>
        ${icon("list")} <span>${t("page.menu")}</span>
      </button>
      <div class="menu" id="menu" @click=${chosen} @keydown=${escape}>
        ${pages(view)}
        <span class="grow"></span>
        ${languageSwitch(view)}
        <a class="quiet me" href="#admin/me" aria-label=${t("page.me")} title=${t("page.me")}>${icon("person")}</a>
        <button class="quiet" @click=${() => void actions.logout()}
          title=${state.account ? t("page.account", { name: state.account.email }) : ""}>
          ${t("logout")}
        </button>
      </div>
    </header>
  `;
}

/** Focus moves, the address does not: it says which page is on show. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("panel")?.focus();
}

// The menu of a narrow screen. Open or not is no state of the app: no view but this one depends on it.

function toggle(event: Event): void {
  const button = event.currentTarget as HTMLElement;
  button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
}

function fold(menu: HTMLElement): HTMLElement | null {
  const button = menu.parentElement?.querySelector<HTMLElement>(".menu-button") ?? null;
  button?.setAttribute("aria-expanded", "false");
  return button;
}

/** A page was chosen: the menu is out of its way. */
function chosen(event: Event): void {
  if ((event.target as HTMLElement).closest("a, nav button")) fold(event.currentTarget as HTMLElement);
}

function escape(event: KeyboardEvent): void {
  if (event.key === "Escape") fold(event.currentTarget as HTMLElement)?.focus();
}

/** The app's pages, each for those whose role has a use for it. */
function pages({ t, state, actions }: View): TemplateResult | typeof nothing {
  if (!state.reserve) return nothing;
  const reviews = mayLabel(state.account, state.reserve.slug) || state.page === "review";
  const link = (page: Page, go: () => void) => html`
    <button class="quiet" aria-current=${state.page === page ? "page" : "false"} @click=${go}>${t(`page.${page}`)}</button>
  `;
  const own = (page: OwnPageName, title = "") => html`
    <a class="quiet" href="#${page}" title=${title} aria-current=${partOf(state.page) === page ? "page" : "false"}>${t(`page.${page}`)}</a>
  `;
  return html`
    <nav class="pages" aria-label=${t("page.label")}>
      ${own("overview")} ${link("map", actions.review.leave)} ${link("desk", () => actions.desk.go("incidents"))}
      ${own("camera")} ${own("species")} ${link("counts", () => actions.research.open())}
      ${reviews ? link("review", actions.review.open) : nothing}
      ${own("reports")} ${administers(state) ? html`${own("fleet")} ${own("admin")}` : nothing} ${own("wall", t("page.wall_hint"))}
    </nav>
  `;
}

/** Flights are looked for among the cameras. */
function partOf(page: Page): Page {
  return page === "flight" ? "camera" : page;
}

const ADMINISTER = ["admin", "manager", "technician"];

/** Whether there is more for the account to administer here than itself. The cloud decides by itself. */
export function administers({ account, reserve }: Pick<State, "account" | "reserve">): boolean {
  return (account?.memberships ?? []).some(
    (one) => (one.reserve === null || one.reserve === reserve?.slug) && ADMINISTER.includes(one.role),
  );
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
    <a class="quiet all-reserves" href="#reserves" aria-current=${state.page === "reserves" ? "page" : "false"}>${t("page.reserves")}</a>
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
