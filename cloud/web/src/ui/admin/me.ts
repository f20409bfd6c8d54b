/** One's own account: name, language, password, and out. */
import { html, type TemplateResult } from "lit-html";
import { DICTIONARIES, LANGUAGES, locale } from "../../i18n";
import { field, form, text, type AdminView } from "./parts";

export function meSection(view: AdminView): TemplateResult {
  const { t, state, actions, admin } = view;
  const account = state.account!;
  const save = (data: FormData) => {
    const language = text(data, "language") === "zh" ? "zh" : "en";
    void admin.saveMe({ name: text(data, "name"), language });
    actions.setLanguage(language);
  };
  const change = (data: FormData) => void admin.changePassword(text(data, "old"), String(data.get("new")));
  return html`
    <div class="desk-page narrow">
      <section class="desk-card" aria-label=${t("admin.section.me")}>
        <header><h2>${t("admin.section.me")}</h2><span class="muted">${account.email}</span></header>
        ${form(view, html`<div class="pair even">
          ${field(view, "name", t("admin.person_name"), html`<input name="name" required maxlength="100" autocomplete="name" value=${account.name} />`)}
          ${field(view, "language", t("admin.language"), html`<select name="language">
            ${LANGUAGES.map((one) => html`<option value=${one} lang=${locale(one)} ?selected=${one === state.language}>${DICTIONARIES[one]["language.name"]}</option>`)}
          </select>`)}</div>`, { submit: t("desk.save"), send: save, name: "me", key: "me" })}
        <p class="muted small">${account.memberships.map((one) => `${t(`admin.role.${one.role}`)} · ${one.reserve ?? t("admin.every_reserve")}`).join("; ")}</p>
      </section>
      <section class="desk-card" aria-label=${t("admin.password")}>
        <header><h2>${t("admin.password")}</h2></header>
        ${form(view, html`
          <input class="hidden" type="email" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" value=${account.email} readonly />
          ${field(view, "old", t("admin.password_old"), html`<input name="old" type="password" required autocomplete="current-password" />`)}
          ${field(view, "new", t("admin.password_new"), html`<input name="new" type="password" required minlength="10" maxlength="1024" autocomplete="new-password" />`, t("admin.password_hint"))}`, {
          submit: t("admin.password_change"), send: change, name: "password", key: admin.state.said?.key === "admin.said.password" ? "done" : "open",
        })}
      </section>
      <section class="desk-card" aria-label=${t("logout")}>
        <div class="buttons"><a class="button secondary" href="#phone/settings">${t("admin.my_devices")}</a>
          <button class="secondary" @click=${() => void actions.logout()}>${t("logout")}</button></div>
      </section>
    </div>
  `;
}
