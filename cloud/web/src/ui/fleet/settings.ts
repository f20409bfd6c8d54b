/** A layer of settings: the common ones as a form, with what each means; all of it as JSON beside that. */
import { html, nothing, type TemplateResult } from "lit-html";
import { boundsOf, COMMON, PARTS, shownOf, withShown, workingBy } from "../../fleet/common";
import type { Page } from "../../fleet/page";
import { card } from "../side/parts";
import type { View } from "../side/view";

export interface LayerShown {
  readonly heading: string;
  /** Where the cloud keeps it. */
  readonly path: string;
  readonly settings: unknown;
  /** By which the node works now; null: of many nodes. */
  readonly reported?: unknown;
}

export function settingsCard(view: View, page: Page, { heading, path, settings, reported = null }: LayerShown): TemplateResult {
  const { t } = view;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const typed = (name: string) => {
      const text = String(form.get(name) ?? "").trim();
      return text === "" ? null : Number(text);
    };
    page.setSettings(path, COMMON.reduce<unknown>((layer, one) => withShown(layer, one, typed(one.name)), settings));
  };
  return card(heading, html`
    <p class="muted small">${t("fleet.settings_what")}</p>
    <form class="fleet-common" data-form="settings" @submit=${send}>
      ${PARTS.map((part) => html`<fieldset><legend>${t(`fleet.part.${part}`)}</legend>
        ${COMMON.filter((one) => one.part === part).map((one) => field(view, page, one, settings, reported))}</fieldset>`)}
      <button class="primary" ?disabled=${page.busy}>${t("fleet.settings_save")}</button>
    </form>
    <details><summary>${t("fleet.settings_json")}</summary>${json(view, page, heading, path, settings)}</details>`, nothing, "settings");
}

function field({ t, state }: View, page: Page, one: (typeof COMMON)[number], settings: unknown, reported: unknown): TemplateResult {
  const { min, max } = boundsOf(page.schema.value, one);
  const now = workingBy(reported, one);
  const shown = shownOf(settings, one);
  return html`
    <div class="fleet-field">
      <label for=${`setting-${one.name}`}>${t(`fleet.common.${one.name}`)}</label>
      <span class="fleet-input"><input id=${`setting-${one.name}`} name=${one.name} type="number" inputmode="decimal" step="any"
        min=${min ?? nothing} max=${max ?? nothing} .value=${shown === null ? "" : String(shown)} placeholder=${t("fleet.as_it_is")}
        aria-describedby=${`hint-${one.name}`} /> ${t(`fleet.unit.${one.unit}`)}</span>
      <span class="small muted" id=${`hint-${one.name}`}>${t(`fleet.common.${one.name}_hint`)}
        ${now === null ? nothing : html`<span class="fleet-now">${t("fleet.works_by", { value: now.toLocaleString(state.language), unit: t(`fleet.unit.${one.unit}`) })}</span>`}</span>
    </div>
  `;
}

function json({ t }: View, page: Page, heading: string, path: string, settings: unknown): TemplateResult {
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem("settings") as HTMLTextAreaElement;
    try {
      page.setSettings(path, JSON.parse(field.value || "{}"));
      field.setCustomValidity("");
    } catch {
      field.setCustomValidity(t("fleet.not_json"));
      field.reportValidity();
    }
  };
  return html`
    <form class="fleet-form" @submit=${send}>
      <p class="muted small">${t("fleet.settings_hint")}</p>
      <textarea name="settings" rows="8" spellcheck="false" aria-label=${heading} .value=${JSON.stringify(settings, null, 2)}
        @input=${(event: Event) => (event.target as HTMLTextAreaElement).setCustomValidity("")}></textarea>
      <button class="secondary" ?disabled=${page.busy}>${t("fleet.settings_save_json")}</button>
    </form>`;
}
