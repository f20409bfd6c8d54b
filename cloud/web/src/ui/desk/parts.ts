/** The fire desk's own small pieces. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { failureWords } from "../../i18n/failures";
import { icon } from "../icons";
import { openDialog } from "../picture";
import { ago, clock, fullTime, type View } from "../view";

type Content = TemplateResult | typeof nothing | string | (TemplateResult | typeof nothing)[];

/** A part of a page under a heading of its own; `aside` stands beside the heading. */
export function card(heading: string, content: Content, aside: Content = nothing, name = ""): TemplateResult {
  return html`
    <section class="desk-card" data-card=${name} aria-label=${heading}>
      <header><h2>${heading}</h2>${aside}</header>
      ${content}
    </section>
  `;
}

/** What stands where nothing is yet: what this place is for, and what to do next. */
export function teaching(heading: string, body: string, more: Content = nothing): TemplateResult {
  return html`<div class="empty"><strong>${heading}</strong><p>${body}</p>${more}</div>`;
}

/** A modal question. Its form sends what was filled in; Escape, the cross and a click beside it leave it. */
export function dialog(
  view: View, heading: string, content: Content,
  { submit, send, danger = false }: { submit: string; send: (form: FormData) => void; danger?: boolean },
): TemplateResult {
  const { t, state, actions } = view;
  const close = () => actions.desk.patch({ dialog: null });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    send(new FormData(event.target as HTMLFormElement));
  };
  return html`
    <dialog class="sheet desk-dialog" aria-labelledby="desk-dialog-heading" ${ref(openDialog)} @close=${close}
      @click=${(event: Event) => event.target === event.currentTarget && close()}>
      <form class="sheet-body" @submit=${onSubmit}>
        <h2 id="desk-dialog-heading">${heading}</h2>
        ${content}
        ${failure(view)}
        <div class="buttons">
          <button class=${danger ? "grave" : "primary"} ?disabled=${state.desk.busy}>${state.desk.busy ? t("desk.busy") : submit}</button>
          <button type="button" class="secondary" @click=${close}>${t("desk.cancel")}</button>
        </div>
      </form>
      <button class="quiet close" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
    </dialog>
  `;
}

export function failure({ state }: View, again?: TemplateResult): TemplateResult | typeof nothing {
  const { failure: found } = state.desk;
  return found ? html`<p class="error" role="alert">${failureWords(found, state.language)} ${again ?? nothing}</p>` : nothing;
}

/** An instant: how long ago, with the full time for whoever points at it. */
export function when(view: View, iso: string | null): TemplateResult {
  return iso === null
    ? html`<span class="muted">–</span>`
    : html`<time datetime=${iso} title=${fullTime(view, iso)}>${ago(view, iso)}</time>`;
}

export function at(view: View, iso: string): TemplateResult {
  return html`<time datetime=${iso} title=${fullTime(view, iso)}>${clock(view, iso)}</time>`;
}

export function field(label: string, control: TemplateResult, hint: string | typeof nothing = nothing): TemplateResult {
  return html`<label class="field"><span>${label}</span>${control}${hint === nothing ? nothing : html`<span class="small muted">${hint}</span>`}</label>`;
}

export interface Option {
  readonly value: string;
  readonly words: string;
}

export function select(name: string, options: readonly Option[], chosen: string | null = null): TemplateResult {
  return html`<select name=${name}>
    ${options.map(({ value, words }) => html`<option value=${value} ?selected=${value === chosen}>${words}</option>`)}
  </select>`;
}

/** The text of a form's field, without blanks at its ends; undefined where it is empty. */
export function text(form: FormData, name: string): string | undefined {
  const value = form.get(name);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
