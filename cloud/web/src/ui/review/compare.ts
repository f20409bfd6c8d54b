/** Two people said different things about one picture: both side by side, and the choice. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { nameWords } from "../../review/names";
import type { Label, ReviewItem } from "../../wire";
import { openDialog } from "../picture";
import { ago, type View } from "../view";
import { colourOf } from "./looks";

export function compareDialog(view: View, id: string): TemplateResult | typeof nothing {
  const { t, state, actions } = view;
  const { items, unsent, conflicts } = state.review;
  const item = items.find((one) => one.media_id === id);
  const mine = unsent.find((one) => one.media_id === id);
  const theirs = conflicts[id];
  if (!theirs || !mine) return nothing;
  const close = () => actions.review.patch({ comparing: null });
  const account = { account: theirs.account, ago: ago(view, theirs.at) };
  return html`
    <dialog class="sheet wide" aria-labelledby="compare-heading" ${ref(openDialog)} @close=${close}>
      <div class="sheet-body">
        <h2 id="compare-heading">${t("review.compare_heading")}</h2>
        <div class="compare">
          ${side(view, item, theirs.labels, t("review.compare_theirs", account), t("review.keep_theirs"), () => actions.review.decide(id, "theirs"))}
          ${side(view, item, mine.labels, t("review.compare_mine"), t("review.keep_mine"), () => actions.review.decide(id, "mine"))}
        </div>
        <p class="muted small">${t("review.compare_note")}</p>
        <button class="quiet" @click=${close}>${t("review.compare_later")}</button>
      </div>
    </dialog>
  `;
}

function side(
  view: View, item: ReviewItem | undefined, labels: readonly Label[], whose: string, words: string, choose: () => void,
): TemplateResult {
  const { t, state } = view;
  return html`
    <figure>
      <figcaption>${whose}</figcaption>
      ${item ? picture(item, labels) : nothing}
      <ol class="label-list">
        ${labels.length === 0 ? html`<li>${t("review.kind.blank")}</li>` : nothing}
        ${labels.map(
          (one, i) => html`<li class="label-row ${colourOf(labels, one)}">
            <span class="swatch">${i + 1}</span>
            <span>${nameWords(one, state.language, t)}${one.count > 1 ? ` ×${one.count}` : nothing}</span>
          </li>`,
        )}
      </ol>
      <button class="secondary" @click=${choose}>${words}</button>
    </figure>
  `;
}

function picture(item: ReviewItem, labels: readonly Label[]): TemplateResult {
  const { width, height } = item;
  return html`
    <svg class="compare-picture" viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">
      <image href=${item.picture} width=${width} height=${height}></image>
      ${labels.map((one) => {
        const at = { x: one.box.x * width, y: one.box.y * height, w: one.box.width * width, h: one.box.height * height };
        return svg`<g class="label-box ${colourOf(labels, one)}">
          <rect class="halo" x=${at.x} y=${at.y} width=${at.w} height=${at.h}></rect>
          <rect class="line" x=${at.x} y=${at.y} width=${at.w} height=${at.h}></rect>
        </g>`;
      })}
    </svg>
  `;
}
