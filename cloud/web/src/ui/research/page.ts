/** The research page: a question on the left, what the reserve's records answer on the right. */
import { html, nothing, type TemplateResult } from "lit-html";
import "../../styles/paper.css";
import { SECTIONS, type Section } from "../../research/address";
import { fireBanner } from "../fire";
import { icon } from "../icons";
import { mapFrame } from "../map-frame";
import type { View } from "../view";
import { compareSection } from "./compare";
import { effortSection } from "./effort";
import { estimatesSection } from "./estimates";
import { filesSection } from "./files";
import { gridSection } from "./grid";
import { failed, patterns } from "./parts";
import { traceDialog } from "./pictures";
import { paperHead, questionForm } from "./question";
import { seriesSection } from "./series";
import { speciesSection } from "./species";

const CONTENT: Readonly<Record<Section, (view: View) => TemplateResult>> = {
  species: speciesSection, series: seriesSection, map: gridSection, compare: compareSection, effort: effortSection,
  estimates: estimatesSection, files: filesSection,
};

export function researchPage(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { research } = state;
  if (state.drawing) return html`<main class="desk-drawing" id="panel" tabindex="-1">${mapFrame(view)}</main>`;
  const { section } = research.route;
  return html`
    <main class="research" id="panel" tabindex="-1" aria-label=${t("page.counts")} data-section=${section} data-busy=${research.busy || !research.ready}>
      ${patterns()} ${paperHead(view)}
      <nav class="desk-nav" aria-label=${t("research.sections")}>
        ${SECTIONS.map((one) => html`
          <button class="quiet" aria-current=${one === section ? "page" : "false"} @click=${() => actions.research.open(one)}>
            ${t(`research.section.${one}`)}
          </button>`)}
      </nav>
      <div class="research-body">
        ${questionForm(view)}
        <div class="found" aria-busy=${research.busy}>
          ${section === "map" ? nothing : fireBanner(view)}
          <div role="status" class="said">
            ${research.said
              ? html`<p>${icon("check")} ${t(research.said.key, research.said.values)}
                  <button class="quiet close" @click=${() => actions.research.patch({ said: null })} aria-label=${t("close")}>${icon("cross")}</button></p>`
              : nothing}
          </div>
          ${failed(view, research.failure, () => void actions.research.read())}
          <p class="working" role="status">${research.busy || !research.ready ? t("count.running") : nothing}</p>
          ${CONTENT[section](view)}
        </div>
      </div>
    </main>
    ${research.trace ? traceDialog(view, research.trace) : nothing}
  `;
}
