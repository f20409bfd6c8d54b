/** The research page's own small pieces. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { Key } from "../../i18n";
import { failureWords } from "../../i18n/failures";
import { significant } from "../../format";
import type { Failure } from "../../store";
import type { VerdictLine } from "../../research/wire";
import { icon } from "../icons";
import { fullTime, type View } from "../view";

const SEVERITY_ICON = { note: "info", caution: "warning", unfit: "stop" } as const;

/** How far the data bear the numbers. Each line has its severity as a sign and a word, and what would mend it. */
export function verdict(view: View, lines: readonly VerdictLine[]): TemplateResult {
  const { t } = view;
  if (lines.length === 0) return html`<p class="verdict-none">${icon("check")} ${t("research.verdict.none")}</p>`;
  return html`
    <section class="verdict" aria-label=${t("research.verdict")}>
      <h3>${t("research.verdict")}</h3>
      ${verdictLines(view, lines)}
    </section>
  `;
}

/** The gravest first. */
export function verdictLines({ t }: View, lines: readonly VerdictLine[]): TemplateResult {
  const order = ["unfit", "caution", "note"];
  const sorted = [...lines].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return html`
    <ul>
      ${sorted.map(
        (line) => html`
          <li class=${line.severity} data-code=${line.code} data-severity=${line.severity}>
            ${icon(SEVERITY_ICON[line.severity])}
            <div>
              <p><strong>${t(`research.severity.${line.severity}`)}</strong> ${line.text}</p>
              ${line.remedy ? html`<p class="remedy"><span class="muted">${t("research.remedy")}</span> ${line.remedy}</p>` : nothing}
            </div>
          </li>
        `,
      )}
    </ul>
  `;
}

/** Nobody looked: that is said in words, on hatched ground, and never with a number. */
export function notObserved({ t }: View, body: Key): TemplateResult {
  return html`
    <div class="not-observed" data-status="not_observed">
      <p class="big">${t("count.not_observed")}</p>
      <p>${t(body)}</p>
    </div>
  `;
}

export function failed({ t, state }: View, failure: Failure | string | null, again?: () => void): TemplateResult | typeof nothing {
  if (failure === null) return nothing;
  const words = typeof failure === "string" ? t(`research.missing.${failure}` as Key) : failureWords(failure, state.language);
  return html`<p class="error" role="alert">${words}
    ${again && typeof failure !== "string" ? html`<button class="secondary" @click=${again}>${t("retry")}</button>` : nothing}</p>`;
}

/** The same figures as the plot above, for those who read tables, and for copying. */
export function figures(view: View, caption: string, head: readonly string[], rows: readonly (readonly (string | number)[])[]): TemplateResult {
  const { t } = view;
  return html`
    <details class="plot-table">
      <summary>${t("research.as_table")}</summary>
      <div class="scroll" tabindex="0" role="region" aria-label=${caption}>
        <table>
          <caption class="hidden">${caption}</caption>
          <thead><tr>${head.map((one, i) => html`<th scope="col" class=${i ? "number" : ""}>${one}</th>`)}</tr></thead>
          <tbody>
            ${rows.map(([first, ...rest]) => html`
              <tr><th scope="row">${first}</th>${rest.map((one) => html`<td class="number">${one}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>
    </details>
  `;
}

/** Patterns that every plot of the page uses. */
export function patterns(): TemplateResult {
  return html`<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
    ${svg`<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="8" height="8" class="hatch-ground"></rect><rect width="3" height="8" class="hatch-line"></rect></pattern>`}
  </defs></svg>`;
}

/** A number with its interval as a dot on a line; a line without a dot where only its lower end is known. */
export function dotLine(at: { value: number | null; low: number; high: number | null }, place: (value: number) => number, marks: readonly number[], label: string): TemplateResult {
  const [x, low, high] = [place(at.value ?? at.low), place(at.low), at.high === null ? 100 : place(at.high)].map((one) => `${one.toFixed(2)}%`);
  return html`<svg class="dot-line" role="img" aria-label=${label} height="26">
    ${svg`
      ${marks.map((one) => svg`<line class="grid" x1=${`${place(one)}%`} x2=${`${place(one)}%`} y1="0" y2="26"></line>`)}
      <line class="whisker" x1=${low} x2=${high} y1="13" y2="13"></line>
      <line class="cap" x1=${low} x2=${low} y1="9" y2="17"></line>
      ${at.high === null ? nothing : svg`<line class="cap" x1=${high} x2=${high} y1="9" y2="17"></line>`}
      ${at.value === null ? nothing : svg`<circle class="dot" cx=${x} cy="13" r="4.5"></circle>`}
    `}
  </svg>`;
}

/** The axis above a column of such lines. */
export function dotAxis(marks: readonly number[], place: (value: number) => number, language: View["state"]["language"]): TemplateResult {
  return html`<svg class="dot-line axis" height="18" aria-hidden="true">${svg`${marks.map((one, i) => svg`
    <text x=${`${place(one)}%`} y="13" text-anchor=${i === 0 ? "start" : i === marks.length - 1 ? "end" : "middle"}>${significant(one, language)}</text>`)}`}</svg>`;
}

/** The span in full: a number is worth nothing without. */
export function spanOfAnswer(view: View, { from, to }: { from: string; to: string }): string {
  return view.t("count.result_span", { from: fullTime(view, from), to: fullTime(view, to) });
}
