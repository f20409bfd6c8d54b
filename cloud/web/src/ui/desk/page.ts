/** The fire desk: incidents, who is called, alerts, masks, drills, and one's own devices. */
import { html, nothing, type TemplateResult } from "lit-html";
import { isAlarm } from "../../store";
import { SECTIONS, type Section } from "../../desk/route";
import { fireBanner } from "../fire";
import { icon } from "../icons";
import { mapFrame } from "../map-frame";
import type { View } from "../view";
import { dangerSection } from "./danger";
import { devicesSection } from "./devices";
import { dialogs } from "./dialogs";
import { drillsSection } from "./drills";
import { incidentsSection } from "./incidents";
import { masksSection } from "./masks";
import { failure } from "./parts";
import { rosterSection } from "./roster";
import { wildlifeSection } from "./wildlife";

const CONTENT: Readonly<Record<Section, (view: View) => TemplateResult>> = {
  incidents: incidentsSection, roster: rosterSection, wildlife: wildlifeSection, masks: masksSection, danger: dangerSection,
  drills: drillsSection, devices: devicesSection,
};

export function deskPage(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { desk } = state;
  if (state.drawing || state.desk.picking) return html`<main class="desk-drawing" id="panel" tabindex="-1">${mapFrame(view)}</main>`;
  const again = html`<button class="secondary" @click=${() => void actions.desk.read()}>${t("retry")}</button>`;
  return html`
    <main class="desk" id="panel" tabindex="-1" aria-label=${t("page.desk")} data-section=${desk.route.section}
      data-busy=${desk.busy}>
      ${sections(view)}
      <div class="desk-body">
        ${desk.route.section === "incidents" ? nothing : fireBanner(view)}
        <div role="status" class="said">
          ${desk.said
            ? html`<p>${icon("check")} ${t(desk.said.key, desk.said.values)}
                <button class="quiet close" @click=${() => actions.desk.patch({ said: null })} aria-label=${t("close")}>${icon("cross")}</button></p>`
            : nothing}
        </div>
        ${desk.dialog ? nothing : failure(view, again)}
        ${CONTENT[desk.route.section](view)}
      </div>
    </main>
    ${desk.dialog ? dialogs(view, desk.dialog) : nothing}
  `;
}

function sections(view: View): TemplateResult {
  const { t, state, actions } = view;
  const open = state.incidents.filter(isAlarm).length;
  return html`
    <nav class="desk-nav" aria-label=${t("desk.sections")}>
      ${SECTIONS.map(
        (one) => html`
          <button class="quiet" aria-current=${one === state.desk.route.section ? "page" : "false"}
            @click=${() => actions.desk.go(one)}>
            ${t(`desk.section.${one}`)}${one === "incidents" && open > 0 ? html` <span class="badge">${open}</span>` : nothing}
          </button>
        `,
      )}
    </nav>
  `;
}
