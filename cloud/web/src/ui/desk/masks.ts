/** Camera masks: the parts of a picture in which this camera must not see fire, such as a chimney. */
import { html, nothing, type TemplateResult } from "lit-html";
import { EMPTY_SHAPE, refusal, shapeOf } from "../../desk/mask";
import { mayManage } from "../../desk/state";
import type { Mask } from "../../wire";
import { hasEnded } from "../../map/features";
import { icon } from "../icons";
import type { View } from "../view";
import { maskStage } from "./mask-stage";
import { card, field, teaching, text, when } from "./parts";

export function masksSection(view: View): TemplateResult {
  const { t, state, actions } = view;
  const cameras = state.deployments.features.map((one) => one.properties).filter((one) => !hasEnded(one, state.now));
  const { masks } = state.desk;
  return html`
    <div class="desk-page masks">
      <div class="inline">
        ${field(t("mask.camera"), html`<select @change=${(event: Event) => actions.desk.go("masks", (event.target as HTMLSelectElement).value || null)}>
          <option value="" ?selected=${!state.desk.route.id}>${t("mask.choose")}</option>
          ${cameras.map((one) => html`<option value=${one.id} ?selected=${one.id === state.desk.route.id}>${one.location_name}</option>`)}
        </select>`)}
      </div>
      ${!state.desk.route.id
        ? teaching(t("mask.teach"), t("mask.teach_body"))
        : masks ? editor(view) : html`<p class="muted">${state.desk.failure ? nothing : t("starting")}</p>`}
    </div>
  `;
}

function editor(view: View): TemplateResult {
  const { t, state } = view;
  const { masks, picture } = state.desk.masks!;
  const manages = mayManage(state.account, state.reserve?.slug);
  return html`
    <div class="desk-grid wide">
      <div>${card(t("mask.picture"), picture
        ? maskStage(view, picture)
        : teaching(t("mask.no_picture"), t("mask.no_picture_body")))}</div>
      <div>
        ${manages && picture ? card(t("mask.draw"), form(view)) : nothing}
        ${card(t("mask.list"), masks.length === 0
          ? teaching(t("mask.none"), t("mask.none_body"))
          : html`<ul class="masks-list">${masks.map((one, i) => row(view, one, i, manages))}</ul>`, nothing, "masks")}
      </div>
    </div>
  `;
}

function form(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { shape, busy } = state.desk;
  const refused = refusal(shape);
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    void actions.desk.addMask(text(new FormData(form), "reason")!).then((done) => done && form.reset());
  };
  const hint = shape.corners.length === 0 ? "mask.hint_start" : shape.closed ? "mask.hint_closed" : "mask.hint_more";
  return html`
    <form class="mask-form" @submit=${send}>
      <p role="status">${t(hint, { n: shape.corners.length })}</p>
      ${shape.closed && refused ? html`<p class="error">${t(`mask.refused.${refused}`)}</p>` : nothing}
      <p class="muted small keys">${t("mask.keys")}</p>
      ${field(t("mask.reason"), html`<input name="reason" required maxlength="200" placeholder=${t("mask.reason_example")} />`)}
      <div class="buttons">
        <button class="primary" ?disabled=${refused !== null || busy}>${t("mask.save")}</button>
        <button type="button" class="secondary" ?disabled=${shape.corners.length === 0} @click=${() => actions.desk.patch({ shape: EMPTY_SHAPE })}>${t("mask.clear")}</button>
      </div>
    </form>
  `;
}

function row(view: View, one: Mask, i: number, manages: boolean): TemplateResult {
  const { t, actions } = view;
  return html`
    <li data-mask=${one.id} data-applied=${one.applied}>
      <span class="mask-number">${i + 1}</span>
      <div class="what">
        <p class="name">${one.reason}</p>
        <p class="meta"><span>${one.created_by ?? ""}</span> ${when(view, one.created_at)}</p>
        <p class="meta">${one.applied
          ? html`<span class="applied">${icon("check")} ${t("mask.applied")}</span>`
          : html`<span class="pending">${icon("clock")} ${t("mask.waiting")}</span>`}</p>
      </div>
      ${manages
        ? html`<button class="quiet" aria-label=${t("mask.copy", { n: i + 1 })} title=${t("mask.copy", { n: i + 1 })} @click=${() => actions.desk.patch({ shape: shapeOf(one.polygon) })}>${icon("polygon")}</button>
            <button class="quiet" aria-label=${t("mask.remove", { n: i + 1 })} title=${t("mask.remove", { n: i + 1 })} @click=${() => void actions.desk.removeMask(one.id)}>${icon("trash")}</button>`
        : nothing}
    </li>
  `;
}
