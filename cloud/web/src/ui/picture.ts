/** Pictures: thumbnails that wait for what has not arrived yet, and one large view with the detector's box. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { mediaUrl } from "../client";
import type { Key } from "../i18n";
import type { State } from "../store";
import { icon } from "./icons";
import type { View } from "./view";

type Box = NonNullable<State["picture"]>["box"];

export function thumbnail(
  view: Pick<View, "t" | "state" | "store">, mediaId: string | null, caption: string, box: Box = null, none: Key = "picture.none",
): TemplateResult {
  const { t, state, store } = view;
  if (!mediaId) return html`<div class="thumb none"><span>${t(none)}</span></div>`;
  return html`
    <button
      class="thumb"
      data-media=${mediaId}
      aria-label=${`${t("picture.enlarge")} – ${caption}`}
      @click=${() => store.set({ picture: { mediaId, caption, box } })}
    >
      <img
        src=${mediaUrl(mediaId, state.mediaAttempts[mediaId])}
        alt=${t("picture.of", { what: caption, when: "" }).replace(/[,，]\s*$/, "")}
        loading="lazy"
        @load=${(event: Event) => mark(event, "ready")}
        @error=${(event: Event) => mark(event, "waiting")}
      />
      ${box ? boxOverlay(box) : nothing}
      <span class="waiting">${t("picture.waiting")}</span>
    </button>
  `;
}

function mark(event: Event, state: string): void {
  (event.target as HTMLElement).closest<HTMLElement>("[data-media]")!.dataset.state = state;
}

/** The box is in fractions of the picture, and so is this drawing's own scale. */
function boxOverlay(box: NonNullable<Box>): TemplateResult {
  return html`
    <svg class="box" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      <rect x=${box.x} y=${box.y} width=${box.width} height=${box.height} vector-effect="non-scaling-stroke"></rect>
    </svg>
  `;
}

export function pictureDialog({ t, state, store }: View): TemplateResult | typeof nothing {
  const picture = state.picture;
  if (!picture) return nothing;
  const close = () => store.set({ picture: null });
  return html`
    <dialog
      class="picture"
      aria-label=${picture.caption}
      ${ref(openDialog)}
      @close=${close}
      @click=${(event: Event) => event.target === event.currentTarget && close()}
    >
      <figure>
        <div class="frame">
          <img src=${mediaUrl(picture.mediaId, state.mediaAttempts[picture.mediaId])} alt=${picture.caption} />
          ${picture.box ? boxOverlay(picture.box) : nothing}
        </div>
        <figcaption>${picture.caption}</figcaption>
      </figure>
      <button class="quiet close" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
    </dialog>
  `;
}

/** For `ref` on a `<dialog>`: it is modal as soon as it stands in the page. */
export function openDialog(element: Element | undefined): void {
  // A dialog can only be opened once it is in the page, which it is after this render.
  queueMicrotask(() => {
    if (element instanceof HTMLDialogElement && element.isConnected && !element.open) element.showModal();
  });
}
