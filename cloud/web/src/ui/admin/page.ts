/** Administration: its sections, what was done, and what it asks before it does. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { address, sectionsOf, type Section } from "../../admin/route";
import { failureWords } from "../../i18n/failures";
import { icon } from "../icons";
import { mapFrame } from "../map-frame";
import { camerasSection } from "./cameras";
import { meSection } from "./me";
import type { AdminView } from "./parts";
import { nodesSection } from "./nodes";
import { peopleSection } from "./people";
import { questions } from "./questions";
import { recordSection } from "./record";
import { reserveSection } from "./reserve";
import { retentionSection } from "./retention";
import { sourcesSection } from "./sources";
import { startSection } from "./start";
import { zonesSection } from "./zones";

const CONTENT: Readonly<Record<Section, (view: AdminView) => TemplateResult>> = {
  start: startSection, reserve: reserveSection, zones: zonesSection, cameras: camerasSection, nodes: nodesSection, people: peopleSection,
  retention: retentionSection, sources: sourcesSection, record: recordSection, me: meSection,
};
/** Their forms say themselves what failed. */
const WITH_FORM: readonly Section[] = ["reserve", "me"];

/** On a narrow screen the chosen one may lie beyond the edge. */
function showTab(element: Element | undefined): void {
  element?.scrollIntoView({ inline: "nearest", block: "nearest" });
}

export function adminPage(view: AdminView): TemplateResult {
  const { t, state, admin } = view;
  const { route, said, failure, busy, question } = admin.state;
  if (state.drawing || state.desk.picking) return html`<main class="desk-drawing" id="panel" tabindex="-1">${mapFrame(view)}</main>`;
  const sections = sectionsOf(state.account, state.reserve?.slug);
  const section = sections.includes(route.section) ? route.section : sections[0]!;
  const inForm = WITH_FORM.includes(section) || route.id !== null || question !== null;
  return html`
    <main class="desk admin" id="panel" tabindex="-1" aria-label=${t("page.admin")} data-section=${section} data-busy=${busy || admin.state.reading}>
      <nav class="desk-nav" aria-label=${t("admin.sections")}>
        ${sections.map((one) => html`<a class="quiet" href=${address(one)} aria-current=${one === section ? "page" : "false"} ${one === section ? ref(showTab) : nothing}>${t(`admin.section.${one}`)}</a>`)}
      </nav>
      <div class="desk-body">
        <div role="status" class="said">
          ${said
            ? html`<p>${icon("check")} ${t(said.key, said.values)}
                <button class="quiet close" @click=${() => admin.patch({ said: null })} aria-label=${t("close")}>${icon("cross")}</button></p>`
            : nothing}
        </div>
        ${failure && !inForm ? html`<p class="error" role="alert">${failureWords(failure, state.language)}</p>` : nothing}
        ${CONTENT[section](view)}
      </div>
    </main>
    ${question ? questions(view, question) : nothing}
  `;
}
