/** One made now: a week or a month, up to a day. */
import { html, type TemplateResult } from "lit-html";
import type { Page } from "../../reports/page";
import type { Kind } from "../../reports/wire";
import { card } from "../side/parts";
import { icon, type View } from "../side/view";

export function makeCard({ t }: View, page: Page): TemplateResult {
  const today = page.list.value?.today ?? "";
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    page.make({
      kind: form.get("kind") as Kind,
      ending: (form.get("ending") as string) || null,
      languages: ["zh", "en"],
      mail: form.get("mail") === "on",
    });
  };
  return card(t("reports.make"), html`
    <form class="report-form" data-form="make" @submit=${send}>
      <fieldset class="report-choice">
        <legend>${t("reports.span")}</legend>
        <label><input type="radio" name="kind" value="weekly" checked /> ${t("reports.week")}</label>
        <label><input type="radio" name="kind" value="monthly" /> ${t("reports.month")}</label>
      </fieldset>
      <label>${t("reports.ending")} <input type="date" name="ending" max=${today} aria-describedby="ending-hint" /></label>
      <p class="muted small" id="ending-hint">${t("reports.ending_hint")}</p>
      ${page.manages ? html`<label class="report-check"><input type="checkbox" name="mail" /> ${t("reports.mail_now")}</label>` : ""}
      <button class="primary" ?disabled=${page.busy}>${icon("file")} ${t("reports.make_now")}</button>
    </form>
  `, "", "report-make");
}
