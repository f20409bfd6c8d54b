/** Asking: where, when, which species, what counts as an event. Every change is asked at once. */
import { html, nothing, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import { localName } from "../../map/features";
import { firstCamera, type Where } from "../../research/question";
import { calendarChoices, PRESETS, readSpan, spanOf, spanWords, writeSpan, type SpanChoice } from "../../research/span";
import type { Side } from "../../research/state";
import { taxonWords, whereWords } from "../../research/words";
import { toWall } from "../../time";
import { icon } from "../icons";
import { copyLink } from "./link";
import { speciesField } from "./species-field";
import { fullTime, zoneOf, type View } from "../view";

const DAY = 86_400_000;

export function questionForm(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { route, formOpen } = state.research;
  const { question } = route;
  return html`
    <aside class="ask" aria-label=${t("research.question")}>
      <button class="ask-summary secondary" aria-expanded=${formOpen} aria-controls="ask-form"
        @click=${() => actions.research.patch({ formOpen: !formOpen })}>
        <span>${summary(view)}</span>${icon("chevron")}
      </button>
      <form id="ask-form" class=${formOpen ? "open" : ""} @submit=${(event: Event) => event.preventDefault()}>
        <h2>${t("research.question")}</h2>
        ${whereChoice(view, "question", question.where)}
        ${spanField(view, "ask-span", question.span, (span) => actions.research.change({ span }))}
        ${speciesField(view)}
        <details ?open=${question.interval !== 30 || question.confidence > 0}>
          <summary>${t("research.rules")}</summary>
          <div class="rules">
            ${number(view, "interval", question.interval, 1, 1440, 1, (interval) => actions.research.change({ interval }))}
            ${number(view, "confidence", question.confidence, 0, 1, 0.05, (confidence) => actions.research.change({ confidence }))}
          </div>
        </details>
        <div class="buttons">
          <button type="button" class="secondary" @click=${() => void copyLink(view)}>${icon("link")} ${t("research.copy_link")}</button>
          <button type="button" class="secondary" data-action="print" @click=${() => window.print()}>${icon("printer")} ${t("research.print")}</button>
        </div>
        <p class="muted small">${t("live.times", { zone: zoneOf(state) })}</p>
      </form>
    </aside>
  `;
}

/** What a printed page says above the answer: whose numbers these are, what was asked, and when. */
export function paperHead(view: View): TemplateResult {
  const { t, state } = view;
  return html`<header class="paper-head">
    <p class="paper-reserve">${localName(state.reserve!, state.language)}</p>
    <p>${summary(view)}</p>
    <p class="small">${t("research.printed", { at: fullTime(view, new Date(state.now).toISOString()), zone: zoneOf(state) })}</p>
  </header>`;
}

/** The question in one line. */
function summary({ state, t }: View): string {
  const { where, span, species } = state.research.route.question;
  const names = species.map((one) => taxonWords(one, state.language, t)).join(", ");
  return [whereWords(where, state.zones, state.language, t), spanWords(span, t), names || t("count.taxon_all")].join(" · ");
}

export function whereChoice(view: View, side: Side, where: Where | null): TemplateResult {
  const { t, state, actions } = view;
  const { upload } = state.research;
  const value = where === null ? "" : where.kind === "zone" ? where.id : where.kind;
  const choose = (event: Event) => {
    const chosen = (event.target as HTMLSelectElement).value;
    if (chosen === "shape" || chosen === "") return;
    actions.research.place(side, chosen === "reserve" ? { kind: "reserve" } : { kind: "zone", id: chosen });
  };
  const uploaded = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = ""; // the same file again is a new choice
    if (file) void actions.research.upload(side, file);
  };
  return html`
    <div class="where">
      <label for=${`where-${side}`}>${t("count.area")}</label>
      <select id=${`where-${side}`} .value=${value} @change=${choose}>
        ${where === null ? html`<option value="" selected>${t("research.same_area")}</option>` : nothing}
        <option value="reserve" ?selected=${value === "reserve"}>${t("count.area_reserve")}</option>
        ${where?.kind === "shape"
          ? html`<option value="shape" selected>${where.name ?? t("count.area_drawn")}</option>`
          : nothing}
        ${state.zones.features.map(({ properties: zone }) => html`
          <option value=${zone.id} ?selected=${value === zone.id}>${t("count.area_zone", { name: localName(zone, state.language) })}</option>`)}
      </select>
      <div class="buttons">
        <button type="button" class="secondary" data-action=${`draw-${side}`} @click=${() => actions.research.draw(side)}>${icon("polygon")} ${t("research.draw")}</button>
        <label class="secondary file-button">${icon("upload")} ${t("research.area_file")}
          <input type="file" class="hidden" accept=".geojson,.json,.gpkg,.kml,.zip" @change=${uploaded} />
        </label>
      </div>
      ${where?.kind === "shape" && where.shape === null
        ? html`<p class="note small">${t("research.shape_lost", { name: where.name ?? t("count.area_drawn") })}</p>`
        : nothing}
      ${upload?.side === side
        ? html`<fieldset class="uploaded"><legend>${t("research.which_area", { file: upload.file })}</legend>
            ${upload.areas.map((one, i) => html`<button type="button" class="secondary" @click=${() => actions.research.chooseUploaded(side, upload.file, one)}>
              ${(state.language === "zh" && one.name_zh) || one.name || t("research.area_number", { n: i + 1 })}</button>`)}
          </fieldset>`
        : nothing}
    </div>
  `;
}

