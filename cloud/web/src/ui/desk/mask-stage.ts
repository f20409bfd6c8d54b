/** The camera's picture with its masks, and the one that is being drawn: by mouse, touch or keys. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { mediaUrl } from "../../client";
import { addCorner, area, close, moveCorner, points, removeCorner, splitEdge, type Corner, type Shape } from "../../desk/mask";
import { mayManage } from "../../desk/state";
import type { View } from "../view";

const NEAR = 0.02; // of the picture: a click so near to the first corner closes the shape
const STEP = 0.01;

export function maskStage(view: View, mediaId: string): TemplateResult {
  const { t, state, actions } = view;
  const { shape, masks } = state.desk;
  const edits = mayManage(state.account, state.reserve?.slug);
  const set = (shape: Shape) => actions.desk.patch({ shape });
  return html`
    <div class="mask-stage" data-corners=${shape.corners.length}>
      <img src=${mediaUrl(mediaId, state.mediaAttempts[mediaId])} alt=${t("mask.picture")} draggable="false" />
      <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="group" tabindex=${edits ? 0 : -1}
        aria-label=${t("mask.stage")}
        @click=${(event: MouseEvent) => edits && !dragged && set(addCorner(view.store.state.desk.shape, placeOn(event), NEAR))}
        @keydown=${(event: KeyboardEvent) => edits && key(view, event)}>
        ${masks!.masks.map((one, i) => svg`
          <polygon class="mask" points=${points(one.polygon)}><title>${i + 1}. ${one.reason}</title></polygon>`)}
        ${shape.corners.length > 1
          ? svg`<polygon class="draft ${shape.closed ? "closed" : ""}" points=${points(shape.corners)}></polygon>`
          : nothing}
      </svg>
      ${masks!.masks.map((one, i) => label(i + 1, middle(one.polygon)))}
      ${edits && shape.closed ? shape.corners.map((_, i) => edge(view, shape, i)) : nothing}
      ${edits ? shape.corners.map((at, i) => handle(view, shape, at, i)) : nothing}
    </div>
  `;
}

/** What a mask would cover, small and without hands on it. */
export function maskPreview(view: View, mediaId: string | null, polygon: readonly Corner[]): TemplateResult | typeof nothing {
  if (!mediaId) return nothing;
  return html`<div class="mask-stage preview">
    <img src=${mediaUrl(mediaId)} alt=${view.t("mask.picture")} />
    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true"><polygon class="draft closed" points=${points(polygon)}></polygon></svg>
  </div>`;
}

const percent = ([x, y]: Corner) => `left:${x * 100}%;top:${y * 100}%`;

function label(n: number, at: Corner): TemplateResult {
  return html`<span class="mask-number on-picture" .style=${percent(at)} aria-hidden="true">${n}</span>`;
}

function middle(corners: readonly Corner[]): Corner {
  const sum = corners.reduce(([x, y], one) => [x + one[0], y + one[1]] as const, [0, 0] as Corner);
  return [sum[0] / corners.length, sum[1] / corners.length];
}

function handle(view: View, shape: Shape, at: Corner, i: number): TemplateResult {
  const { t, actions } = view;
  const set = (shape: Shape) => actions.desk.patch({ shape });
  return html`
    <button type="button" class="corner ${i === shape.active ? "active" : ""}" .style=${percent(at)} data-corner=${i}
      aria-label=${t("mask.corner", { n: i + 1, of: shape.corners.length, x: Math.round(at[0] * 100), y: Math.round(at[1] * 100) })}
      @focus=${() => set({ ...view.store.state.desk.shape, active: i })}
      @click=${() => i === 0 && !dragged && set(close(view.store.state.desk.shape))}
      @pointerdown=${(event: PointerEvent) => drag(view, event, i)}
      @keydown=${(event: KeyboardEvent) => key(view, event, i)}></button>
  `;
}

function edge(view: View, shape: Shape, i: number): TemplateResult {
  const [a, b] = [shape.corners[i]!, shape.corners[(i + 1) % shape.corners.length]!];
  return html`<button type="button" class="edge" .style=${percent([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2])}
    aria-label=${view.t("mask.edge", { n: i + 1 })} @click=${() => view.actions.desk.patch({ shape: splitEdge(shape, i) })}></button>`;
}

/** Where on the picture, as fractions of it. */
function placeOn(event: MouseEvent): Corner {
  const frame = (event.target as Element).closest(".mask-stage")!.getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
}

let dragged = false; // the click that ends a drag neither adds nor closes

function drag(view: View, event: PointerEvent, i: number): void {
  const grip = event.currentTarget as HTMLElement;
  event.preventDefault();
  grip.focus();
  grip.setPointerCapture(event.pointerId);
  dragged = false;
  const move = (moved: PointerEvent) => {
    dragged = true;
    view.actions.desk.patch({ shape: moveCorner(view.store.state.desk.shape, i, placeOn(moved)) });
  };
  const end = () => {
    grip.removeEventListener("pointermove", move);
    setTimeout(() => (dragged = false)); // after the click that follows
  };
  grip.addEventListener("pointermove", move);
  grip.addEventListener("pointerup", end, { once: true });
  grip.addEventListener("pointercancel", end, { once: true });
}

const MOVES: Readonly<Record<string, Corner>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Arrows move the corner that has the keyboard (Shift: finely), Delete takes it away; on the picture itself Space sets
 * a new corner beside the last, in the middle at first, and Enter closes. */
function key(view: View, event: KeyboardEvent, corner: number | null = null): void {
  const shape = view.store.state.desk.shape;
  const set = (shape: Shape) => view.actions.desk.patch({ shape });
  const by = MOVES[event.key];
  const at = corner ?? shape.active;
  if (by && at !== null && shape.corners[at]) {
    const step = event.shiftKey ? STEP / 5 : STEP;
    set(moveCorner(shape, at, [shape.corners[at][0] + by[0] * step, shape.corners[at][1] + by[1] * step]));
  } else if ((event.key === "Delete" || event.key === "Backspace") && at !== null) set(removeCorner(shape, at));
  else if (event.key === " " && corner === null) {
    const last = shape.corners.at(-1);
    set(addCorner(shape, last ? [last[0] + 5 * STEP, last[1] + (shape.corners.length % 2 ? 0 : 5 * STEP)] : [0.5, 0.5]));
  } else if (event.key === "Enter" && area(shape.corners) > 0) set(close(shape));
  else return;
  event.preventDefault();
  event.stopPropagation();
}
