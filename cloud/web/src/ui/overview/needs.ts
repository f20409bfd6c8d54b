/** What needs a person: the most severe first, each with the way to where it is done. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Key } from "../../i18n";
import { needWords, SEVERITIES, subjectWords } from "../../side/words";
import type { Need, Severity } from "../../side/wire";
import { card } from "../side/parts";
import { ago, icon, type View } from "../side/view";

const SIGN = { now: "bell", soon: "warning", when_convenient: "info" } as const;

export function needsCard(view: View, needs: readonly Need[]): TemplateResult {
  const { t } = view;
  return card(t("overview.needs"), needs.length === 0
    ? html`<div class="calm">${icon("check")} <div><strong>${t("overview.needs_none")}</strong><p class="muted">${t("overview.needs_none_body")}</p></div></div>`
    : html`<div class="needs">${SEVERITIES.map((one) => group(view, one, needs.filter((need) => need.severity === one)))}</div>`,
    nothing, "needs-card");
}

function group(view: View, severity: Severity, needs: readonly Need[]): TemplateResult | typeof nothing {
  const { t } = view;
  if (needs.length === 0) return nothing;
  return html`
    <section class="needs-group ${severity}" aria-label=${t(`overview.severity.${severity}`)}>
      <h3>${t(`overview.severity.${severity}`)}</h3>
      <ul>${needs.map((need) => row(view, need))}</ul>
    </section>
  `;
}

function row(view: View, need: Need): TemplateResult {
  const { t, state } = view;
  const about = [subjectWords(need, state.language, t), need.since ? t("overview.since", { ago: ago(view, need.since) }) : ""].filter(Boolean);
  const fire = need.code === "unanswered_fire" || need.code === "burning_fire";
  return html`
    <li class=${fire ? "need fire" : "need"} data-code=${need.code} data-severity=${need.severity}>
      ${icon(SIGN[need.severity])}
      <div class="need-text"><strong>${needWords(need, t)}</strong>${about.length ? html`<span class="muted small">${about.join(" · ")}</span>` : nothing}</div>
      <a class="button" href=${need.href}>${t(`need.do.${need.code}` as Key)} ${icon("right")}</a>
    </li>
  `;
}
