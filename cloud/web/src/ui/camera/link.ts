/** What a camera's node sends over: how strong it is, what it cost against its budget, what waits because of it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { size, type LineReport } from "../../camera/line";
import { percent, significant } from "../../format";
import { wordFor } from "../../i18n";
import type { Reading } from "../../side/reading";
import { card, empty, failed, loading } from "../side/parts";
import { ago, type View } from "../side/view";

type Line = NonNullable<LineReport["line"]>;

export function linkCard(view: View, reading: Reading<LineReport>, again: () => void): TemplateResult {
  const { t } = view;
  const found = reading.value;
  return card(t("line.heading"), html`
    ${failed(view, reading.failure, again)}
    ${!found ? (reading.failure ? nothing : loading(view))
      : !found.line || !found.observed_at ? empty(t("line.unknown"), t("line.unknown_body"))
      : whole(view, found.line, found.observed_at)}
  `, nothing, "line");
}

function whole(view: View, line: Line, at: string): TemplateResult {
  const { t, state } = view;
  return html`
    <dl>
      ${line.kind ? fact(t("line.kind"), wordFor(t, "line.kind", line.kind)) : nothing}
      ${line.signal_dbm === null || line.signal_dbm === undefined ? nothing
        : fact(t("line.signal"), `${significant(line.signal_dbm, state.language)} dBm`)}
      ${use(view, t("line.today"), line.sent_today ?? 0, line.bytes_per_day)}
      ${use(view, t("line.month"), line.sent_this_month ?? 0, line.bytes_per_month)}
    </dl>
    ${line.held_back ? html`<p class="note">${t("line.held_back", { count: line.held_back })}</p>` : nothing}
    <p class="muted small">${t("line.said", { ago: ago(view, at) })}</p>
  `;
}

/** So much of so much, in words and as a bar; without a budget, the words alone. */
function use(view: View, name: string, used: number, budget: number | null | undefined): TemplateResult {
  const { t, state } = view;
  if (budget === null || budget === undefined) return fact(name, t("line.no_budget", { used: size(used, state.language) }));
  const share = budget > 0 ? used / budget : 1;
  const words = t("line.of_budget", { used: size(used, state.language), budget: size(budget, state.language), share: percent(share, state.language) });
  return fact(name, html`<meter min="0" max="1" low="0.8" high="0.95" optimum="0" value=${Math.min(share, 1)} aria-label=${name}>${words}</meter>
    <span>${words}</span>`);
}

function fact(name: string, value: unknown): TemplateResult {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}
