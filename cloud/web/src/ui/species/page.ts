/** One species: how many, since when, at what hours, where, what it looks like. Nobody looked is said, never a zero. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { percent, significant } from "../../format";
import { limitsOf, shadeOf } from "../../map/cells";
import { localName } from "../../map/features";
import { RESEARCH_START, writeResearch } from "../../research/address";
import { firstCamera } from "../../research/question";
import type { Counted, Estimated, Grid, Series } from "../../research/wire";
import { SPECIES } from "../../review/species";
import type { Reading } from "../../side/reading";
import type { BestPicture, SpeciesSeen } from "../../side/wire";
import { questionOf, spanFor, type SpeciesRoute } from "../../species/question";
import { isItalic } from "../../taxa";
import { clockPlot } from "../research/clock-plot";
import { patterns } from "../research/parts";
import { spanField } from "../research/question";
import { seriesPlot } from "../research/series-plot";
import { card, empty, failed, loading, page, placeName, plainName, shot, unseen } from "../side/parts";
import { smallMap } from "../side/small-map";
import { ago, fullTime, icon, type View } from "../side/view";

export interface Parts {
  readonly counted: Reading<Counted>;
  readonly series: Reading<Series>;
  readonly grid: Reading<Grid>;
  readonly activity: Reading<Estimated>;
  readonly pictures: Reading<BestPicture[]>;
}

export function speciesPage(
  view: View, route: SpeciesRoute, index: Reading<SpeciesSeen[]>, parts: Parts, go: (change: Partial<SpeciesRoute>) => void, again: () => void,
): TemplateResult {
  const { t } = view;
  const name = route.name!;
  const part = <T>(reading: Reading<T>, shown: (value: T) => unknown) =>
    html`${failed(view, reading.failure, again)}${reading.value ? shown(reading.value) : reading.failure ? nothing : loading(view)}`;
  return page("species", html`
    ${patterns()}
    ${head(view, name, index.value)}
    ${question(view, route, go)}
    <div class="species-grid">
      <div class="species-column">
        ${card(t("species.events"), part(parts.counted, (value) => counts(view, name, value)), nothing, "counts")}
        ${card(t("species.activity"), part(parts.activity, (value) => activity(view, value)), nothing, "activity")}
      </div>
      <div class="species-column">
        ${card(t("species.trend"), part(parts.series, (value) => trend(view, name, value)), nothing, "trend")}
        ${card(t("species.where"), part(parts.grid, (value) => where(view, name, value)), nothing, "where")}
      </div>
    </div>
    ${card(t("species.pictures"), part(parts.pictures, (value) => pictures(view, name, value)), nothing, "best")}
  `);
}

/** In both languages and in none; how long it has been known here. */
function head(view: View, name: string, index: readonly SpeciesSeen[] | null): TemplateResult {
  const { t, state } = view;
  const names = SPECIES.get(name);
  const [first, second] = state.language === "zh" ? [names?.zh, names?.en] : [names?.en, names?.zh];
  const known = index?.find((one) => one.scientific_name === name);
  const said = [
    known?.first_seen_at ? `${t("species.first")} ${fullTime(view, known.first_seen_at)}` : "",
    known?.last_seen_at ? `${t("species.last")} ${ago(view, known.last_seen_at)}` : "",
    known ? `${t("species.checked")} ${percent(known.labelled / Math.max(1, known.observations), state.language)}` : "",
  ].filter(Boolean);
  return html`
    <header class="species-head">
      <p><a class="back" href="#species">${icon("left")} ${t("species.back")}</a></p>
      <h2>${first ?? html`<span class=${isItalic(name) ? "italic" : ""} lang="la">${name}</span>`}</h2>
      <p class="species-names">${second ? html`<span lang=${state.language === "zh" ? "en" : "zh-CN"}>${second}</span>` : nothing}
        ${first ? html`<span class=${isItalic(name) ? "italic" : ""} lang="la">${name}</span>` : nothing}</p>
      ${index && !known ? html`<p class="note">${t("species.unknown")}</p>` : html`<p class="muted small">${said.join(" · ")}</p>`}
    </header>
  `;
}

