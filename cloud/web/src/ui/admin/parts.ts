/** Administration's own small pieces: forms that say what is wrong beside the field, and whether they are saved. */
import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { ref } from "lit-html/directives/ref.js";
import type { AdminActions } from "../../admin/actions";
import { address, type Section } from "../../admin/route";
import { failureWords } from "../../i18n/failures";
import { copyButton } from "../copy-button";
import { icon } from "../icons";
import { openDialog } from "../picture";
import type { View } from "../view";

export type AdminView = View & { readonly admin: AdminActions };
export type Content = TemplateResult | typeof nothing | string | readonly (TemplateResult | typeof nothing)[];

interface FormOptions {
  readonly submit: string;
  readonly send: (form: FormData) => void;
  /** Another key: another form, with nothing left of what was typed into the first. */
  readonly key?: string;
  readonly name?: string;
  /** Saved even where nothing was changed: a form whose values are good as they stand. */
  readonly ready?: boolean;
  readonly cancel?: () => void;
}

export function form(view: AdminView, content: Content, { submit, send, key = "", name = "", ready = false, cancel }: FormOptions): TemplateResult {
  const { t, admin } = view;
  const { busy, dirty } = admin.state;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    send(new FormData(event.target as HTMLFormElement));
  };
  return html`${keyed(key, html`
    <form class="admin-form" data-form=${name} @submit=${onSubmit} @input=${() => dirty || admin.patch({ dirty: true, said: null })}>
      ${content}
      ${formFailure(view)}
      <div class="buttons">
        <button class="primary" ?disabled=${busy || !(dirty || ready)}>${busy ? t("desk.busy") : submit}</button>
        ${cancel ? html`<button type="button" class="secondary" @click=${cancel}>${t("desk.cancel")}</button>` : nothing}
        ${dirty ? html`<span class="unsaved" role="status">${t("admin.unsaved")}</span>` : nothing}
      </div>
    </form>
  `)}`;
}

/** What went wrong, unless every part of it is said beside a field. */
export function formFailure({ state, admin }: AdminView): TemplateResult | typeof nothing {
  const { failure } = admin.state;
  return failure ? html`<p class="error" role="alert">${failureWords(failure, state.language)}</p>` : nothing;
}

/** `name`: of the field as the API calls it; its complaint stands below. */
export function field({ admin }: AdminView, name: string, label: string, control: TemplateResult, hint = ""): TemplateResult {
  const wrong = admin.state.wrong[name];
  return html`
    <div class="field ${wrong ? "wrong" : ""}">
      <label><span>${label}</span>${control}
        ${wrong ? html`<span class="small complaint">${icon("warning")} ${wrong}</span>` : nothing}</label>
      ${hint ? html`<span class="small muted">${hint}</span>` : nothing}
    </div>
  `;
}

/** A question before something that nothing brings back. */
export function question(
  { t, admin }: AdminView, heading: string, content: Content, { submit, send }: { submit: string; send: (form: FormData) => void },
): TemplateResult {
  const close = () => admin.patch({ question: null });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    send(new FormData(event.target as HTMLFormElement));
  };
  return html`
    <dialog class="sheet desk-dialog" aria-labelledby="admin-question" ${ref(openDialog)} @close=${close}
      @click=${(event: Event) => event.target === event.currentTarget && close()}>
      <form class="sheet-body" @submit=${onSubmit}>
        <h2 id="admin-question">${heading}</h2>
        ${content}
        <div class="buttons">
          <button class="grave" ?disabled=${admin.state.busy}>${admin.state.busy ? t("desk.busy") : submit}</button>
          <button type="button" class="secondary" @click=${close}>${t("desk.cancel")}</button>
        </div>
      </form>
      <button class="quiet close" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
    </dialog>
  `;
}

/** A text that is shown once and carried away. */
export function toCopy(view: AdminView, name: string, label: string, text: string): TemplateResult {
  return html`
    <div class="to-copy">
      <span class="small muted" id=${`copy-${name}`}>${label}</span>
      <pre tabindex="0" role="region" aria-labelledby=${`copy-${name}`} data-copy=${name}>${text.split(" ").map((word, n) => html`${n ? " " : ""}<span>${word}</span>`)}</pre>
      ${copyButton(view, text)}
    </div>
  `;
}

export function to(section: Section, words: Content, id: string | null = null, style = "secondary"): TemplateResult {
  return html`<a class="button ${style}" href=${address(section, id)}>${words}</a>`;
}

/** A file picker that looks like a button. */
export function filePicker({ t, admin }: AdminView): TemplateResult {
  const chosen = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (file) void admin.readFile(file);
  };
  return html`
    <label class="button secondary file">${icon("upload")} ${t("admin.upload")}
      <input class="hidden" type="file" accept=".geojson,.json,.gpkg,.kml,.zip" @change=${chosen} />
    </label>
  `;
}

export const text = (form: FormData, name: string) => String(form.get(name) ?? "").trim();

/** null where the field is empty. */
export function number(form: FormData, name: string): number | null {
  const typed = text(form, name);
  return typed === "" ? null : Number(typed);
}
