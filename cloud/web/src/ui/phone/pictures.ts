/** The pictures in their order: before, when it was confirmed, now, and from the field. Swiped through with a thumb; each
 * is loaded only when it comes into view, because every one costs data. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import { fieldPictureUrl, pictureUrl } from "../../phone/cloud";
import type { Incident, Suspicion } from "../../phone/wire";
import { icon } from "./icons";
import { clock, type View } from "./view";

interface Slide {
  id: string;
  url: string;
  what: string;
  meta: string;
  note: string | null;
  box: Suspicion["box"] | null;
  clip: string | null;
}

export function pictures(view: View, incident: Incident): TemplateResult {
  const { t, state, store } = view;
  const slides = slidesOf(view, incident);
  if (slides.length === 0) return html`<p class="empty">${t("pictures.none")}</p>`;
  const current = Math.min(state.slide < 0 ? firstShown(slides) : state.slide, slides.length - 1);

  function scrolled(event: Event): void {
    const strip = event.currentTarget as HTMLElement;
    const slide = Math.round(strip.scrollLeft / strip.clientWidth);
    if (slide !== current && Math.abs(strip.scrollLeft / strip.clientWidth - slide) < 0.2) store.set({ slide });
  }
  /** Buttons beside the swipe: gloves, and those who cannot swipe. */
  function turn(event: Event, to: number): void {
    const strip = (event.currentTarget as HTMLElement).closest(".pictures")!.querySelector(".strip")!;
    strip.scrollTo({ left: to * strip.clientWidth });
    store.set({ slide: to });
  }
  return html`
    <div class="pictures" data-slide=${current}>
      <div class="strip" ${ref((strip) => begin(strip, incident.id, current))} @scroll=${scrolled} tabindex="0" role="group" aria-label=${t("pictures")}>
        ${repeat(slides, (one) => one.id, (one, i) => figure(view, one, i === current, i))}
      </div>
      ${slides.length > 1
        ? html`<div class="turn">
            <button class="round" aria-label=${t("pictures.previous")} ?disabled=${current === 0} @click=${(event: Event) => turn(event, current - 1)}>${icon("back")}</button>
            <span>${t("pictures.count", { n: current + 1, all: slides.length })}</span>
            <button class="round" aria-label=${t("pictures.next")} ?disabled=${current === slides.length - 1} @click=${(event: Event) => turn(event, current + 1)}>${icon("forward")}</button>
          </div>`
        : nothing}
    </div>
  `;
}

/** The strip starts at the confirmed fire; from then on it belongs to the thumb. */
function begin(strip: Element | undefined, incident: string, slide: number): void {
  if (!(strip instanceof HTMLElement) || strip.dataset.incident === incident) return;
  strip.dataset.incident = incident;
  requestAnimationFrame(() => (strip.scrollLeft = slide * strip.clientWidth));
}

/** Ids of pictures that were in view: those stay loaded. */
const seen = new Set<string>();

function figure({ t }: View, one: Slide, inView: boolean, index: number): TemplateResult {
  if (inView) seen.add(one.id);
  const failed = (event: Event) => (event.target as HTMLElement).classList.add("missing");
  const loaded = (event: Event) => (event.target as HTMLElement).classList.remove("missing");
  const box = one.box;
  return html`
    <figure data-picture=${one.id} data-index=${index}>
      <div class="frame">
        ${seen.has(one.id) ? html`<img src=${one.url} alt="${one.what}, ${one.meta}" @error=${failed} @load=${loaded} />` : nothing}
        <span class="absent">${t("pictures.on_way")}</span>
        ${box
          ? html`<svg class="box" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
              ${["under", "over"].map((name) => svg`<rect class=${name} x=${100 * box.x} y=${100 * box.y} width=${100 * box.width} height=${100 * box.height}></rect>`)}
            </svg>`
          : nothing}
      </div>
      <figcaption>
        <strong>${one.what}</strong> ${one.meta}${one.note ? html`<br />${one.note}` : nothing}
        ${one.clip ? html`<button class="small" @click=${(event: Event) => play(event, one.clip!)}>${t("pictures.clip")}</button>` : nothing}
      </figcaption>
    </figure>
  `;
}

/** A clip is a moving picture (WebP) in the place of the still one; it is loaded only by whoever asks for it. */
function play(event: Event, clip: string): void {
  (event.target as HTMLElement).closest("figure")!.querySelector("img")!.src = clip;
}

function slidesOf(view: View, incident: Incident): Slide[] {
  const { t } = view;
  const slides: Slide[] = [];
  const withPicture = incident.suspicions.filter((one) => one.media_id !== null);
  const [first, last] = [withPicture[0], withPicture.at(-1)];
  const add = (what: string, id: string | null, of: Suspicion, box: Suspicion["box"] | null, clip: string | null = null) => {
    if (!id || slides.some((one) => one.id === id)) return;
    const meta = `${box ? clock(view, of.observed_at) : clock(view, of.first_seen_at)} · ${of.deployment}`;
    slides.push({ id, url: pictureUrl(id), what, meta, note: null, box, clip });
  };
  if (first) {
    add(t("pictures.before"), first.before_media_id, first, null);
    add(t("pictures.first"), first.media_id, first, first.box, clipOf(first));
  }
  // One of each camera: the newest that it sent.
  for (const one of newestOfEach(withPicture)) if (one !== last) add(t("pictures.now"), one.media_id, one, one.box, clipOf(one));
  if (last) add(t("pictures.now"), last.media_id, last, last.box, clipOf(last));
  for (const one of incident.pictures) {
    slides.push({
      id: one.id, url: `${fieldPictureUrl(incident.id, one.id)}?width=480`, what: t("pictures.field", { name: one.account }),
      meta: clock(view, one.taken_at), note: one.note, box: null, clip: null,
    });
  }
  return slides;
}

function newestOfEach(suspicions: readonly Suspicion[]): Suspicion[] {
  return [...new Map(suspicions.map((one) => [one.deployment_id, one])).values()];
}

function clipOf(one: Suspicion): string | null {
  return one.clip_media_id ? `/api/v1/media/${one.clip_media_id}` : null;
}

/** The confirmed fire, not the empty picture before it, is what one must see first. */
function firstShown(slides: Slide[]): number {
  const shown = slides.findIndex((one) => one.box !== null);
  return Math.max(0, shown);
}
