/** The list of pictures with the reasons to look at each, and its filters. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { nameWords } from "../../review/names";
import { NO_FILTER, RAREST, REASONS, type ReviewFilter } from "../../review/route";
import { everydayName } from "../../review/species";
import type { ReviewItem } from "../../wire";
import { icon } from "../icons";
import type { View } from "../view";
import { takenAt } from "./clock";
import { focusPicture } from "./page";

const REVIEWED: readonly ReviewFilter["reviewed"][] = ["no", "yes", "all"];

export function filters(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { filter, taxa } = state.review;
  const species = taxa.flatMap((one) => one.scientific_name ?? []);
  if (filter.species && !species.includes(filter.species)) species.push(filter.species);
  const cameras = state.deployments.features
    .map((one) => one.properties)
    .sort((a, b) => a.location_name.localeCompare(b.location_name, state.language));
  const set = (change: Partial<ReviewFilter>) => actions.review.setFilter(change);
  return html`
    <div class="filters" role="group" aria-label=${t("review.queue")}>
      ${choice(t("review.filter.reviewed"), filter.reviewed, REVIEWED.map((one) => [one, t(`review.filter.${one}`)]), (value) =>
        set({ reviewed: value as ReviewFilter["reviewed"] }))}
      ${choice(
        t("review.filter.reason"), filter.reason ?? "",
        [["", t("review.filter.any_reason")], ...REASONS.map((one): Option => [one, t(`review.reason.${one}`)])],
        (value) => set({ reason: (value || null) as ReviewFilter["reason"] }),
      )}
      ${choice(
        t("review.filter.species"), filter.species ?? "",
        [
          ["", t("review.filter.any_species")],
          ...species.map((name): Option => [name, everydayName(name, state.language) ?? name]),
        ],
        (value) => set({ species: value || null }),
      )}
      ${choice(
        t("review.filter.camera"), filter.camera ?? "",
        [["", t("review.filter.any_camera")], ...cameras.map((one): Option => [one.id, one.location_name])],
        (value) => set({ camera: value || null }),
      )}
      ${choice(
        t("review.filter.rarity"), String(filter.rarest ?? ""),
        [["", t("review.filter.any_rarity")], ...RAREST.map((n): Option => [String(n), t("review.filter.rarest", { n })])],
        (value) => set({ rarest: value ? Number(value) : null }),
      )}
      <fieldset class="confidence" title=${t("review.filter.confidence")}>
        <legend class="hidden">${t("review.filter.confidence")}</legend>
        <span aria-hidden="true">${t("review.filter.confidence_short")}</span>
        ${limit(t("review.filter.least"), filter.least, 0, (least) => set({ least }))}
        <span aria-hidden="true">–</span>
        ${limit(t("review.filter.most"), filter.most, 100, (most) => set({ most }))}
        <span aria-hidden="true">%</span>
      </fieldset>
    </div>
  `;
}

type Option = readonly [value: string, words: string];

function choice(label: string, value: string, options: readonly Option[], choose: (value: string) => void): TemplateResult {
  return html`
    <select
      aria-label=${label} title=${label}
      .value=${value}
      @change=${(event: Event) => {
        const select = event.target as HTMLSelectElement;
        select.blur(); // the keys are the picture's again
        choose(select.value);
      }}
    >
      ${options.map(([one, words]) => html`<option value=${one} ?selected=${one === value}>${words}</option>`)}
    </select>
  `;
}

/** One end of the range, in per cent; empty or at the end of the scale: no limit. */
function limit(label: string, value: number | null, none: number, choose: (value: number | null) => void): TemplateResult {
  const change = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const percents = Number.isNaN(input.valueAsNumber) ? none : Math.min(100, Math.max(0, Math.round(input.valueAsNumber)));
    input.value = percents === none ? "" : String(percents);
    choose(percents === none ? null : percents / 100);
  };
  return html`<input type="number" min="0" max="100" step="1" inputmode="numeric" aria-label=${label} placeholder=${none}
    .value=${value === null ? "" : String(Math.round(value * 100))} @change=${change}
    @keydown=${(event: KeyboardEvent) => event.key === "Enter" && (event.target as HTMLElement).blur()} />`;
}

