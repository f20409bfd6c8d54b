/** One flight: how many animals per km², on which ground, in which pictures; what was not counted, and why. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { byPicture, looked, takeIn, type PictureSeen } from "../../flight/findings";
import { seenWhole } from "../../flight/route";
import type { Flight, FlightPoint, FlightTaxon, Seen } from "../../flight/wire";
import { percent, significant } from "../../format";
import { flightAssumption } from "../../i18n/flight";
import { MAP_START, writeMap } from "../../map/address";
import type { Reading } from "../../side/reading";
import { administers } from "../header";
import { bothNames, card, empty, failed, loading, more, page, plainName, speciesHref, toCopy, unseen } from "../side/parts";
import { smallUrl } from "../../side/api";
import { fullTime, icon, zoneOf, type View } from "../side/view";
import { flightSketch } from "./sketch";

export interface FlightParts {
  readonly flight: Reading<Flight>;
  readonly points: Reading<FlightPoint[]>;
  readonly seen: Reading<Seen[]>;
}

const SHOWN_PICTURES = 60;

export function flightPage(view: View, id: string, parts: FlightParts, again: () => void): TemplateResult {
  const { t } = view;
  const one = parts.flight.value;
  const back = html`<p><a class="back" href="#flight">${icon("left")} ${t("flight.back")}</a></p>`;
  if (!one) return page("flight", html`${back}${parts.flight.failure ? failed(view, parts.flight.failure, again) : loading(view)}`);
  return page("flight", html`
    <header class="flight-head">${back}<h2>${one.name}</h2><p class="muted">${said(view, one)}</p></header>
    ${one.pictures === 0 ? html`${empty(t("flight.no_pictures"), t("flight.no_pictures_body"))}${bringIn(view, id, true)}` : html`
      <div class="flight-grid">
        ${card(t("flight.density"), density(view, one), nothing, "density")}
        ${card(t("flight.where"), where(view, one, parts.points, again), mapLink(view, one), "where")}
      </div>
      ${card(t("flight.looked"), groundSeen(view, one), nothing, "looked")}
      ${card(t("flight.animals"), pictures(view, parts.seen, again), nothing, "pictures")}
      ${bringIn(view, id, false)}`}
  `);
}

function said(view: View, { pictures, started_at, ended_at, node_id }: Flight): string {
  const { t, state } = view;
  if (!started_at || !ended_at) return node_id ?? "";
  const minutes = Math.max(1, Math.round((Date.parse(ended_at) - Date.parse(started_at)) / 60_000));
  return [
    t("flight.pictures_n", { n: pictures.toLocaleString(state.language) }), fullTime(view, started_at), t("flight.minutes", { n: minutes }), node_id ?? "",
  ].filter(Boolean).join(" · ");
}

// How many ------------------------------------------------------------------------------------------------

function density(view: View, one: Flight): TemplateResult {
  const { t, state } = view;
  const n = (value: number) => significant(value, state.language);
  const counted = one.animals.filter(({ density: found }) => found !== null)
    .sort((a, b) => b.density!.estimate - a.density!.estimate);
  const most = Math.max(...counted.map(({ density: found }) => found!.high), 0);
  if (one.not_observed) {
    return html`${unseen(t("flight.no_density"), t(`flight.why.${one.not_observed}`))}${one.animals.length ? seenOnly(view, one.animals) : nothing}`;
  }
  return html`
    ${one.animals.length === 0 ? html`<p class="zero">${t("flight.zero", { km2: n(one.apart_km2) })}</p>` : html`
      <ul class="flight-taxa">${counted.map((taxon) => taxonRow(view, taxon, most))}</ul>
      <p class="muted small">${t("flight.interval_what", { share: percent(counted[0]?.density?.level ?? 0.95, state.language) })}</p>`}
    <p>${t("flight.effort", { km2: n(one.apart_km2), n: one.apart })}</p>
    <details><summary>${t("flight.assumes")}</summary>
      <ul class="flight-assumes">${one.assumptions.map((sentence) => html`<li>${flightAssumption(sentence, t)}</li>`)}</ul>
      <p class="muted small" lang="en">${counted[0]?.density?.method ?? nothing}</p></details>
  `;
}

function taxonRow(view: View, { scientific_name, seen, counted, density: found }: FlightTaxon, most: number): TemplateResult {
  const { t, state } = view;
  const n = (value: number) => significant(value, state.language);
  const { estimate, low, high } = found!;
  const at = (value: number) => `${(100 * value) / most}%`;
  return html`
    <li data-taxon=${scientific_name}>
      <a class="species-name" href=${speciesHref(scientific_name)}>${bothNames(view, scientific_name)}</a>
      <p class="flight-rate"><strong data-figure="density">${n(estimate)}</strong> ${t("flight.per_km2")} <span class="muted">(${n(low)} – ${n(high)})</span></p>
      <svg class="flight-range" width="100%" height="16" aria-hidden="true">${svg`
        <line class="axis" x1="0" x2="100%" y1="8" y2="8"></line>
        <rect class="span" x=${at(low)} y="5" width=${at(high - low)} height="6" rx="3"></rect>
        <circle class="estimate" cx=${at(estimate)} cy="8" r="5"></circle>`}</svg>
      <p class="muted small">${t("flight.counted", { counted, seen })}</p>
    </li>
  `;
}

function seenOnly(view: View, animals: readonly FlightTaxon[]): TemplateResult {
  return html`<ul class="flight-taxa">${animals.map((one) => html`<li><a class="species-name" href=${speciesHref(one.scientific_name)}>${bothNames(view, one.scientific_name)}</a>
    <p class="muted small">${view.t("flight.seen_only", { n: one.seen })}</p></li>`)}</ul>`;
}

// What was looked at, and what was left out ---------------------------------------------------------------

function groundSeen(view: View, one: Flight): TemplateResult {
  const { t, state } = view;
  const parts = looked(one);
  const n = (value: number) => value.toLocaleString(state.language);
  const km2 = (value: number) => `${significant(value, state.language)} km²`;
  const rows = (["counted", "overlapping", "groundUnknown"] as const).filter((part) => part === "counted" || parts[part] > 0);
  let from = 0;
  return html`
    <svg class="flight-shares" width="100%" height="12" aria-hidden="true">${rows.map((part) => {
      const [x, width] = [from, (100 * parts[part]) / Math.max(1, one.pictures)];
      from += width;
      return svg`<rect class=${part} x=${`${x}%`} y="0" width=${`${width}%`} height="12"></rect>`;
    })}</svg>
    <dl class="flight-looked">
      ${rows.map((part) => html`<div><dt><span class="flight-swatch ${part}"></span> <strong data-figure=${part}>${n(parts[part])}</strong> ${t(`flight.part.${part}`)}</dt>
        <dd class="muted small">${t(`flight.part.${part}_why`)}</dd></div>`)}
    </dl>
    <p>${one.footprint_km2 === null ? t("flight.ground_unknown") : t("flight.ground", { km2: km2(one.footprint_km2), counted: km2(one.apart_km2) })}</p>
    <p class="muted small">${t("flight.never_came")}</p>
  `;
}

// Where ---------------------------------------------------------------------------------------------------

function mapLink({ t }: View, { bounds }: Flight): TemplateResult | typeof nothing {
  return bounds ? more(writeMap({ ...MAP_START, at: seenWhole(bounds) }), t("species.open_map")) : nothing;
}

function where(view: View, one: Flight, points: Reading<FlightPoint[]>, again: () => void): TemplateResult {
  const { t } = view;
  return html`
    ${failed(view, points.failure, again)}
    ${flightSketch(view, one, points.value ?? [])}
    <ul class="flight-legend">
      <li><svg width="26" height="12" aria-hidden="true">${svg`<polyline class="flown" points="1,6 25,6"></polyline>`}</svg> ${t("flight.legend_track")}</li>
      ${one.footprint ? html`<li><span class="flight-swatch footprint"></span> ${t("flight.legend_ground")}</li>` : nothing}
      <li><svg width="12" height="12" aria-hidden="true">${svg`<circle class="animal" cx="6" cy="6" r="5"></circle>`}</svg> ${t("flight.legend_animal")}</li>
    </ul>
  `;
}

// Pictures ------------------------------------------------------------------------------------------------

function pictures(view: View, reading: Reading<Seen[]>, again: () => void): TemplateResult {
  const { t } = view;
  if (!reading.value) return reading.failure ? html`${failed(view, reading.failure, again)}` : loading(view);
  const found = byPicture(reading.value);
  if (found.length === 0) return html`<p class="muted">${t("flight.animals_none")}</p>`;
  return html`
    <div class="shots">${found.slice(0, SHOWN_PICTURES).map((one) => picture(view, one))}</div>
    <p class="muted small">${found.length > SHOWN_PICTURES ? t("flight.pictures_more", { shown: SHOWN_PICTURES, n: found.length }) : ""} ${t("flight.pictures_what")}</p>
  `;
}

function picture(view: View, { mediaId, at, animals }: PictureSeen): TemplateResult {
  const { t, store } = view;
  const names = [...new Set(animals.map((one) => (one.scientific_name ? plainName(view, one.scientific_name) : t("type.animal"))))].join(t("side.list"));
  const words = `${names}, ${fullTime(view, at)}`;
  return html`
    <figure class="shot whole">
      <button class="shot-open" data-media=${mediaId} aria-label=${`${t("picture.enlarge")} – ${words}`}
        @click=${() => store.set({ picture: { mediaId, caption: words, box: animals[0]?.box ?? null } })}>
        <img src=${smallUrl(mediaId, 640)} alt=${words} loading="lazy" />
        <svg class="flight-boxes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">${animals.map(({ box }) => (box
          ? svg`<rect x=${box.x} y=${box.y} width=${box.width} height=${box.height} vector-effect="non-scaling-stroke"></rect>` : nothing))}</svg>
      </button>
      <figcaption><strong>${names}${animals.length > 1 ? ` × ${animals.length}` : ""}</strong> <span class="muted">${fullTime(view, at)}</span></figcaption>
    </figure>
  `;
}

// How pictures come in ------------------------------------------------------------------------------------

function bringIn(view: View, id: string, open: boolean): TemplateResult | typeof nothing {
  const { t, state } = view;
  if (!administers(state)) return nothing;
  const steps = html`
    <p>${t("flight.bring_in_body")}</p>
    ${toCopy(view, t("flight.bring_in_command"), takeIn(id, zoneOf(state)))}
    <p class="muted small">${t("flight.bring_in_then")}</p>`;
  return card(t("flight.bring_in"), open ? steps : html`<details><summary>${t("flight.bring_in_again")}</summary>${steps}</details>`, nothing, "bring-in");
}
