/** Which species, how many: a table with each rate as a dot on its interval. */
import { html, nothing, type TemplateResult } from "lit-html";
import { countsCsv } from "../../csv";
import { interval, percent, significant, speciesName } from "../../format";
import { inChinese } from "../../i18n/assumptions";
import { saveText } from "../../research/download";
import { share, ticks } from "../../research/scale";
import type { Answer } from "../../research/state";
import type { Counted, SpeciesCount } from "../../research/wire";
import { card } from "../desk/parts";
import { icon } from "../icons";
import { scientific } from "../live";
import type { View } from "../view";
import { dotAxis, dotLine, notObserved, spanOfAnswer, verdict } from "./parts";

export function speciesSection(view: View): TemplateResult {
  const { t, state } = view;
  const answer = state.research.counted;
  if (!answer) return html``;
  const { value: counts, asked } = answer;
  const save = html`<button class="secondary" data-action="save-table" @click=${() => saveText("counts.csv", countsCsv(counts, asked))}>
    ${icon("file")} ${t("research.save_table")}</button>`;
  return card(t("research.section.species"), html`
    <p class="muted small">${spanOfAnswer(view, asked)}</p>
    ${effort(view, counts)}
    ${counts.species === null
      ? notObserved(view, counts.deployments.in_area === 0 ? "count.no_camera_body" : "count.not_observed_body")
      : counts.species.length === 0 ? none(view, counts) : table(view, answer, counts.species)}
    ${verdict(view, counts.verdict)}
    ${assumptions(view, counts)}
  `, counts.species?.length ? save : nothing, "species");
}

function effort({ t, state }: View, { effort, deployments, area_km2, labelled, status }: Counted): TemplateResult {
  const n = (value: number) => significant(value, state.language);
  return html`
    <dl class="figures" data-status=${status}>
      <div><dt>${t("count.effort")}</dt><dd data-figure="effort">${t("count.camera_days", { n: n(effort.camera_days) })}</dd></div>
      <div><dt>${t("count.cameras")}</dt><dd data-figure="cameras">${t("count.cameras_of", { looked: deployments.looked, all: deployments.in_area })}</dd></div>
      ${area_km2 === null ? nothing : html`<div><dt>${t("count.size")}</dt><dd>${n(area_km2)} km²</dd></div>`}
      <div><dt>${t("research.labelled")}</dt><dd>${n(labelled)}</dd></div>
    </dl>
  `;
}

/** They looked, and saw none: a zero that was earned, and says by how much. */
function none({ t, state }: View, { effort }: Counted): TemplateResult {
  const days = t("count.camera_days", { n: significant(effort.camera_days, state.language) });
  return html`<div class="zero"><p class="big">0 <span>${t("count.zero")}</span></p><p>${t("count.zero_body", { effort: days })}</p></div>`;
}

function table(view: View, { asked }: Answer<Counted>, species: readonly SpeciesCount[]): TemplateResult {
  const { t, state } = view;
  const marks = ticks(Math.max(...species.map((one) => one.rate_per_100_camera_days.high)));
  const place = (value: number) => share(value, [0, marks.at(-1)!]);
  const level = species[0]!.rate_per_100_camera_days.level;
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t("research.section.species")}>
      <table class="species-table">
        <caption class="hidden">${t("research.species_caption")}</caption>
        <thead>
          <tr>
            <th scope="col">${t("count.species")}</th>
            <th scope="col" class="number">${t("count.events")}</th>
            <th scope="col" class="number">${t("count.individuals")}</th>
            <th scope="col" class="number">${t("count.rate")}<span class="sub">${t("count.interval", { level: percent(level, state.language) })}</span></th>
            <th scope="col" class="plot">${t("research.rate_plot")}${dotAxis(marks, place, state.language)}</th>
            <th scope="col"><span class="hidden">${t("research.pictures")}</span></th>
          </tr>
        </thead>
        <tbody>${species.map((one) => row(view, one, marks, place, asked))}</tbody>
      </table>
    </div>
  `;
}

function row(view: View, one: SpeciesCount, marks: readonly number[], place: (value: number) => number, asked: Answer<Counted>["asked"]): TemplateResult {
  const { t, state, actions } = view;
  const name = speciesName(one, state.language, t);
  const rate = one.rate_per_100_camera_days;
  const [value, range] = [significant(rate.estimate, state.language), interval(rate, state.language)];
  return html`
    <tr data-species=${one.scientific_name ?? one.observation_type} class=${one.events === 0 ? "none" : ""}>
      <th scope="row">${name}${scientific(one.scientific_name, name)}</th>
      <td class="number" data-figure="events">${one.events}</td>
      <td class="number" data-figure="individuals">${one.individuals}</td>
      <td class="number" data-figure="rate">${value}<span class="sub">${range}</span></td>
      <td class="plot">${dotLine({ value: rate.estimate, low: rate.low, high: rate.high }, place, marks, `${name}: ${value} (${range})`)}</td>
      <td class="behind">${one.scientific_name && one.events > 0
        ? html`<button class="quiet compact" data-action="trace" title=${t("research.pictures")} aria-label=${t("research.pictures_of", { name })}
            @click=${() => void actions.research.trace(one.scientific_name!, asked)}>${icon("eye")}</button>`
        : nothing}</td>
    </tr>
  `;
}

function assumptions({ t, state }: View, counts: Counted): TemplateResult {
  const words = (i: number) => (state.language === "zh" ? inChinese(counts.assumption_codes[i], counts) : null);
  return html`
    <details>
      <summary>${t("count.assumptions")}</summary>
      <ul class="assumptions">${counts.assumptions.map((text, i) => (words(i) ? html`<li>${words(i)}</li>` : html`<li lang="en">${text}</li>`))}</ul>
    </details>
  `;
}
