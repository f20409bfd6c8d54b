/** Small pieces of the pages beside the map. */
import { html, nothing, type TemplateResult } from "lit-html";
import { failureWords } from "../../i18n/failures";
import { everydayName } from "../../review/species";
import { smallUrl } from "../../side/api";
import type { Failure } from "../../store";
import { isItalic } from "../../taxa";
import { copyButton } from "../copy-button";
import { icon, type View } from "./view";

type Content = TemplateResult | typeof nothing | string | readonly (TemplateResult | typeof nothing)[];

/** All of a page: what the skip link leads to, and what scrolls. */
export function page(name: string, content: Content): TemplateResult {
  return html`<main id="panel" tabindex="-1" class="side-page ${name}"><div class="side-width">${content}</div></main>`;
}

/** A part of a page under its heading; `aside` stands beside the heading. */
export function card(heading: string, content: Content, aside: Content = nothing, name = ""): TemplateResult {
  return html`
    <section class="side-card" data-card=${name} aria-label=${heading}>
      <header><h2>${heading}</h2>${aside}</header>
      ${content}
    </section>
  `;
}

export function more(href: string, words: string): TemplateResult {
  return html`<a class="more-link" href=${href}>${words} ${icon("right")}</a>`;
}

/** What stands where nothing is yet: what it means, and what to do. */
export function empty(heading: string, body = ""): TemplateResult {
  return html`<div class="side-empty"><strong>${heading}</strong>${body ? html`<p>${body}</p>` : nothing}</div>`;
}

/** Nobody looked: on hatched ground, and never with a number. */
export function unseen(heading: string, body: string): TemplateResult {
  return html`<div class="not-observed" data-status="not_observed"><p class="big">${heading}</p><p>${body}</p></div>`;
}

/** The two kinds of cameras: those that stand, and those that fly. */
export function siteTabs({ t }: View, shown: "camera" | "flight"): TemplateResult {
  return html`<nav class="side-tabs" aria-label=${t("page.camera")}>${(["camera", "flight"] as const).map((one) => html`
    <a href=${`#${one}`} aria-current=${one === shown ? "page" : "false"}>${t(`page.${one}`)}</a>`)}</nav>`;
}

/** A command, to be carried to another machine. */
export function toCopy(view: View, label: string, text: string): TemplateResult {
  return html`<div class="side-copy"><pre tabindex="0" role="region" aria-label=${label}>${text}</pre>
    ${copyButton(view, text)}</div>`;
}

export function loading({ t }: View): TemplateResult {
  return html`<p class="side-loading" role="status">${t("starting")}</p>`;
}

export function failed({ t, state }: View, failure: Failure | null, again: () => void): TemplateResult | typeof nothing {
  if (!failure) return nothing;
  return html`<p class="error" role="alert">${failureWords(failure, state.language)}
    <button class="secondary" @click=${again}>${t("retry")}</button></p>`;
}

export function speciesHref(name: string): string {
  return `#species/${encodeURIComponent(name)}`;
}

/** The everyday name with the scientific one below it: the one that is in no language. */
export function bothNames(view: View, name: string): TemplateResult {
  const common = everydayName(name, view.state.language);
  const scientific = html`<span class=${isItalic(name) ? "scientific italic" : "scientific"} lang="la">${name}</span>`;
  return common ? html`<span class="common">${common}</span> ${scientific}` : html`<span class="common">${scientific}</span>`;
}

export function plainName({ state }: Pick<View, "state">, name: string): string {
  return everydayName(name, state.language) ?? name;
}

/** A picture in a frame of its own that opens large; `caption` stands below it. With its `size`, all of it is on show. */
export function shot(
  view: View, mediaId: string, words: string, caption: Content, width: 320 | 640 | 1280 = 640, size?: { width: number; height: number },
): TemplateResult {
  const { t, store } = view;
  return html`
    <figure class=${size ? "shot whole" : "shot"}>
      <button class="shot-open" data-media=${mediaId} aria-label=${`${t("picture.enlarge")} – ${words}`}
        @click=${() => store.set({ picture: { mediaId, caption: words, box: null } })}>
        <img src=${smallUrl(mediaId, width)} alt=${words} loading="lazy" width=${size?.width ?? nothing} height=${size?.height ?? nothing} @error=${waits} @load=${arrives} />
        <span class="waiting" aria-hidden="true">${t("picture.waiting")}</span>
      </button>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
}

function waits(event: Event): void {
  (event.target as HTMLElement).closest<HTMLElement>(".shot-open")!.dataset.state = "waiting";
}

function arrives(event: Event): void {
  delete (event.target as HTMLElement).closest<HTMLElement>(".shot-open")!.dataset.state;
}

export function placeName(view: View, deployment: string): string {
  return view.state.deployments.features.find((one) => one.properties.id === deployment)?.properties.location_name
    ?? view.t("side.unknown_place");
}
