/** A button that copies a text, and then says whether that worked. */
import { html, type TemplateResult } from "lit-html";
import { copyText } from "../copy";
import type { View } from "./view";

export function copyButton({ t }: Pick<View, "t">, text: string): TemplateResult {
  const copy = async (event: Event) => {
    const button = event.currentTarget as HTMLElement;
    button.textContent = t((await copyText(text)) ? "admin.copied" : "admin.not_copied");
  };
  return html`<button type="button" class="secondary" @click=${copy}>${t("admin.copy")}</button>`;
}
