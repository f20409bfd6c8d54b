/** What an estimator says: whether the data bear it comes before any number. */
import { html, nothing, type TemplateResult } from "lit-html";
import { percent, significant } from "../../format";
import type { CountsQuestion, Curve, EstimateValue, Estimated } from "../../research/wire";
import { estimateWords, figure, taxonWords, unitWords } from "../../research/words";
import { icon } from "../icons";
import type { View } from "../view";
import { clockPlot } from "./clock-plot";
import { curvePlot } from "./curve-plot";
import { notObserved, spanOfAnswer, verdict } from "./parts";

export function estimateResult(view: View, answer: Estimated, asked: CountsQuestion): TemplateResult {
  const { t, state } = view;
  const names = (answer.query.taxa ?? []).map((one) => taxonWords(one, state.language, t)).join(", ");
  return html`
    <section class="estimate-result" data-status=${answer.status} data-method=${answer.method}>
      <h3>${names || t("count.taxon_all")}</h3>
      <p class="muted small">${spanOfAnswer(view, asked)}</p>
      ${answer.status === "not_observed" ? notObserved(view, "research.estimate.not_observed") : nothing}
      ${answer.status === "unfit"
        ? html`<p class="unfit-banner">${icon("stop")} <strong>${t("research.estimate.unfit")}</strong> ${t("research.estimate.unfit_body")}</p>`
        : nothing}
      ${answer.estimates?.length ? values(view, answer.estimates, answer.status === "unfit") : nothing}
      ${groups(answer.series ?? []).map((curves) => (curves[0]!.x_unit === "h" ? clockPlot(view, curves) : curvePlot(view, curves)))}
      ${verdict(view, answer.verdict)}
      ${inputs(view, answer)}
      ${traceButton(view, answer, asked)}
    </section>
  `;
}

/** A number that must not be published is not set in large type. */
function values({ t, state }: View, estimates: readonly EstimateValue[], unfit: boolean): TemplateResult {
  const [first] = estimates;
  return html`
    ${unfit
      ? nothing
      : html`<div class="headline" data-estimate=${first!.name}>
          <p class="big">${estimateWords(first!, state.language)}</p>
          <p>${first!.meaning} <span class="muted small">${t("count.interval", { level: percent(first!.level, state.language) })}</span></p>
        </div>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${t("research.section.estimates")}>
      <table class="estimates">
        <caption class="hidden">${t("research.estimate.values")}</caption>
        <thead><tr><th scope="col">${t("research.estimate.what")}</th><th scope="col" class="number">${t("research.estimate.value")}</th>
          <th scope="col" class="number">${t("research.estimate.se")}</th><th scope="col" class="number">${t("count.interval", { level: percent(first!.level, state.language) })}</th></tr></thead>
        <tbody>${estimates.map((one) => html`
          <tr data-name=${one.name}>
            <th scope="row">${one.meaning}</th>
            <td class="number">${figure(one.value, state.language)} ${unitWords(one.unit)}</td>
            <td class="number">${one.se === null ? "–" : figure(one.se, state.language)}</td>
            <td class="number" title=${one.method}>${one.low === null || one.high === null ? "–" : `${figure(one.low, state.language)} – ${figure(one.high, state.language)}`}</td>
          </tr>`)}
        </tbody>
      </table>
    </div>
  `;
}

const ALIKE = 4;

/** Curves over the same points and of like height belong into one plot: two activities, observed and expected
 * distances; not species and their coverage. */
function groups(curves: readonly Curve[]): Curve[][] {
  const found: Curve[][] = [];
  for (const curve of curves) {
    const last = found.at(-1);
    const first = last?.[0];
    const same = first && first.x_unit === curve.x_unit && first.y_unit === curve.y_unit &&
      alike(first, curve) && first.x.length === curve.x.length && first.x.every((x, i) => x === curve.x[i]);
    if (same) last!.push(curve);
    else found.push([curve]);
  }
  return found;
}

function alike(a: Curve, b: Curve): boolean {
  const [first, second] = [a, b].map((one) => Math.max(...one.y.map((y) => y ?? 0))) as [number, number];
  return a.x_unit === "h" || (first <= ALIKE * second && second <= ALIKE * first);
}

function inputs({ t, state }: View, { inputs, source, software, coefficients }: Estimated): TemplateResult {
  const n = (value: number) => significant(value, state.language);
  return html`
    <dl class="figures">
      <div><dt>${t("research.estimate.sites")}</dt><dd>${inputs.sites}</dd></div>
      ${inputs.occasions === null ? nothing : html`<div><dt>${t("research.estimate.occasions")}</dt><dd>${inputs.occasions}</dd></div>`}
      <div><dt>${t("research.estimate.detections")}</dt><dd>${inputs.detections}</dd></div>
      <div><dt>${t("count.effort")}</dt><dd>${t("count.camera_days", { n: n(inputs.camera_days) })}</dd></div>
    </dl>
    ${coefficients?.length
      ? html`<details><summary>${t("research.estimate.coefficients")}</summary>
          <table><thead><tr><th scope="col">${t("research.estimate.what")}</th><th scope="col" class="number">${t("research.estimate.value")}</th><th scope="col" class="number">${t("research.estimate.se")}</th></tr></thead>
          <tbody>${coefficients.map((one) => html`<tr><th scope="row"><code>${one.name}</code></th><td class="number">${n(one.value)}</td><td class="number">${one.se === null ? "–" : n(one.se)}</td></tr>`)}</tbody></table></details>`
      : nothing}
    <p class="small muted">${t("research.estimate.source")} <cite lang="en">${source}</cite> · ${software}</p>
  `;
}

function traceButton({ t, actions, state }: View, answer: Estimated, asked: CountsQuestion): TemplateResult | typeof nothing {
  const taxa = answer.query.taxa ?? [];
  if (answer.inputs.detections === 0) return nothing;
  return html`<div class="buttons">${taxa.map((one) => html`
    <button class="secondary" data-action="trace" @click=${() => void actions.research.trace(one, asked)}>
      ${icon("eye")} ${t("research.pictures_of", { name: taxonWords(one, state.language, t) })}</button>`)}</div>`;
}
