/** All that was said about the picture, newest first; what was said once can be said again in one step. */
import { html, nothing, type TemplateResult } from "lit-html";
import { openedWith, sameLabels } from "../../review/annotation";
import { nameWords } from "../../review/names";
import type { Label, LabelRevision, ReviewItem } from "../../wire";
import { ago, fullTime, type View } from "../view";

export function history(view: View, item: ReviewItem, may: boolean): TemplateResult | typeof nothing {
  const { t, state } = view;
  const { detail } = state.review;
  if (item.labels === null || detail?.media_id !== item.media_id || detail.history.length === 0) return nothing;
  const proposed = openedWith({ ...item, labels: null });
  return html`
    <details class="history">
      <summary class="small">${t("review.history", { n: detail.history.length })}</summary>
      <ol>
        ${detail.history.map((one, i) => entry(view, item, one.labels, i === 0 ? t("review.history.counts") : null, may, said(view, one)))}
        ${proposed.length > 0 ? entry(view, item, proposed, null, may, t("review.history.proposal")) : nothing}
      </ol>
    </details>
  `;
}

function said(view: View, one: LabelRevision): TemplateResult {
  const words = view.t(one.source === "import" ? "review.said_import" : "review.said_by", { account: one.account, ago: ago(view, one.at) });
  return html`<span title=${fullTime(view, one.at)}>${words}</span>`;
}

function entry(
  view: View, item: ReviewItem, labels: readonly Label[], counts: string | null, may: boolean, who: TemplateResult | string,
): TemplateResult {
  const { t, actions } = view;
  const what = labelWords(view, labels);
  const differs = !sameLabels(labels, item.labels ?? []);
  return html`
    <li data-revision-labels=${labels.length}>
      <span><span class="name">${what}</span> <span class="muted small">${who}</span></span>
      ${counts ? html`<span class="chip">${counts}</span>` : nothing}
      ${may && differs
        ? html`<button class="secondary compact" aria-label=${t("review.history.restore_of", { what })} @click=${() => actions.review.restore(labels)}>
            ${t("review.history.restore")}
          </button>`
        : nothing}
    </li>
  `;
}

function labelWords({ t, state }: View, labels: readonly Label[]): string {
  if (labels.length === 0) return t("review.kind.blank");
  const words = labels.map((one) => nameWords(one, state.language, t) + (one.count > 1 ? ` ×${one.count}` : ""));
  return words.join(state.language === "zh" ? "、" : ", ");
}
