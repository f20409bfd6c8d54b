/** What changed this week: each species with its effort and interval, against the week before. Nobody looked is said. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import { share, ticks } from "../../research/scale";
import { changeWords, direction, rateWords } from "../../side/words";
import type { NewPicture, Overview, SpeciesChange } from "../../side/wire";
import { bothNames, card, empty, more, plainName, shot, speciesHref, unseen } from "../side/parts";
import { fullTime, type View } from "../side/view";

const SHOWN = 10;

export function changed(view: View, { from, to, week }: Overview): TemplateResult {
  const { t, state } = view;
  const span = html`<p class="muted small">${t("overview.changed_span", { from: fullTime(view, from), to: fullTime(view, to) })}</p>`;
  const clear = week.species.filter((one) => direction(one) !== "none").length;
  const shown = week.species.slice(0, Math.max(SHOWN, clear));
  const left = week.species.length - shown.length;
  return card(t("overview.changed"), html`
    ${span}
    ${week.status === "not_observed"
      ? unseen(t("overview.not_observed"), t("overview.not_observed_body"))
      : week.species.length === 0
        ? empty(t("overview.nothing_seen", { effort: t("count.camera_days", { n: significant(week.camera_days, state.language) }) }))
        : html`${rows(view, shown, week.camera_days, week.new_species)} ${legend(view)}
            ${left > 0 ? html`<p class="muted small">${t("overview.more_species", { n: left })}</p>` : nothing}`}
    ${week.withheld > 0 ? html`<p class="muted small">${t("overview.withheld", { n: week.withheld })}</p>` : nothing}
  `, more("#species", t("overview.all_species")), "changed-card");
}

function rows(view: View, species: readonly SpeciesChange[], days: number, first: readonly NewPicture[]): TemplateResult {
  const { t, state } = view;
  const most = Math.max(...species.map((one) => Math.max(one.rate ?? 0, one.rate_before ?? 0)));
  // An interval of a day's effort would press all others flat: it runs out of the picture.
  const marks = ticks(Math.min(Math.max(...species.map((one) => one.high ?? 0)), 1.6 * most) || 1, 3);
  const at = (value: number) => share(value, [0, marks.at(-1)!]);
  return html`
    <ul class="changes">
      <li class="changes-axis" aria-hidden="true"><span class="muted small">${t("overview.axis")}</span>
        <svg class="week-bar axis" height="18" width="100%">${svg`${marks.map((one, i) => svg`<text class="tick" x=${`${at(one)}%`} y="13"
          text-anchor=${i === 0 ? "start" : i === marks.length - 1 ? "end" : "middle"}>${significant(one, state.language)}</text>`)}`}</svg></li>
      ${species.map((one) => row(view, one, days, marks, at, first.find((each) => each.scientific_name === one.scientific_name)))}
    </ul>
  `;
}

function row(
  view: View, one: SpeciesChange, days: number, marks: readonly number[], at: (value: number) => number, first: NewPicture | undefined,
): TemplateResult {
  const { t, state } = view;
  const words = rateWords(one, days, state.language, t);
  return html`
    <li class="change ${direction(one)}" data-species=${one.scientific_name} data-status=${one.status}>
      <a class="species-name" href=${speciesHref(one.scientific_name)}>${bothNames(view, one.scientific_name)}</a>
      ${weekBar(one, marks, at, `${plainName(view, one.scientific_name)}: ${words}`)}
      <p class="change-words"><span class="how">${sign(one)} ${changeWords(one, state.language, t)}</span> <span class="muted small">${words}</span></p>
      ${first?.media_id ? shot(view, first.media_id, `${t("overview.new_picture")}: ${plainName(view, one.scientific_name)}`, nothing, 320) : nothing}
    </li>
  `;
}

const SIGNS = { up: "M12 4 20 13h-5v7H9v-7H4Z", down: "M12 20 4 11h5V4h6v7h5Z", new: "M12 2.500 14.900 9l7.100.700-5.400 4.700 1.600 7L12 17.700 5.800 21.400l1.600-7L2 9.700 9.100 9Z", none: "M4 10h16v4H4Z" };

function sign(one: SpeciesChange): TemplateResult {
  return html`<svg class="icon sign" viewBox="0 0 24 24" aria-hidden="true">${svg`<path d=${SIGNS[direction(one)]}></path>`}</svg>`;
}

/** This week as a dot on its interval, the week before as a ring below it. */
function weekBar(one: SpeciesChange, marks: readonly number[], at: (value: number) => number, label: string): TemplateResult {
  const grid = marks.map((mark) => svg`<line class="grid" x1=${`${at(mark)}%`} x2=${`${at(mark)}%`} y1="0" y2="30"></line>`);
  if (one.rate === null) return html`<svg class="week-bar" role="img" aria-label=${label} height="30" width="100%">${svg`<rect class="unseen" width="100%" height="30"></rect>`}</svg>`;
  return html`<svg class="week-bar" role="img" aria-label=${label} height="30" width="100%">${svg`${grid}
    <line class="whisker" x1=${`${at(one.low ?? 0)}%`} x2=${`${at(one.high ?? 0)}%`} y1="11" y2="11"></line>
    <circle class="dot" cx=${`${at(one.rate)}%`} cy="11" r="5"></circle>
    ${one.rate_before === null || one.status === "first_record" ? nothing : svg`<circle class="ring" cx=${`${at(one.rate_before)}%`} cy="23" r="4"></circle>`}`}</svg>`;
}

function legend({ t }: View): TemplateResult {
  return html`<ul class="legend-line">
    <li><svg width="34" height="14" aria-hidden="true">${svg`<line class="whisker" x1="0" x2="34" y1="7" y2="7"></line><circle class="dot" cx="17" cy="7" r="5"></circle>`}</svg> ${t("overview.this_week")}</li>
    <li><svg width="14" height="14" aria-hidden="true">${svg`<circle class="ring" cx="7" cy="7" r="4"></circle>`}</svg> ${t("overview.before")}</li>
  </ul>`;
}
