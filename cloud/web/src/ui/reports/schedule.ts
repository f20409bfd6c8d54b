/** When reports are made by themselves, in which languages, and who gets them by mail. What is entered stays in the form
 * until it is sent. */
import { html, nothing, type TemplateResult } from "lit-html";
import { DICTIONARIES, locale } from "../../i18n";
import type { Page } from "../../reports/page";
import { weekdays } from "../../reports/editions";
import type { ReportPerson, Schedule } from "../../reports/wire";
import { card, failed, loading } from "../side/parts";
import { fullTime, type View } from "../side/view";

export function scheduleCard(view: View, page: Page): TemplateResult {
  const { t } = view;
  const { value, failure } = page.schedule;
  return card(t("reports.schedule"), html`
    ${failed(view, failure, page.read)}
    ${value ? form(view, page, value) : failure ? nothing : loading(view)}
  `, nothing, "report-schedule");
}

function form(view: View, page: Page, value: Schedule): TemplateResult {
  const { t, state } = view;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const whole = (name: string) => Number(data.get(name));
    page.save({
      weekly: { enabled: data.has("weekly"), weekday: whole("weekday"), hour: whole("weekly-hour") },
      monthly: { enabled: data.has("monthly"), day: whole("day"), hour: whole("monthly-hour") },
      recipients: data.getAll("recipient").map(String),
      languages: data.getAll("language").map(String) as Schedule["languages"],
    });
  };
  const unreached = value.people.filter((one) => value.recipients.includes(one.account_id) && !one.has_mail);
  return html`
    <form class="report-form" data-form="schedule" @submit=${send}>
      <fieldset>
        <legend class="hidden">${t("reports.kind.weekly")}</legend>
        <label class="report-check"><input type="checkbox" name="weekly" ?checked=${value.weekly.enabled} /> <strong>${t("reports.weekly_on")}</strong></label>
        <div class="report-pair">
          <label>${t("reports.weekday")} <select name="weekday">${weekdays(state.language).map((name, n) =>
            html`<option value=${n} ?selected=${n === value.weekly.weekday}>${name}</option>`)}</select></label>
          ${hour(view, "weekly-hour", value.weekly.hour ?? 6)}
        </div>
        ${value.next_weekly_at ? html`<p class="muted small">${t("reports.next", { when: fullTime(view, value.next_weekly_at) })}</p>` : nothing}
      </fieldset>
      <fieldset>
        <legend class="hidden">${t("reports.kind.monthly")}</legend>
        <label class="report-check"><input type="checkbox" name="monthly" ?checked=${value.monthly.enabled} /> <strong>${t("reports.monthly_on")}</strong></label>
        <div class="report-pair">
          <label>${t("reports.day")} <select name="day">${Array.from({ length: 28 }, (_, n) =>
            html`<option value=${n + 1} ?selected=${n + 1 === value.monthly.day}>${n + 1}</option>`)}</select></label>
          ${hour(view, "monthly-hour", value.monthly.hour ?? 6)}
        </div>
        ${value.next_monthly_at ? html`<p class="muted small">${t("reports.next", { when: fullTime(view, value.next_monthly_at) })}</p>` : nothing}
      </fieldset>
      <p class="muted small">${t("reports.local", { zone: value.timezone })}</p>
      <fieldset class="report-choice">
        <legend>${t("reports.languages")}</legend>
        ${(["zh", "en"] as const).map((one) => html`<label lang=${locale(one)}>
          <input type="checkbox" name="language" value=${one} ?checked=${value.languages.includes(one)} /> ${DICTIONARIES[one]["language.name"]}</label>`)}
      </fieldset>
      <fieldset>
        <legend>${t("reports.recipients")}</legend>
        ${value.mail_is_set_up ? nothing : html`<p class="note small">${t("reports.no_server")}</p>`}
        <ul class="report-recipients">${value.people.map((one) => recipient(view, one, value.recipients.includes(one.account_id)))}</ul>
        ${unreached.length > 0 ? html`<p class="note small" role="status">${t("reports.unreached", { names: unreached.map((one) => one.name).join(state.language === "zh" ? "、" : ", ") })}</p>` : nothing}
      </fieldset>
      <button class="primary" ?disabled=${page.busy}>${t("reports.save")}</button>
      <p class="small" role="status">${page.saved ? t("reports.saved") : nothing}</p>
    </form>
  `;
}

function hour({ t }: View, name: string, value: number): TemplateResult {
  return html`<label>${t("reports.hour")} <select name=${name}>${Array.from({ length: 24 }, (_, n) =>
    html`<option value=${n} ?selected=${n === value}>${`${n}`.padStart(2, "0")}:00</option>`)}</select></label>`;
}

function recipient({ t }: View, one: ReportPerson, chosen: boolean): TemplateResult {
  return html`
    <li data-person=${one.account_id}><label class="report-check">
      <input type="checkbox" name="recipient" value=${one.account_id} ?checked=${chosen} />
      <span>${one.name} <span class="muted small">${t(`role.${one.role}` as "role.manager")}</span>
        ${one.has_mail ? nothing : html`<span class="no-mail small">${t("reports.no_device")}</span>`}</span>
    </label></li>
  `;
}
