/** People of the reserve: who is let in, and what each may do here. */
import { html, nothing, type TemplateResult } from "lit-html";
import { address } from "../../admin/route";
import { ROLES } from "../../admin/state";
import type { Person, Role } from "../../admin/wire";
import { DICTIONARIES, LANGUAGES, locale } from "../../i18n";
import { icon } from "../icons";
import { ago, fullTime } from "../view";
import { field, form, text, toCopy, type AdminView } from "./parts";

export function peopleSection(view: AdminView): TemplateResult {
  const { t, admin } = view;
  const { people, route } = admin.state;
  if (!people) return html`<p class="muted page-note">${admin.state.failure ? nothing : t("starting")}</p>`;
  const chosen = people.find((one) => one.id === route.id) ?? null;
  return html`
    <div class="desk-page narrow">
      ${link(view)}
      ${route.id === "new" || chosen ? personForm(view, chosen) : list(view, people)}
    </div>
  `;
}

function list(view: AdminView, people: readonly Person[]): TemplateResult {
  const { t } = view;
  return html`
    <section class="desk-card" aria-label=${t("admin.section.people")}>
      <header><h2>${t("admin.section.people")}</h2>
        <a class="button primary" href=${address("people", "new")}>${icon("plus")} ${t("admin.person_add")}</a></header>
      <ul class="rows">${people.map((one) => row(view, one))}</ul>
    </section>
    <section class="desk-card" aria-label=${t("admin.roles_mean")}>
      <header><h2>${t("admin.roles_mean")}</h2></header>
      <dl class="meanings">${ROLES.map((role) => html`<dt>${t(`admin.role.${role}`)}</dt><dd>${t(`admin.role_means.${role}`)}</dd>`)}</dl>
    </section>
  `;
}

/** Roles here; those in every reserve beside them. */
function rolesOf(one: Person, slug: string | undefined): { here: Role[]; everywhere: Role[] } {
  const of = (reserve: string | null | undefined) => one.memberships.filter((m) => m.reserve === reserve).map((m) => m.role);
  return { here: of(slug), everywhere: of(null) };
}

function row(view: AdminView, one: Person): TemplateResult {
  const { t, state } = view;
  const { here, everywhere } = rolesOf(one, state.reserve?.slug);
  return html`
    <li data-person=${one.email} class=${one.disabled_at ? "off" : ""}>
      <div class="row-main">
        <strong>${one.name}</strong> <span class="muted">${one.email}</span>
        <span class="marks">
          ${everywhere.map((role) => html`<span class="mark">${t("admin.role_everywhere", { role: t(`admin.role.${role}`) })}</span>`)}
          ${here.map((role) => html`<span class="mark">${t(`admin.role.${role}`)}</span>`)}
        </span>
        <span class="small muted">${standing(view, one)}</span>
      </div>
      ${everywhere.includes("admin") && here.length === 0 && !one.changeable
        ? nothing
        : html`<a class="button secondary" href=${address("people", one.id)} aria-label=${t("admin.change_named", { name: one.name })}>${t("admin.change")}</a>`}
    </li>
  `;
}

function standing(view: AdminView, one: Person): string {
  const { t } = view;
  if (one.disabled_at) return t("admin.person_disabled");
  if (!one.has_password) {
    return one.link_expires_at ? t("admin.person_link", { at: fullTime(view, one.link_expires_at) }) : t("admin.person_no_link");
  }
  return one.signed_in_at ? t("admin.person_signed_in", { ago: ago(view, one.signed_in_at) }) : "";
}

function roleChoices(view: AdminView, held: readonly Role[]): TemplateResult {
  const { t, state } = view;
  const makesAdmins = (state.account?.memberships ?? []).some((one) => one.reserve === null && one.role === "admin");
  const offered: readonly Role[] = makesAdmins || held.includes("admin") ? ["admin", ...ROLES] : ROLES;
  return html`
    <fieldset class="field role-choices"><legend>${t("admin.roles")}</legend>
      ${offered.map((role) => html`
        <label class="choice"><input type="checkbox" name="roles" value=${role} ?checked=${held.includes(role)} />
          <span><strong>${t(`admin.role.${role}`)}</strong> <span class="small muted">${t(`admin.role_means.${role}`)}</span></span></label>`)}
      ${view.admin.state.wrong.roles ? html`<span class="small complaint">${view.admin.state.wrong.roles}</span>` : nothing}
    </fieldset>
  `;
}