function question(view: View, route: SpeciesRoute, go: (change: Partial<SpeciesRoute>) => void): TemplateResult {
  const { t, state } = view;
  const { where } = route;
  const chosen = where.kind === "zone" ? where.id : "";
  const area = (event: Event) => {
    const id = (event.target as HTMLSelectElement).value;
    go({ where: id ? { kind: "zone", id } : { kind: "reserve" } });
  };
  const name = encodeURIComponent(route.name!);
  const first = firstCamera(state.deployments);
  return html`
    <div class="species-question">
      ${spanField(view, "species-span", spanFor(route, state.now, first), (span) => go({ span }))}
      <label class="when">${t("species.area")}
        <select id="species-area" @change=${area}>
          <option value="" ?selected=${!chosen}>${t("count.area_reserve")}</option>
          ${state.zones.features.map(({ properties: zone }) => html`
            <option value=${zone.id} ?selected=${zone.id === chosen}>${localName(zone, state.language)}</option>`)}
        </select></label>
      <p class="species-links">
        <a class="button" href=${writeResearch({ ...RESEARCH_START, question: questionOf(route, state.now, first) })}>${icon("numbers")} ${t("species.open_counts")}</a>
        <a class="button" href=${`#review?species=${name}&reviewed=all`}>${icon("eye")} ${t("species.open_review")}</a>
        <a class="button" href=${`#map?layers=cameras,zones,density&taxon=${name}`}>${icon("place")} ${t("species.open_map")}</a>
      </p>
    </div>
  `;
}

function counts(view: View, name: string, value: Counted): TemplateResult {
  const { t, state } = view;
  const n = (one: number) => significant(one, state.language);
  if (value.status === "not_observed") return unseen(t("count.not_observed"), t(value.deployments.in_area ? "count.not_observed_body" : "count.no_camera_body"));
  const one = value.species?.find((each) => each.scientific_name === name);
  const days = n(value.effort.camera_days);
  const looked = html`<p class="muted small">${t("species.looked", { days, looked: value.deployments.looked })}</p>`;
  const rate = one?.rate_per_100_camera_days;
  if (!one || !rate) return html`${looked}`;
  if (one.events === 0) {
    return html`<p class="figure">${t("species.zero")}</p><p>${t("species.zero_body", { days, high: n(rate.high) })}</p>${looked}`;
  }
  return html`
    <p class="species-rate" data-figure="rate"><strong>${n(rate.estimate)}</strong> ${t("species.rate")}</p>
    <p class="muted">${t("species.interval", { low: n(rate.low), high: n(rate.high) })}</p>
    <p data-figure="events">${t("species.events_n", { n: one.events })} · ${t("species.individuals_n", { n: one.individuals })}</p>
    ${looked}
  `;
}

function trend(view: View, name: string, value: Series): TemplateResult {
  const { t } = view;
  if (value.periods.every((one) => one.status === "not_observed")) return unseen(t("count.not_observed"), t("count.not_observed_body"));
  return html`<div class="species-plot">${seriesPlot(view, value, name)}</div>`;
}

function activity(view: View, value: Estimated): TemplateResult {
  const { t } = view;
  if (value.status === "not_observed") return unseen(t("count.not_observed"), t("count.not_observed_body"));
  const curves = (value.series ?? []).filter((one) => one.x_unit === "h");
  if (value.status === "unfit" || curves.length === 0) return empty(t("species.activity_few"), value.verdict.find((one) => one.severity === "unfit")?.text ?? "");
  return html`<div class="species-plot">${clockPlot(view, curves)}</div>`;
}

function where(view: View, name: string, grid: Grid): TemplateResult {
  const { t, state } = view;
  if (grid.features.length === 0 || !state.reserve) return empty(t("species.where_none"));
  const blind = grid.features.filter(({ properties }) => properties.rate === null).length;
  const label = t("species.where_label", { name: plainName(view, name), cells: grid.features.length, blind });
  return html`
    ${smallMap(view, { reserve: state.reserve, zones: state.zones, grid }, label)}
    ${legend(view, grid)}
  `;
}

/** Every shade with the numbers that it stands for. */
function legend({ t, state }: View, grid: Grid): TemplateResult {
  const limits = limitsOf(grid);
  const n = (value: number) => significant(value, state.language);
  const swatch = (look: string) => html`<svg class="swatch" width="26" height="16" aria-hidden="true">${svg`<rect width="26" height="16" class=${look}></rect>`}</svg>`;
  return html`
    <div class="grid-legend"><p class="small muted">${t("count.rate")}</p>
      <ul>
        <li>${swatch("unseen")} ${t("count.not_observed")}</li><li>${swatch("shade-0")} ${t("species.zero_cell")}</li>
        ${limits.map((high, i) => html`<li>${swatch(`shade-${shadeOf(i + 1, limits.length)}`)} ${i ? `${n(limits[i - 1]!)} – ${n(high)}` : `≤ ${n(high)}`}</li>`)}
      </ul></div>
  `;
}

function pictures(view: View, name: string, found: readonly BestPicture[]): TemplateResult {
  const { t, state } = view;
  if (found.length === 0) return empty(t("species.pictures_none"));
  return html`<div class="shots">${found.map((one) => {
    const place = placeName(view, one.deployment_id);
    return shot(view, one.media_id, `${plainName(view, name)}${t("side.list")}${place}`, html`
      <a href=${`#camera/${one.deployment_id}`}><strong>${place}</strong></a>
      <span class="muted">${fullTime(view, one.observed_at)} · ${one.labelled
        ? html`${icon("check")} ${t("species.confirmed")}`
        : one.confidence === null ? nothing : t("species.confidence", { percent: percent(one.confidence, state.language) })}</span>`);
  })}</div>`;
}
