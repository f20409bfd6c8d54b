/** Beside the list: what answers and corrected clocks do to the reserve's numbers. Each is an estimate with its interval,
 * before and after; "nobody looked" is no number, and looks it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { interval, percent, significant } from "../../format";
import type { Key } from "../../i18n";
import { failureWords } from "../../i18n/failures";
import { nameWords } from "../../review/names";
import { hasMoved, subject, type Figures, type Moved, type Numbers, type Span } from "../../review/numbers";
import { itemOf } from "../../review/state";
import type { Rate } from "../../wire";
import { icon } from "../icons";
import { scientific } from "../live";
import { fullTime, type View } from "../view";

export function numbersPanel(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { numbers, filter, annotation } = state.review;
  const { shown, last } = numbers;
  const names = subject(filter.species, annotation?.labels ?? [], itemOf(state.review));
  const moved = new Set(last && last.span.from === shown?.span.from ? last.moved.map((one) => one.name) : []);
  const rest = names.filter((name) => !moved.has(name));
  return html`
    <aside class="numbers" id="review-numbers" aria-labelledby="numbers-heading" data-reading=${numbers.reading}>
      <header>
        <h2 id="numbers-heading">${t("review.numbers")}</h2>
        <button class="quiet compact" aria-label=${t("close")} title=${`${t("close")} (E)`} @click=${actions.review.toggleNumbers}>${icon("cross")}</button>
      </header>
      <p class="hidden" role="status" data-figure="said">${last?.moved.map((one) => saidWords(view, one)).join(" ") ?? nothing}</p>
      ${last && last.moved.length > 0
        ? html`<section data-numbers="last">
            <h3>${t("review.numbers.last")}</h3>
            ${last.moved.map((one) => figures(view, one.name, one.now, one.before))}
            ${shown && last.span.from !== shown.span.from ? spanWords(view, last.span, null) : nothing}
          </section>`
        : nothing}
      ${shown ? here(view, shown, rest, names.length === 0, filter.species !== null) : nothing}
      ${trouble(view)}
    </aside>
  `;
}

function here(view: View, shown: Numbers, rest: readonly string[], none: boolean, filtered: boolean): TemplateResult {
  const { t } = view;
  const { species } = shown;
  return html`
    <section data-numbers="here">
      ${species === null
        ? html`<p class="not-observed small" data-status="not_observed">${t("review.numbers.not_observed")}</p>`
        : none
          ? html`<p class="muted small">${t("review.numbers.no_species")}</p>`
          : rest.some((name) => species[name])
            ? html`<h3>${t(filtered ? "review.numbers.filter" : "review.numbers.here")}</h3>
                ${rest.map((name) => (species[name] ? figures(view, name, species[name], null) : nothing))}`
            : nothing}
      ${spanWords(view, shown.span, species === null ? null : shown.cameraDays)}
    </section>
  `;
}

function figures(view: View, name: string, now: Figures, before: Figures | null): TemplateResult {
  const { t, state } = view;
  const words = nameWords({ kind: "animal", scientific_name: name }, state.language, t);
  return html`
    <div class="figures-of" data-numbers-of=${name}>
      <p class="name">${words} ${scientific(name, words)}</p>
      <dl>
        ${figure(view, "events", "review.numbers.events", now.events, before?.events ?? null, (n) => significant(n, state.language), ["review.numbers.more", "review.numbers.fewer"])}
        ${figure(view, "rate", "review.numbers.rate", now.rate.estimate, before?.rate.estimate ?? null, (n) => rateWords(view, n === now.rate.estimate ? now.rate : before!.rate), HIGHER)}
        ${figure(view, "confirmed", "review.numbers.confirmed", now.confirmed, before ? (before.confirmed ?? NaN) : null, (n) => shareWords(view, n), HIGHER)}
      </dl>
    </div>
  `;
}

const HIGHER = ["review.numbers.higher", "review.numbers.lower"] as const;

/** `before` null: nothing to compare with; NaN: there was none. */
function figure(
  { t }: View, name: string, label: Key, now: number | null, before: number | null, words: (n: number) => string, [up, down]: readonly [Key, Key],
): TemplateResult {
  const is = now ?? NaN;
  const same = before === null || Object.is(before, is);
  const trend = same ? "review.numbers.unchanged" : is > before! ? up : is < before! ? down : null; // null: one is none
  return html`
    <dt>${t(label)}</dt>
    <dd data-figure=${name}>
      ${same ? nothing : html`<span class="was">${words(before!)}</span> <span aria-hidden="true">→</span> `}<strong>${words(is)}</strong>
      ${before === null || trend === null ? nothing : html`<span class="trend small">${same ? nothing : html`<span aria-hidden="true">${trend === up ? "▲" : "▼"}</span> `}${t(trend)}</span>`}
    </dd>
  `;
}

function rateWords({ state }: View, rate: Rate): string {
  return `${significant(rate.estimate, state.language)} (${interval(rate, state.language)})`;
}

function shareWords({ t, state }: View, share: number): string {
  return Number.isNaN(share) ? t("review.numbers.no_observation") : percent(share, state.language);
}

/** One sentence for those who do not see the panel. */
function saidWords(view: View, one: Moved): string {
  const { t, state } = view;
  const name = nameWords({ kind: "animal", scientific_name: one.name }, state.language, t);
  if (!hasMoved(one)) return t("review.numbers.said_unchanged", { name });
  const step = (before: string, now: string) => (before === now ? t("review.numbers.unchanged") : t("review.numbers.from_to", { before, now }));
  const { before, now } = one;
  return t("review.numbers.said", {
    name, events: step(String(before.events), String(now.events)), rate: step(rateWords(view, before.rate), rateWords(view, now.rate)),
    confirmed: step(shareWords(view, before.confirmed ?? NaN), shareWords(view, now.confirmed ?? NaN)),
  });
}

function spanWords(view: View, { from, to }: Span, cameraDays: number | null): TemplateResult {
  const { t, state } = view;
  const values = { from: fullTime(view, from), to: fullTime(view, to) };
  const words = cameraDays === null
    ? t("review.numbers.span_none", values)
    : t("review.numbers.span", { ...values, days: significant(cameraDays, state.language) });
  return html`<p class="muted small">${words}</p>`;
}

function trouble({ t, state, actions }: View): TemplateResult | typeof nothing {
  const { reading, waiting, failure, shown } = state.review.numbers;
  if (waiting) return html`<p class="note small">${t("review.numbers.waiting")}</p>`;
  if (failure) {
    return html`<p class="error small">${t("review.numbers.failed", { detail: failureWords(failure, state.language) })}
      <button class="secondary compact" @click=${actions.review.numbersAgain}>${t("retry")}</button></p>`;
  }
  return reading && !shown ? html`<p class="muted small">${t("review.numbers.reading")}</p>` : nothing;
}
