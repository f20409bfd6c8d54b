/** Taking records along, with how to cite them; tokens for QGIS and scripts; data sets of others; species whose places are kept back. */
import { html, nothing, type TemplateResult } from "lit-html";
import { copyText } from "../../copy";
import { mayManage } from "../../desk/state";
import { mayImport } from "../../research/state";
import { FORMATS, type CountsQuestion } from "../../research/wire";
import { card } from "../desk/parts";
import { icon } from "../icons";
import type { View } from "../view";
import { accessCard } from "./access";
import { datasetsCard } from "./datasets";
import { spanOfAnswer } from "./parts";
import { sensitiveCard } from "./sensitive";

export function filesSection(view: View): TemplateResult {
  const { state } = view;
  const slug = state.reserve?.slug;
  return html`
    ${downloads(view)}
    ${accessCard(view)}
    ${datasetsCard(view, mayImport(state.account, slug))}
    ${mayManage(state.account, slug) ? sensitiveCard(view) : nothing}
  `;
}

function downloads(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { citation, saving } = state.research.files;
  const asked = citation ? (JSON.parse(citation.asked) as CountsQuestion) : null;
  const save = (format: (typeof FORMATS)[number]) => {
    const question = actions.research.question();
    if (typeof question !== "string") void actions.research.files.save(format, question);
  };
  return card(t("research.section.files"), html`
    ${asked ? html`<p class="muted small">${spanOfAnswer(view, asked)}</p>` : nothing}
    <p>${t("research.files.what")}</p>
    <ul class="formats">
      ${FORMATS.map((format) => html`
        <li>
          <button class="secondary" data-format=${format} ?disabled=${saving !== null} @click=${() => save(format)}>${icon("file")} ${t(`research.format.${format}`)}</button>
          <span class="small muted">${t(saving === format ? "research.files.saving" : `research.format.${format}.for`)}</span>
        </li>`)}
    </ul>
    ${citation ? cite(view, citation.text) : nothing}
  `, nothing, "files");
}

function cite({ t, actions }: View, text: string): TemplateResult {
  const copy = async () => {
    actions.research.patch({ said: { key: (await copyText(text)) ? "research.cite.copied" : "count.copy_failed" } });
  };
  return html`
    <section class="cite" aria-label=${t("research.cite")}>
      <h3>${t("research.cite")}</h3>
      <blockquote lang="en" data-figure="citation">${text}</blockquote>
      <div class="buttons"><button class="secondary" data-action="cite" @click=${() => void copy()}>${t("research.cite.copy")}</button></div>
    </section>
  `;
}
