/** The large picture with its boxes. Everything on it is drawn at the screen's own scale, so that lines and names stay
 * as fine and as readable at every zoom. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { repeat } from "lit-html/directives/repeat.js";
import { ref } from "lit-html/directives/ref.js";
import { percent } from "../../format";
import { withoutBox } from "../../review/annotation";
import { handlePoint, HANDLES, isWhole, toStage, type Box, type Point, type Size, type Viewport } from "../../review/geometry";
import { trueTime } from "../../review/clock";
import { nameWords } from "../../review/names";
import { viewportOf } from "../../review/pointer";
import { itemOf, mayLabel } from "../../review/state";
import type { Label, ReviewItem } from "../../wire";
import { icon } from "../icons";
import { fullTime, type View } from "../view";
import { colourOf, confidenceOf, isProposal, namePlaces } from "./looks";

const CHIP = 22; // px, the height of a name on the picture
const MANY = 12; // boxes, beyond which only the selected one's name is shown in full

export function stage(view: View): TemplateResult {
  const { t, state, pointer } = view;
  const { review } = state;
  const item = itemOf(review);
  const size = review.stage;
  const clip = item !== null && !item.mime.startsWith("image/");
  const alt = item ? t("picture.of", { what: item.deployment_name, when: fullTime(view, trueTime(item)) }) : t("review.stage");
  return html`
    <div class="stage ${review.drawing ? "drawing" : ""}" data-size=${item ? `${item.width}x${item.height}` : ""}
      data-view=${item && size.width ? viewWords(viewportOf(review.viewport, item, size)) : ""} ${ref(pointer.attach)}>
      <svg
        role="group" tabindex="0" width=${size.width} height=${size.height}
        aria-label=${`${alt} – ${t("review.boxes", { n: review.annotation?.labels.length ?? 0 })}. ${t("review.stage")}`}
        @pointerdown=${pointer.down} @pointermove=${pointer.move} @pointerup=${pointer.up}
        @pointercancel=${pointer.lost} @contextmenu=${(event: Event) => event.preventDefault()}
      >
        ${item && size.width > 0 && !clip ? drawing(view, item, viewportOf(review.viewport, item, size)) : nothing}
      </svg>
      ${clip ? html`<p class="stage-note">${t("review.clip")}</p>` : nothing}
      ${item ? hints(view, item) : nothing}
      ${item && !clip ? tools(view, item) : nothing}
    </div>
  `;
}

function viewWords({ scale, x, y }: Viewport): string {
  return [scale, x, y].map((one) => one.toFixed(4)).join(" ");
}

function drawing(view: View, item: ReviewItem, viewport: Viewport): TemplateResult {
  const { annotation, preview, boxesHidden, stage: size } = view.state.review;
  const whole = toStage({ x: 0, y: 0, width: 1, height: 1 }, viewport, item);
  const selected = annotation?.selected ?? null;
  const labels = (annotation?.labels ?? []).map((one, i) => (preview?.index === i ? { ...one, box: preview.box } : one));
  const shown = labels.map((label, i) => shownLabel(view, item, labels, label, i, toStage(label.box, viewport, item)));
  const places = namePlaces(shown.map((one) => one.box), shown.map((one) => one.chip), size, selected);
  // The selected one last, so that it lies on top.
  const order = shown.map((_, i) => i).sort((a, b) => Number(a === selected) - Number(b === selected));
  return svg`
    ${keyed(item.media_id, svg`
      <image href=${item.picture} x=${whole.x} y=${whole.y} width=${whole.width} height=${whole.height}
        preserveAspectRatio="none" data-state="loading" @load=${mark} @error=${mark}></image>`)}
    ${boxesHidden ? nothing : repeat(order, (i) => i, (i) => labelBox(view, shown[i]!, places[i]!))}
    ${preview && preview.index === null ? newBox(toStage(preview.box, viewport, item)) : nothing}
  ` as TemplateResult;
}

interface ShownLabel {
  readonly index: number;
  readonly box: Box;
  readonly looks: string;
  readonly words: string;
  /** On the picture, beside the number. */
  readonly name: string;
  readonly chip: Size;
}

function shownLabel(
  { t, state }: View, item: ReviewItem, labels: readonly Label[], label: Label, index: number, box: Box,
): ShownLabel {
  const selected = state.review.annotation?.selected === index;
  const confidence = confidenceOf(item, label);
  const name = nameWords(label, state.language, t) + (label.count > 1 ? ` ×${label.count}` : "");
  const values = { n: index + 1, name, percent: confidence === null ? "" : percent(confidence, state.language) };
  const written = labels.length > MANY && !selected ? "" : `${name} ${values.percent}`.trim();
  return {
    index, box, name: written,
    looks: `${colourOf(labels, label)} ${selected ? "selected" : ""} ${isProposal(item, label) ? "proposed" : ""}`,
    words: t(confidence === null ? "review.box" : "review.box_percent", values),
    chip: { width: numberWidth(index) + (written ? textWidth(written) + 12 : 0), height: CHIP },
  };
}

function numberWidth(index: number): number {
  return index < 9 ? 18 : 26;
}

/** Before the first load the picture keeps its place, empty; a broken one says so. */
function mark(event: Event): void {
  const image = event.target as SVGImageElement;
  image.dataset.state = event.type === "load" ? "ready" : "lost";
  image.closest<HTMLElement>(".stage")!.classList.toggle("lost", event.type === "error");
}

