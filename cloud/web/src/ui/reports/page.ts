/** The page of reports: those that there are, one to be made now, and for managers when and for whom. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { failureWords } from "../../i18n/failures";
import { DICTIONARIES, locale } from "../../i18n";
import { localName } from "../../map/features";
import { percent } from "../../format";
import { reportUrl } from "../../reports/api";
import { days, editions, isWaiting, kilobytes, progress, spoken, type Edition } from "../../reports/editions";
import type { Page } from "../../reports/page";
import type { Report } from "../../reports/wire";
import { card, empty, failed, loading, page as shell } from "../side/parts";
import { fullTime, icon, type View } from "../side/view";
import { makeCard } from "./make";
import { scheduleCard } from "./schedule";

export function reportsPage(view: View, page: Page): TemplateResult {
  const { t } = view;
  const { value, failure } = page.list;
  return shell("reports", html`
    <header class="side-head"><h1>${t("page.reports")}</h1><p class="muted">${t("reports.what")}</p></header>
    ${failed(view, failure, page.read)}
    ${page.failure ? html`<p class="error" role="alert">${failureWords(page.failure, view.state.language)}</p>` : nothing}
    <div class="reports-grid">
      ${card(t("reports.list"), value ? list(view, page) : failure ? nothing : loading(view), nothing, "report-list")}
      ${page.makes ? html`<div class="reports-side">
        ${makeCard(view, page)} ${page.manages ? scheduleCard(view, page) : nothing}
      </div>` : nothing}
    </div>
  `);
}

function list(view: View, page: Page): TemplateResult {
  const { t } = view;
  const found = editions(page.list.value!.items);
  if (found.length === 0) return empty(t("reports.none"), page.makes ? t("reports.none_makes") : t("reports.none_reads"));
  return html`<ul class="editions">
    ${repeat(found, (one) => one.reports[0]!.id, (one) => entry(view, page, one))}
  </ul>`;
}

function entry(view: View, page: Page, edition: Edition): TemplateResult {
  const { t, state } = view;
  const report = spoken(edition, state.language);
  const marked = edition.reports.some((one) => one.id === page.chosen);
  const heading = days(edition.first_day, edition.last_day, state.language);
  return html`
    <li class=${marked ? "edition marked" : "edition"} data-report=${report.id} data-kind=${edition.kind} data-state=${report.state}>
      ${cover(view, edition, report)}
      <div class="edition-text">
        <h3>${t(`reports.kind.${edition.kind}`)} · ${heading}</h3>
        ${edition.reports.some(isWaiting) ? making(view, edition) : nothing}
        ${edition.reports.map((one) => one.state === "failed"
          ? html`<p class="error" role="alert">${t("reports.failed", { language: DICTIONARIES[one.language]["language.name"], why: one.failure ?? "" })}</p>` : nothing)}
        ${report.headlines.length > 0
          ? html`<ul class="report-headlines" lang=${locale(report.language)}>${report.headlines.slice(0, 4).map((one) => html`<li>${one}</li>`)}</ul>` : nothing}
        <ul class="report-files">${edition.reports.map((one) => files(view, one, heading))}</ul>
        <p class="muted small">${made(view, edition, report)}</p>
      </div>
    </li>
  `;
}

/** What it looks like, small: the first page's band. */
function cover({ t, state }: View, edition: Edition, report: Report): TemplateResult {
  const inside = html`
    <span class="report-cover-band"><span class="report-cover-kind">${t(`reports.kind.${edition.kind}`)}</span>
      <span class="report-cover-name">${state.reserve ? localName(state.reserve, state.language) : nothing}</span></span>
    <span class="report-cover-lines"></span>
  `;
  return report.pdf_bytes === null
    ? html`<span class="report-cover" aria-hidden="true">${inside}</span>`
    : html`<a class="report-cover" href=${reportUrl(report.id, "html")} target="_blank" rel="noopener" aria-hidden="true" tabindex="-1">${inside}</a>`;
}

function making({ t, state }: View, edition: Edition): TemplateResult {
  const share = progress(edition);
  return html`
    <p class="report-making" role="status">
      <progress max="1" .value=${share} aria-label=${t("reports.making")}></progress>
      <span>${t("reports.making")} ${percent(share, state.language)}</span>
    </p>
  `;
}

function files({ t, state }: View, one: Report, heading: string): TemplateResult | typeof nothing {
  if (one.pdf_bytes === null || one.html_bytes === null) return nothing;
  const language = DICTIONARIES[one.language]["language.name"];
  const named = (what: string) => `${what}: ${t(`reports.kind.${one.kind}`)}, ${heading}, ${language}`;
  return html`
    <li data-language=${one.language}>
      <span class="file-language" lang=${locale(one.language)}>${language}</span>
      <a class="button" href=${reportUrl(one.id, "html")} target="_blank" rel="noopener"
        aria-label=${named(t("reports.read"))}>${icon("eye")} ${t("reports.read")}</a>
      <a class="button" href=${reportUrl(one.id, "pdf", true)} aria-label=${named(t("reports.pdf"))}>
        ${icon("file")} ${t("reports.pdf")} <span class="muted small">${t("reports.pages", { n: one.pages ?? 0 })}, ${kilobytes(one.pdf_bytes, state.language)}</span></a>
      <a class="button" href=${reportUrl(one.id, "html", true)} aria-label=${named(t("reports.html"))}>
        ${icon("file")} ${t("reports.html")} <span class="muted small">${kilobytes(one.html_bytes, state.language)}</span></a>
    </li>
  `;
}

function made(view: View, edition: Edition, report: Report): string {
  const { t } = view;
  const sum = (key: "mails_sent" | "mails_waiting" | "mails_failed") => edition.reports.reduce((all, one) => all + one[key], 0);
  const by = report.made_by ? t("reports.by", { who: report.made_by }) : t("reports.by_schedule");
  return [
    report.made_at ? t("reports.made", { when: fullTime(view, report.made_at), by }) : t("reports.asked", { when: fullTime(view, report.asked_at), by }),
    sum("mails_sent") ? t("reports.mailed", { n: sum("mails_sent") }) : "",
    sum("mails_waiting") ? t("reports.mail_waits", { n: sum("mails_waiting") }) : "",
    sum("mails_failed") ? t("reports.mail_failed", { n: sum("mails_failed") }) : "",
  ].filter(Boolean).join(" ");
}
