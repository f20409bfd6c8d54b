/** The review page: the list of pictures worth a look, one of them large, and what it shows. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { failureWords } from "../../i18n/failures";
import { itemOf, mayLabel, progressOf } from "../../review/state";
import { fireBanner } from "../fire";
import { icon } from "../icons";
import { openDialog } from "../picture";
import type { View } from "../view";
import { compareDialog } from "./compare";
import { filesDialog } from "./files";
import { HELP } from "../../review/keys";
import { clockDialog } from "./clock";
import { labelsPanel } from "./labels";
import { numbersPanel } from "./numbers";
import { filters, queue } from "./queue";
import { stage } from "./stage";

export function reviewPage(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { review } = state;
  return html`
    <main
      class="review ${review.queueOpen ? "queue-open" : ""} ${review.numbers.open ? "with-numbers" : ""}"
      id="panel"
      tabindex="-1"
      aria-label=${t("review.heading")}
      data-picture=${review.picture ?? ""}
      data-sending=${review.sending}
      data-unsent=${review.unsent.length}
      @click=${afterPress}
    >
      ${bar(view)} ${queue(view)} ${review.numbers.open ? numbersPanel(view) : nothing}
      <div class="review-middle">
        ${fireBanner(view)}
        ${review.failure
          ? html`<div class="notice error" role="alert">
              ${t("review.failed", { detail: failureWords(review.failure, state.language) })}
              <button class="secondary" @click=${actions.review.again}>${t("retry")}</button>
            </div>`
          : nothing}
        ${stage(view)}
      </div>
      ${itemOf(review) ? labelsPanel(view) : nothing}
    </main>
    ${review.help ? helpDialog(view) : nothing} ${review.comparing ? compareDialog(view, review.comparing) : nothing}
    ${review.files.open ? filesDialog(view) : nothing} ${review.clock ? clockDialog(view, review.clock) : nothing}
  `;
}

/** Who works with the mouse and then presses Enter means the picture, not the button that was clicked last. */
function afterPress(event: MouseEvent): void {
  const pressed = (event.target as Element).closest("button");
  if (event.detail > 0 && pressed && !pressed.closest(".picker") && !pressed.dataset.opens) focusPicture();
}

export function focusPicture(): void {
  document.querySelector<SVGElement>(".stage svg")?.focus({ preventScroll: true });
}

function bar(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { review } = state;
  const progress = progressOf(review);
  return html`
    <div class="review-bar">
      <button
        class="secondary queue-toggle" aria-expanded=${review.queueOpen} aria-controls="review-queue"
        @click=${() => actions.review.patch({ queueOpen: !review.queueOpen })}
      >
        ${icon("list")} ${t("review.queue_toggle")}
      </button>
      ${progress
        ? html`<div class="progress">
            <span data-figure="progress">${t("review.progress", progress)}</span>
            <progress max=${Math.max(1, progress.all)} .value=${progress.reviewed} aria-hidden="true"></progress>
          </div>`
        : nothing}
      ${unsent(view)}
      <span class="grow"></span>
      ${filters(view)}
      <button class="secondary compact" data-action="numbers" aria-expanded=${review.numbers.open} aria-controls="review-numbers"
        title=${`${t("review.numbers")} (E)`} aria-label=${t("review.numbers")} @click=${actions.review.toggleNumbers}>
        ${icon("numbers")}<span class="word">${t("review.numbers.short")}</span>
      </button>
      <button class="secondary compact" data-opens="dialog" title=${t("review.files")} aria-label=${t("review.files")}
        @click=${() => actions.review.patch({ files: { ...review.files, open: true } })}>
        ${icon("file")}<span class="word">${t("review.files")}</span>
      </button>
      <button class="secondary compact" data-opens="dialog" title=${`${t("review.keys")} (?)`} aria-label=${t("review.keys")}
        @click=${() => actions.review.patch({ help: true })}>
        ${icon("keys")}<span class="word">${t("review.keys")}</span>
      </button>
    </div>
  `;
}

/** What is not in the cloud yet, whose loss would be noticed last if it were not shown. */
function unsent({ t, state, actions }: View): TemplateResult {
  const { review } = state;
  const n = review.unsent.length;
  const waits = n > 0 && (review.sending === "waiting" || !review.keeps);
  const words = !waits ? t("review.unsent", { n }) : t(review.keeps ? "review.unsent_waiting" : "review.unsent_volatile", { n });
  const [first] = Object.keys(review.conflicts);
  return html`
    <div class="unsent" role="status">
      ${n > 0 && mayLabel(state.account, state.reserve?.slug)
        ? html`<span class="pill ${waits ? "waits" : ""}" data-pill="unsent">${icon("clock")} ${words}</span>`
        : nothing}
      ${first
        ? html`<button class="pill waits" data-opens="dialog" @click=${() => actions.review.patch({ comparing: first })}>
            ${t("review.conflicts_elsewhere", { n: Object.keys(review.conflicts).length })}
          </button>`
        : nothing}
    </div>
  `;
}

function helpDialog({ t, actions }: View): TemplateResult {
  const close = () => actions.review.patch({ help: false });
  return html`
    <dialog class="sheet" aria-labelledby="help-heading" ${ref(openDialog)} @close=${close}
      @click=${(event: Event) => event.target === event.currentTarget && close()}>
      <div class="sheet-body">
        <h2 id="help-heading">${t("review.help")}</h2>
        <dl class="keys">
          ${HELP.map(
            ([keys, meaning]) => html`
              <dt>${keys.map((key) => (key === "–" ? "–" : html`<kbd>${key}</kbd>`))}</dt>
              <dd>${t(meaning)}</dd>
            `,
          )}
        </dl>
        <p class="muted small">${t("review.help.pointer")}</p>
      </div>
      <button class="quiet close" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
    </dialog>
  `;
}
