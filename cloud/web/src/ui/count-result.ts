/** The answer to a count. "Nobody looked" and "looked, saw none" are two different answers, and look it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { duration, interval, percent, significant, speciesName } from "../format";
import { inChinese } from "../i18n/assumptions";
import type { CountResult } from "../store";
import type { Counts, SpeciesCount } from "../wire";
import { scientific } from "./live";
import { verdict, verdictLines } from "./research/parts";
import { fullTime, type View } from "./view";

const LITTLE_EFFORT_DAYS = 1;

export function countResult(view: View, { counts, query }: CountResult): TemplateResult {
  const { t, actions, state } = view;
  return html`
    <section class="result" data-status=${counts.status} aria-label=${t("count.result")}>
      <h3>${t("count.result")}</h3>
      <p class="muted small">
        ${query.from.startsWith("1970")
          ? t("count.all")
          : t("count.result_span", { from: fullTime(view, query.from), to: fullTime(view, query.to) })}
      </p>
      ${figures(view, counts)}
      ${counts.status === "not_observed" || counts.species === null ? notObserved(view, counts) : table(view, counts, counts.species)}
      ${verdicts(view, counts)}
      ${counts.assumptions.length
        ? html`
            <details>
              <summary>${t("count.assumptions")}</summary>
              <ul class="assumptions">${counts.assumptions.map((_, i) => assumption(view, counts, i))}</ul>
            </details>
          `
        : nothing}
      <div class="result-foot">
        <button type="button" class="secondary" @click=${() => void actions.copyResult()}>${t("count.copy")}</button>
        <span role="status" class="muted small">
          ${state.copied === null ? nothing : t(state.copied === "yes" ? "count.copied" : "count.copy_failed")}
        </span>
      </div>
    </section>
  `;
}

/** What breaks an assumption stands open; what is merely to be known can be unfolded: the panel is narrow. */
function verdicts(view: View, { verdict: lines }: Counts): TemplateResult {
  const notes = lines.filter((one) => one.severity === "note");
  return html`
    ${verdict(view, lines.filter((one) => one.severity !== "note"))}
    ${notes.length === 0
      ? nothing
      : html`<details class="verdict"><summary>${view.t("research.verdict.notes", { n: notes.length })}</summary>${verdictLines(view, notes)}</details>`}
  `;
}

function assumption({ state }: View, counts: Counts, i: number): TemplateResult {
  const chinese = state.language === "zh" ? inChinese(counts.assumption_codes[i], counts) : null;
  return chinese ? html`<li>${chinese}</li>` : html`<li lang="en">${counts.assumptions[i]}</li>`;
}

function figures({ t, state }: View, { effort, deployments, area_km2 }: Counts): TemplateResult {
  const number = (value: number) => significant(value, state.language);
  return html`
    <dl class="figures">
      <div>
        <dt>${t("count.effort")}</dt>
        <dd data-figure="effort">${t("count.camera_days", { n: number(effort.camera_days) })}</dd>
      </div>
      <div>
        <dt>${t("count.cameras")}</dt>
        <dd data-figure="cameras">
          ${t("count.cameras_of", { looked: deployments.looked, all: deployments.in_area })}
        </dd>
      </div>
      ${area_km2 === null
        ? nothing
        : html`<div><dt>${t("count.size")}</dt><dd>${number(area_km2)} km²</dd></div>`}
    </dl>
  `;
}

function notObserved({ t }: View, { deployments }: Counts): TemplateResult {
  return html`
    <div class="not-observed">
      <p class="big">${t("count.not_observed")}</p>
      <p>${t(deployments.in_area === 0 ? "count.no_camera_body" : "count.not_observed_body")}</p>
    </div>
  `;
}

function table(view: View, counts: Counts, species: SpeciesCount[]): TemplateResult {
  const { t, state } = view;
  if (species.length === 0) {
    const effort = t("count.camera_days", { n: significant(counts.effort.camera_days, state.language) });
    return html`
      <div class="zero">
        <p class="big">0 <span>${t("count.zero")}</span></p>
        <p>${t("count.zero_body", { effort })}</p>
      </div>
    `;
  }
  const level = species.find((one) => one.rate_per_100_camera_days)?.rate_per_100_camera_days?.level ?? 0.95;
  return html`
    ${counts.effort.camera_days < LITTLE_EFFORT_DAYS
      ? html`<p class="note small">
          ${t("count.little_effort", { time: duration(counts.effort.camera_days * 86_400, state.language) })}
        </p>`
      : nothing}
    <table>
      <thead>
        <tr>
          <th scope="col">${t("count.species")}</th>
          <th scope="col" class="number">${t("count.individuals")}</th>
          <th scope="col" class="number">${t("count.events")}</th>
          <th scope="col" class="number">
            ${t("count.rate")}
            <span class="sub">${t("count.interval", { level: percent(level, state.language) })}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        ${species.map((one) => row(view, one))}
      </tbody>
    </table>
  `;
}

function row({ t, state }: View, one: SpeciesCount): TemplateResult {
  const name = speciesName(one, state.language, t);
  const rate = one.rate_per_100_camera_days;
  return html`
    <tr data-species=${one.scientific_name ?? one.observation_type} class=${one.events === 0 ? "none" : ""}>
      <th scope="row">${name}${scientific(one.scientific_name, name)}</th>
      <td class="number" data-figure="individuals">${one.individuals}</td>
      <td class="number" data-figure="events">${one.events}</td>
      <td class="number">
        ${rate
          ? html`${significant(rate.estimate, state.language)}<span class="sub">${interval(rate, state.language)}</span>`
          : "–"}
      </td>
    </tr>
  `;
}