export function spanField(view: View, id: string, span: SpanChoice, change: (span: SpanChoice) => void): TemplateResult {
  const { t, state } = view;
  const zone = zoneOf(state);
  const first = firstCamera(state.deployments);
  const calendar = calendarChoices(state.now, zone, first);
  const value = span.kind === "custom" ? "custom" : writeSpan(span);
  const known = span.kind === "custom" || span.kind === "preset" || calendar.some((one) => writeSpan(one) === value);
  const option = (one: SpanChoice) => html`<option value=${writeSpan(one)} ?selected=${writeSpan(one) === value}>${spanWords(one, t)}</option>`;
  const choose = (event: Event) => {
    const chosen = (event.target as HTMLSelectElement).value;
    if (chosen !== "custom") return change(readSpan(chosen)!);
    const ends = spanOf(span, state.now, zone, first);
    const day = (iso: string | undefined, otherwise: number) => toWall(iso ? Date.parse(iso) : otherwise, zone).slice(0, 10);
    change({ kind: "custom", from: `${day(ends?.from, state.now - 30 * DAY)}T00:00`, to: `${day(ends?.to, state.now)}T00:00` });
  };
  const wall = (name: "from" | "to") => html`
    <label>${t(`count.${name}`)}
      <input type="datetime-local" name=${name} .value=${span.kind === "custom" ? full(span[name]) : ""}
        @change=${(event: Event) => span.kind === "custom" && change({ ...span, [name]: (event.target as HTMLInputElement).value })} />
    </label>`;
  return html`
    <div class="when">
      <label for=${id}>${t("count.span")}</label>
      <select id=${id} .value=${value} @change=${choose}>
        ${PRESETS.map((preset) => option({ kind: "preset", preset }))}
        <optgroup label=${t("research.calendar")}>
          ${known ? nothing : option(span)} ${calendar.map(option)}
        </optgroup>
        <option value="custom" ?selected=${value === "custom"}>${t("count.custom")}</option>
      </select>
      ${span.kind === "custom" ? html`<div class="pair even">${wall("from")} ${wall("to")}</div>` : nothing}
    </div>
  `;
}

function full(wall: string): string {
  return wall.length === 10 ? `${wall}T00:00` : wall;
}

function number(
  { t, state }: View, name: "interval" | "confidence", value: number, least: number, most: number, step: number, change: (value: number) => void,
): TemplateResult {
  const set = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const typed = Number(input.value);
    if (input.value !== "" && typed >= least && typed <= most) change(typed);
    else input.value = String(value);
  };
  return html`
    <label class="field">${t(`research.${name}`)}
      <input type="number" name=${name} min=${least} max=${most} step=${step} .value=${String(value)} @change=${set} />
      <span class="small muted">${t(`research.${name}_hint`, { n: significant(value, state.language) })}</span>
    </label>`;
}
