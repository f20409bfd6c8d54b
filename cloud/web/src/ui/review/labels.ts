/** What the picture shows, in words: its boxes, who said so, and the ways to say it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { percent } from "../../format";
import { failureWords } from "../../i18n/failures";
import { isChanged, recount, remove, sameName, target } from "../../review/annotation";
import { nameWords } from "../../review/names";
import { itemOf, mayLabel } from "../../review/state";
import type { Label, ReviewItem } from "../../wire";
import { icon } from "../icons";
import { scientific } from "../live";
import { ago, fullTime, type View } from "../view";
import { clockLine } from "./clock";
import { history } from "./history";
import { colourOf, confidenceOf } from "./looks";
import { picker } from "./picker";
import { reasonChips } from "./queue";

export function labelsPanel(view: View): TemplateResult {
  const { t, state } = view;
  const { review } = state;
  const item = itemOf(review)!;
  const may = mayLabel(state.account, state.reserve?.slug);
  return html`
    <section class="labels-panel" aria-label=${t("review.what")}>
      <header class="about">
        <p class="place name">${item.deployment_name}</p>
        ${clockLine(view, item)}
        <p class="chips">${reasonChips(view, item)}</p>
        ${author(view, item)} ${history(view, item, may)}
      </header>
      ${trouble(view, item)}
      ${review.picker && may ? picker(view) : list(view, item, may)}
      ${may && !review.picker ? recent(view) : nothing}
      ${may ? verdicts(view, item) : html`<p class="note small">${t("review.read_only")}</p>`}
    </section>
  `;
}

function author(view: View, item: ReviewItem): TemplateResult | typeof nothing {
  const { t, state } = view;
  const { detail } = state.review;
  const newest = detail?.media_id === item.media_id ? detail.history[0] : undefined;
  if (item.labels === null || !newest) return nothing;
  const values = { account: newest.account, ago: ago(view, newest.at) };
  return html`
    <p class="muted small" data-author title=${fullTime(view, newest.at)}>
      ${t(newest.source === "import" ? "review.said_import" : "review.said_by", values)}
    </p>
  `;
}

function trouble(view: View, { media_id }: ReviewItem): TemplateResult | typeof nothing {
  const { t, state, actions } = view;
  const { conflicts, refused } = state.review;
  const [theirs, failure] = [conflicts[media_id], refused[media_id]];
  if (theirs) {
    return html`
      <div class="error" role="alert">
        <p>${t("review.conflict", { account: theirs.account })}</p>
        <button class="secondary" data-opens="dialog" @click=${() => actions.review.patch({ comparing: media_id })}>${t("review.compare")}</button>
      </div>
    `;
  }
  if (!failure) return nothing;
  return html`
    <div class="error" role="alert">
      <p>${t("review.refused", { detail: failureWords(failure, state.language) })}</p>
      <button class="secondary" @click=${() => actions.review.retry(media_id)}>${t("retry")}</button>
      <button class="secondary" @click=${() => actions.review.discard(media_id)}>${t("review.discard")}</button>
    </div>
  `;
}

function list(view: View, item: ReviewItem, may: boolean): TemplateResult {
  const { annotation } = view.state.review;
  const labels = annotation?.labels ?? [];
  return html`<ol class="label-list">${labels.map((label, i) => row(view, item, labels, label, i, may))}</ol>`;
}

function row(view: View, item: ReviewItem, labels: readonly Label[], label: Label, index: number, may: boolean): TemplateResult {
  const { t, state, actions } = view;
  const { annotation } = state.review;
  const name = nameWords(label, state.language, t);
  const confidence = confidenceOf(item, label);
  const n = index + 1;
  const open = () => {
    actions.review.select(index);
    actions.review.patch({ picker: { query: "", active: 0 } });
  };
  const words = html`
    <span class="name">${name}</span>${scientific(label.scientific_name, name)}
    ${confidence === null ? nothing : html`<span class="muted small">${t("review.proposed_by", { percent: percent(confidence, state.language) })}</span>`}
  `;
  return html`
    <li class="label-row ${annotation?.selected === index ? "selected" : ""} ${colourOf(labels, label)}" data-label=${index}>
      <button class="swatch" aria-pressed=${annotation?.selected === index} aria-label=${t("review.box", { n, name })}
        @click=${() => actions.review.select(index)}>${n}</button>
      ${may
        ? html`<button class="label-name" data-opens="picker" title=${t("review.box_name", { n })} @click=${open}>${words}</button>
            <input class="label-count" type="number" min="1" max="9999" aria-label=${t("review.box_count", { n })} title=${t("review.box_count", { n })}
              .value=${String(label.count)}
              @change=${(event: Event) => actions.review.change((one) => recount(one, index, (event.target as HTMLInputElement).valueAsNumber))} />
            <button class="quiet compact" aria-label=${t("review.box_delete", { n })} title=${t("review.box_delete", { n })}
              @click=${() => actions.review.change((one) => remove(one, index))}>${icon("trash")}</button>`
        : html`<span class="label-name">${words}</span>${label.count > 1 ? html`<span>×${label.count}</span>` : nothing}`}
    </li>
  `;
}

/** One press names the selected box: what the digits do, for those who learn them and for fingers. */
function recent(view: View): TemplateResult | typeof nothing {
  const { t, state, actions } = view;
  const { annotation, slots } = state.review;
  const index = annotation && target(annotation);
  if (index === null || slots.length === 0) return nothing;
  const name = annotation!.labels[index]!;
  return html`
    <div class="recent" role="group" aria-label=${t("review.recent")}>
      ${slots.map(
        (slot, i) => html`<button aria-pressed=${sameName(slot.name, name)} @click=${() => actions.review.name(slot.name)}>
          <kbd>${i + 1}</kbd> ${nameWords(slot.name, state.language, t)}
        </button>`,
      )}
    </div>
  `;
}

function verdicts(view: View, item: ReviewItem): TemplateResult {
  const { t, state, actions } = view;
  const { annotation, said } = state.review;
  const changed = annotation !== null && isChanged(annotation);
  const accept = changed ? "review.save" : item.labels === null ? "review.accept" : "review.save_again";
  const steps = annotation?.past.length ?? 0;
  return html`
    <div class="verdicts">
      <div class="steps">
        <button class="secondary compact" aria-label=${t("review.previous")} title=${`${t("review.previous")} (K)`} @click=${() => actions.review.go(-1)}>${icon("left")}</button>
        <button class="secondary compact" aria-label=${t("review.undo")} title=${`${t("review.undo")} (Z)`} ?disabled=${steps + said.length === 0} @click=${actions.review.undo}>${icon("undo")}</button>
        <button class="secondary compact" aria-label=${t("review.next")} title=${`${t("review.next")} (J)`} @click=${() => actions.review.go(1)}>${icon("right")}</button>
      </div>
      <button class="secondary blank" data-action="blank" @click=${actions.review.blank}>${t("review.blank")} <kbd>B</kbd></button>
      <button class="primary accept" data-action="accept" @click=${actions.review.accept}>
        ${t(accept)} <kbd>⏎</kbd>
      </button>
      ${changed ? html`<p class="muted small unsaved" role="status">${t("review.state.draft")}</p>` : nothing}
    </div>
  `;
}
