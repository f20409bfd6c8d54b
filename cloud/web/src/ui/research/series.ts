/** Through time: the rate of one species by day, month, season or year, with the effort below it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { interval, significant, speciesName } from "../../format";
import { STEPS } from "../../research/address";
import { rateIn, seriesTaxa, speciesIn } from "../../research/periods";
import type { Period } from "../../research/wire";
import { card } from "../desk/parts";
import type { View } from "../view";
import { figures, notObserved, spanOfAnswer, verdict } from "./parts";
import { seriesPlot } from "./series-plot";

export function seriesSection(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { series: answer, route, shown } = state.research;
  const steps = html`
    <div class="segments" role="group" aria-label=${t("research.by")}>
      ${STEPS.map((one) => html`<label class="segment"><input type="radio" name="by" value=${one} .checked=${one === route.by}
        @change=${() => actions.research.go({ by: one })} /><span>${t(`research.by.${one}`)}</span></label>`)}
    </div>`;
  if (!answer) return card(t("research.section.series"), steps, nothing, "series");
  const { value: series, asked } = answer;
  const taxa = seriesTaxa(series);
  const key = shown !== null && taxa.some((one) => one.key === shown) ? shown : (taxa[0]?.key ?? null);
  const taxon = taxa.find((one) => one.key === key) ?? null;
  return card(t("research.section.series"), html`
    <div class="toolbar">
      ${steps}
      ${taxa.length > 1
        ? html`<label class="inline">${t("count.species")}
            <select name="shown" @change=${(event: Event) => actions.research.patch({ shown: (event.target as HTMLSelectElement).value })}>
              ${taxa.map((one) => html`<option value=${one.key} ?selected=${one.key === key}>${speciesName(one, state.language, t)}</option>`)}
            </select></label>`
        : nothing}
    </div>
    <p class="muted small">${spanOfAnswer(view, asked)}</p>
    ${series.periods.every((one) => one.status === "not_observed")
      ? notObserved(view, "count.not_observed_body")
      : html`
          ${taxon ? html`<h3>${speciesName(taxon, state.language, t)}</h3>` : html`<p>${t("research.series.nothing")}</p>`}
          ${seriesPlot(view, series, key)}
          ${figures(view, t("research.section.series"),
            [t("research.period"), t("count.events"), t("count.individuals"), t("count.rate"), t("count.effort")],
            series.periods.map((one) => cells(view, one, key)))}`}
    ${verdict(view, series.verdict)}
  `, nothing, "series");
}

function cells({ t, state }: View, period: Period, key: string | null): (string | number)[] {
  const days = t("count.camera_days", { n: significant(period.camera_days, state.language) });
  const rate = rateIn(period, key);
  if (!rate) return [period.label, ...Array<string>(3).fill(t("count.not_observed")), days];
  const one = speciesIn(period, key);
  return [period.label, one?.events ?? 0, one?.individuals ?? 0, `${significant(rate.estimate, state.language)} (${interval(rate, state.language)})`, days];
}

