/** How long pictures are kept: three rules, each with what it would remove before it is switched on. */
import { html, nothing, type TemplateResult } from "lit-html";
import { bytes } from "../../admin/state";
import type { Retention, RetentionKind, RetentionRule } from "../../admin/wire";
import { icon } from "../icons";
import { at } from "../desk/parts";
import { fullTime } from "../view";
import { form, number, type AdminView } from "./parts";

export const KINDS: readonly RetentionKind[] = ["people", "empty", "unused"];
/** What is proposed where a rule is switched on. */
const DAYS: Readonly<Record<RetentionKind, number>> = { people: 90, empty: 365, unused: 365 };

export function retentionSection(view: AdminView): TemplateResult {
  const { t, state, admin } = view;
  const { retention } = admin.state;
  if (!retention) return html`<p class="muted page-note">${admin.state.failure ? nothing : t("starting")}</p>`;
  return html`
    <div class="desk-page narrow">
      <section class="desk-card" aria-label=${t("admin.section.retention")}>
        <header><h2>${t("admin.section.retention")}</h2>
          <span class="muted small">${t("admin.kept", { n: retention.pictures.toLocaleString(state.language), bytes: bytes(retention.bytes, state.language) })}</span></header>
        <p class="muted">${t("admin.retention_body")}</p>
        ${form(view, html`${KINDS.map((kind) => rule(view, retention, kind))}`, {
          submit: t("admin.retention_check"), send: (data) => void admin.askRetention(rulesOf(data)), name: "retention",
          key: `${state.reserve!.slug} ${retention.rules.map((one) => `${one.kind}${one.keep_days}${one.labelled_too}`).join()}`,
        })}
      </section>
      ${went(view, retention)}
    </div>
  `;
}

function rule(view: AdminView, retention: Retention, kind: RetentionKind): TemplateResult {
  const { t } = view;
  const set = retention.rules.find((one) => one.kind === kind) ?? null;
  return html`
    <fieldset class="retention-rule" data-kind=${kind}>
      <legend>${t(`admin.kind.${kind}`)}</legend>
      <p class="small muted">${t(`admin.kind_means.${kind}`)}</p>
      <label class="choice"><input type="radio" name=${kind} value="keep" ?checked=${!set} /> <span>${t("admin.keep_for_ever")}</span></label>
      <label class="choice"><input type="radio" name=${kind} value="remove" ?checked=${set !== null} />
        <span>${t("admin.remove_after")}</span>
        <input class="days" name=${`${kind}_days`} type="number" min="1" max="36500" value=${set?.keep_days ?? DAYS[kind]} aria-label=${t("admin.days_of", { kind: t(`admin.kind.${kind}`) })} /> <span>${t("admin.days")}</span></label>
      <label class="choice sub"><input type="checkbox" name=${`${kind}_labelled`} ?checked=${set?.labelled_too} /> <span>${t("admin.labelled_too")}</span></label>
      ${set ? html`<p class="small muted">${t("admin.rule_set", { name: set.set_by })} ${at(view, set.set_at)}</p>` : nothing}
    </fieldset>
  `;
}

export function rulesOf(data: FormData): RetentionRule[] {
  return KINDS.filter((kind) => data.get(kind) === "remove").map((kind) => ({
    kind, keep_days: number(data, `${kind}_days`) ?? DAYS[kind], labelled_too: data.get(`${kind}_labelled`) !== null,
  }));
}

function went(view: AdminView, retention: Retention): TemplateResult {
  const { t, state } = view;
  return html`
    <section class="desk-card" aria-label=${t("admin.removed")}>
      <header><h2>${t("admin.removed")}</h2>
        <span class="muted small">${retention.ran_at ? t("admin.job_ran", { at: fullTime(view, retention.ran_at) }) : t("admin.job_never")}</span></header>
      ${retention.failure ? html`<p class="complaint">${icon("warning")} ${t("admin.job_failed", { reason: retention.failure })}</p>` : nothing}
      ${retention.removed.length === 0
        ? html`<p class="muted">${t("admin.removed_none")}</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label=${t("admin.removed")}><table>
            <thead><tr><th scope="col">${t("admin.day")}</th><th scope="col">${t("admin.rule")}</th><th scope="col">${t("admin.pictures")}</th><th scope="col">${t("admin.size")}</th></tr></thead>
            <tbody>${retention.removed.map((one) => html`<tr><th scope="row">${one.day}</th>
              <td>${t(`admin.kind.${one.kind}`)}, ${t("admin.n_days", { n: one.keep_days })}</td>
              <td>${one.pictures.toLocaleString(state.language)}</td><td>${bytes(one.bytes, state.language)}</td></tr>`)}</tbody>
          </table></div>`}
    </section>
  `;
}