export function queue(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { review } = state;
  const filtered = JSON.stringify({ ...review.filter, reviewed: "no" }) !== JSON.stringify(NO_FILTER);
  return html`
    <nav class="queue" id="review-queue" aria-label=${t("review.queue")}>
      ${review.items.length === 0 && !review.loading && !review.failure
        ? html`<div class="empty">
            <strong>${t("review.none")}</strong>
            <p>${t("review.none_body")}</p>
            ${filtered ? html`<button class="secondary" @click=${actions.review.resetFilter}>${t("review.reset")}</button>` : nothing}
          </div>`
        : nothing}
      <ol>${repeat(review.items, (one) => one.media_id, (one) => row(view, one))}</ol>
      ${review.loading ? html`<p class="muted small center" role="status">${t("review.loading")}</p>` : nothing}
      ${(review.cursor || review.weighedFrom) && !review.loading
        ? html`<button class="secondary more" @click=${() => void actions.review.more()}>
            ${t(review.cursor ? "review.more" : "review.older")}
          </button>`
        : nothing}
    </nav>
  `;
}

function row(view: View, item: ReviewItem): TemplateResult {
  const { state, actions } = view;
  const { review } = state;
  const shown = item.media_id === review.picture;
  const choose = () => {
    void actions.review.look(item.media_id);
    focusPicture();
  };
  return html`
    <li>
      <button class="queue-row" aria-current=${shown ? "true" : "false"} data-item=${item.media_id} data-status=${statusOf(view, item) ?? "open"} @click=${choose}>
        <span class="queue-thumb">
          ${item.mime.startsWith("image/") ? html`<img src=${item.picture} alt="" loading="lazy" decoding="async" />` : nothing}
          ${status(view, item)}
        </span>
        <span class="queue-text">
          <span class="name">${summary(view, item)}</span>
          <span class="meta">
            <span class="place">${item.deployment_name}</span>
            ${takenAt(view, item)}
          </span>
          <span class="chips">${reasonChips(view, item)}</span>
        </span>
      </button>
    </li>
  `;
}

export function reasonChips({ t }: View, item: ReviewItem): TemplateResult[] {
  return item.reasons.map(
    (reason) => html`<span class="chip" data-reason=${reason} title=${t(`review.why.${reason}`)}>${t(`review.reason.${reason}`)}</span>`,
  );
}

/** What it shows, each name once. */
function summary({ t, state }: View, item: ReviewItem): string {
  if (item.labels?.length === 0) return t("review.kind.blank");
  const names = (item.labels ?? item.proposals).map((one) => nameWords(one, state.language, t));
  return [...new Set(names)].join(state.language === "zh" ? "、" : ", ") || "–";
}

type Status = "reviewed" | "unsent" | "conflict" | "refused";

function statusOf({ state }: View, { media_id, labels }: ReviewItem): Status | null {
  const { review } = state;
  if (media_id in review.conflicts) return "conflict";
  if (media_id in review.refused) return "refused";
  if (review.unsent.some((one) => one.media_id === media_id)) return "unsent";
  return labels === null ? null : "reviewed";
}

const STATUS_ICONS = { reviewed: "check", unsent: "clock", conflict: "undo", refused: "cross" } as const;

function status(view: View, item: ReviewItem): TemplateResult | typeof nothing {
  const found = statusOf(view, item);
  if (!found) return nothing;
  const words = view.t(`review.state.${found}`);
  return html`<span class="queue-status ${found}" title=${words}>${icon(STATUS_ICONS[found])}<span class="hidden">${words}</span></span>`;
}
