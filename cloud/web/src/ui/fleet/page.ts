/** The fleet page: its three parts, and the one that is on show. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Page } from "../../fleet/page";
import type { Section } from "../../fleet/rules";
import { failureWords } from "../../i18n/failures";
import { failed, page as shell } from "../side/parts";
import type { View } from "../side/view";
import { nodesSection } from "./nodes";
import { rolloutsSection } from "./rollouts";
import { visitsSection } from "./visits";

const SECTIONS: readonly Section[] = ["nodes", "rollouts", "visits"];

export function fleetPage(view: View, page: Page): TemplateResult {
  const { t, state } = view;
  const { section } = page.route;
  const reading = section === "nodes" ? page.fleet : section === "rollouts" ? page.rollouts : page.maintenance;
  return shell("fleet", html`
    <header class="side-head"><h2>${t("page.fleet")}</h2><p class="muted">${t(`fleet.what.${section}`)}</p></header>
    <nav class="side-tabs" aria-label=${t("page.fleet")}>${SECTIONS.map((one) => html`
      <a class="quiet" href=${`#fleet/${one}`} aria-current=${one === section ? "page" : "false"}>${t(`fleet.${one}`)}</a>`)}</nav>
    ${failed(view, reading.failure, page.read)}
    ${page.failure ? html`<p class="error" role="alert">${failureWords(page.failure, state.language)}</p>` : nothing}
    ${section === "nodes" ? nodesSection(view, page) : section === "rollouts" ? rolloutsSection(view, page) : visitsSection(view, page)}
  `);
}