function labelBox(view: View, { index, box, looks, words, name, chip }: ShownLabel, at: Point) {
  const { state, actions } = view;
  const selected = state.review.annotation?.selected === index;
  return svg`
    <g class="label-box ${looks}" role="button" tabindex="0" aria-pressed=${selected} aria-label=${words} data-index=${index}
      @focus=${() => actions.review.select(index)}>
      <rect class="halo" x=${box.x} y=${box.y} width=${box.width} height=${box.height}></rect>
      <rect class="line" x=${box.x} y=${box.y} width=${box.width} height=${box.height}></rect>
      ${nameOnPicture(index, name, chip, at)}
      ${selected && mayLabel(state.account, state.reserve?.slug) ? handles(box) : nothing}
    </g>
  `;
}

function newBox(box: Box) {
  return svg`
    <g class="label-box new selected" aria-hidden="true">
      <rect class="halo" x=${box.x} y=${box.y} width=${box.width} height=${box.height}></rect>
      <rect class="line" x=${box.x} y=${box.y} width=${box.width} height=${box.height}></rect>
    </g>
  `;
}

/** Number and name on a ground of their own: readable on snow and at night. */
function nameOnPicture(index: number, name: string, chip: Size, { x, y }: Point) {
  const width = numberWidth(index);
  return svg`
    <g class="box-name" aria-hidden="true">
      <rect class="ground" x=${x} y=${y} width=${chip.width} height=${CHIP} rx="4"></rect>
      <rect class="number-ground" x=${x} y=${y} width=${width} height=${CHIP} rx="4"></rect>
      <text class="number" x=${x + width / 2} y=${y + 15.5} text-anchor="middle">${index + 1}</text>
      ${name ? svg`<text x=${x + width + 6} y=${y + 15.5}>${name}</text>` : nothing}
    </g>
  `;
}

function handles(box: Box) {
  // On a tiny box the corners are enough.
  const shown = HANDLES.filter((one) => one.length === 2 || Math.min(box.width, box.height) > 40);
  return shown.map((one) => {
    const { x, y } = handlePoint(box, one);
    return svg`<rect class="handle" data-handle=${one} x=${x - 5} y=${y - 5} width="10" height="10" rx="2"></rect>`;
  });
}

let measure: CanvasRenderingContext2D | null | undefined;
const widths = new Map<string, number>();

function textWidth(words: string): number {
  const known = widths.get(words);
  if (known !== undefined) return known;
  measure ??= document.createElement("canvas").getContext("2d");
  if (!measure) return words.length * 13;
  measure.font = `600 13px ${getComputedStyle(document.documentElement).fontFamily}`;
  const width = measure.measureText(words).width;
  widths.set(words, width);
  return width;
}

function hints(view: View, item: ReviewItem): TemplateResult {
  const { t, state } = view;
  const { review } = state;
  const empty = review.annotation?.labels.length === 0;
  const unplaced = withoutBox(item);
  const words = review.drawing
    ? t("review.draw_hint")
    : !empty || review.preview
      ? null
      : item.labels?.length === 0
        ? t("review.shows_blank")
        : unplaced.length > 0
          ? unplaced.map((one) => t("review.without_box", {
              name: nameWords(one, state.language, t), percent: percent(one.confidence, state.language),
            })).join(" ")
          : t("review.shows_nothing");
  const notice = review.notice ? t(review.notice.key, review.notice.values) : null;
  return html`
    <div class="stage-hints" role="status">
      ${notice ? html`<p class="stage-note strong" data-notice=${review.notice!.key}>${notice}</p>` : nothing}
      ${words ? html`<p class="stage-note">${words}</p>` : nothing}
      <p class="stage-note lost-note">${t("review.picture_lost")}</p>
    </div>
  `;
}

function tools(view: View, item: ReviewItem): TemplateResult {
  const { t, state, actions, pointer } = view;
  const { review } = state;
  const may = mayLabel(state.account, state.reserve?.slug);
  const whole = !review.viewport || isWhole(review.viewport, item, review.stage);
  const hide = t(review.boxesHidden ? "review.show" : "review.hide");
  const draw = (event: MouseEvent) => {
    if (event.detail === 0) pointer.addInMiddle(); // by the keyboard: there is nothing to drag with
    else actions.review.patch({ drawing: !review.drawing });
  };
  return html`
    <div class="stage-tools">
      ${may
        ? html`<button class="draw" aria-pressed=${review.drawing} title=${`${t("review.draw")} (N)`} @click=${draw}>
            ${icon("box")}<span>${t("review.draw")}</span>
          </button>`
        : nothing}
      <button aria-pressed=${review.boxesHidden} aria-label=${hide} title=${`${hide} (H)`}
        @click=${() => actions.review.patch({ boxesHidden: !review.boxesHidden })}>${icon("eye")}</button>
      <button aria-label=${t("review.zoom_in")} title=${`${t("review.zoom_in")} (+)`} @click=${() => pointer.zoom(1.5)}>${icon("plus")}</button>
      <button aria-label=${t("review.zoom_out")} title=${`${t("review.zoom_out")} (−)`} ?disabled=${whole} @click=${() => pointer.zoom(1 / 1.5)}>${icon("minus")}</button>
      <button aria-label=${t("review.fit")} title=${`${t("review.fit")} (0)`} ?disabled=${whole} @click=${() => actions.review.patch({ viewport: null })}>${icon("fit")}</button>
    </div>
  `;
}