function languageChoice(view: AdminView, chosen: string): TemplateResult {
  return field(view, "language", view.t("admin.language"), html`<select name="language">
    ${LANGUAGES.map((one) => html`<option value=${one} lang=${locale(one)} ?selected=${one === chosen}>${DICTIONARIES[one]["language.name"]}</option>`)}
  </select>`, view.t("admin.language_hint"));
}

function personForm(view: AdminView, one: Person | null): TemplateResult {
  const { t, state, admin } = view;
  const slug = state.reserve!.slug;
  const { here } = one ? rolesOf(one, slug) : { here: ["ranger"] as Role[] };
  const send = (data: FormData) => {
    const roles = data.getAll("roles") as Role[];
    if (one) {
      const body = { name: text(data, "name") || one.name, language: text(data, "language") || one.language };
      return void admin.savePerson(one, body, roles);
    }
    const language = text(data, "language") === "zh" ? "zh" : "en";
    void admin.addPerson({ email: text(data, "email"), name: text(data, "name"), language, reserve: slug, roles });
  };
  const own = one?.id === state.account?.id;
  return html`
    <section class="desk-card" aria-label=${one ? one.name : t("admin.person_new")}>
      <header><h2>${one ? one.name : t("admin.person_new")}</h2>${one ? html`<span class="muted">${one.email}</span>` : nothing}</header>
      ${form(view, html`
        ${one
          ? nothing
          : field(view, "email", t("admin.email"), html`<input name="email" type="email" required maxlength="254" autofocus autocomplete="off" />`, t("admin.email_hint"))}
        ${one && !one.changeable
          ? html`<p class="note small">${t("admin.person_not_yours")}</p>`
          : html`<div class="pair even">
              ${field(view, "name", t("admin.person_name"), html`<input name="name" required maxlength="100" autocomplete="off" value=${one?.name ?? ""} />`)}
              ${languageChoice(view, one?.language ?? state.language)}
            </div>`}
        ${roleChoices(view, here)}`, {
          submit: t(one ? "desk.save" : "admin.person_save"), send, name: "person", key: one?.id ?? "new", cancel: () => admin.leaveForm("people"),
        })}
      ${one && !own ? danger(view, one) : nothing}
    </section>
  `;
}

function danger({ t, admin }: AdminView, person: Person): TemplateResult {
  return html`
    <div class="grave-part buttons">
      ${person.changeable && !person.disabled_at
        ? html`<button class="secondary" @click=${() => admin.patch({ question: { kind: "new_link", person } })}>${t("admin.person_new_link")}</button>`
        : nothing}
      ${person.changeable
        ? person.disabled_at
          ? html`<button class="secondary" @click=${() => void admin.changePerson(person, { disabled: false })}>${t("admin.person_enable")}</button>`
          : html`<button class="secondary" @click=${() => admin.patch({ question: { kind: "disable", person } })}>${t("admin.person_disable")}</button>`
        : nothing}
      <button class="secondary" @click=${() => admin.patch({ question: { kind: "leave_reserve", person } })}>${t("admin.person_leave")}</button>
    </div>
  `;
}

/** The link by which somebody sets a password: on the screen this once. */
function link(view: AdminView): TemplateResult | typeof nothing {
  const { t, admin } = view;
  const { link: shown } = admin.state;
  if (!shown) return nothing;
  const { name, email, link: found } = shown;
  return html`
    <section class="desk-card issued" aria-label=${t("admin.link_for", { name })} role="status">
      <header><h2>${found ? t("admin.link_for", { name }) : t("admin.link_known", { email })}</h2>
        <button class="quiet close" @click=${() => admin.patch({ link: null })} aria-label=${t("close")}>${icon("cross")}</button></header>
      ${found
        ? html`<p>${t(found.mailed ? "admin.link_mailed" : "admin.link_give", { email })}</p>
            ${toCopy(view, "link", t("admin.link_until", { at: fullTime(view, found.expires_at) }), location.origin + found.path)}`
        : html`<p>${t("admin.link_known_body")}</p>`}
    </section>
  `;
}
