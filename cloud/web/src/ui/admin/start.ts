/** All settings in one place, in the order in which a reserve is set up, each with how far it is. */
import { html, nothing, type TemplateResult } from "lit-html";
import { address } from "../../admin/route";
import type { Key } from "../../i18n";
import { icon } from "../icons";
import type { AdminView } from "./parts";

interface Step {
  readonly key: "boundary" | "zones" | "cameras" | "people" | "duty";
  readonly href: string;
  readonly done: boolean;
  readonly words: string;
}

/** Settings that have their place elsewhere. */
const ELSEWHERE: readonly { href: string; key: Key; hint: Key }[] = [
  { href: "#fire/roster", key: "admin.link.roster", hint: "admin.link.roster_hint" },
  { href: "#fire/wildlife", key: "admin.link.rules", hint: "admin.link.rules_hint" },
  { href: "#fire/masks", key: "admin.link.masks", hint: "admin.link.masks_hint" },
  { href: "#fire/drills", key: "admin.link.drills", hint: "admin.link.drills_hint" },
  { href: "#counts/files", key: "admin.link.sensitive", hint: "admin.link.sensitive_hint" },
  { href: "#reports", key: "admin.link.reports", hint: "admin.link.reports_hint" },
  { href: "#admin/retention", key: "admin.section.retention", hint: "admin.link.retention_hint" },
  { href: "#admin/sources", key: "admin.section.sources", hint: "admin.link.sources_hint" },
  { href: "#admin/record", key: "admin.section.record", hint: "admin.link.record_hint" },
];

export function startSection(view: AdminView): TemplateResult {
  const { t } = view;
  const steps = stepsOf(view);
  const left = steps.filter((one) => !one.done).length;
  return html`
    <div class="desk-page narrow">
      <section class="desk-card" aria-label=${t("admin.start")}>
        <header><h2>${t("admin.start")}</h2><span class="muted small">${left === 0 ? t("admin.start_done") : t("admin.start_left", { n: left })}</span></header>
        <ol class="steps">
          ${steps.map((one) => html`
            <li class=${one.done ? "done" : ""} data-step=${one.key}>
              <a href=${one.href}>
                <span class="mark" aria-hidden="true">${one.done ? icon("check") : nothing}</span>
                <span><strong>${t(`admin.step.${one.key}`)}</strong><span class="small muted">${one.words}</span></span>
                <span class="hidden">${t(one.done ? "admin.step_done" : "admin.step_open")}</span>
                ${icon("right")}
              </a>
            </li>`)}
        </ol>
      </section>
      <section class="desk-card" aria-label=${t("admin.elsewhere")}>
        <header><h2>${t("admin.elsewhere")}</h2></header>
        <ul class="settings">
          ${ELSEWHERE.map(({ href, key, hint }) => html`<li><a href=${href}><strong>${t(key)}</strong><span class="small muted">${t(hint)}</span></a></li>`)}
        </ul>
      </section>
    </div>
  `;
}

function stepsOf({ t, state, admin }: AdminView): Step[] {
  const standing = state.deployments.features.filter((one) => !one.properties.ended_at);
  const zones = state.zones.features.length;
  const { people, onDuty } = admin.state;
  const others = people?.filter((one) => !one.disabled_at).length ?? 0;
  const covered = onDuty?.zones.filter((one) => one.zone_id !== null && one.people.length > 0).length ?? 0;
  const whole = onDuty?.zones.some((one) => one.zone_id === null && one.people.length > 0) ?? false;
  const boundary = Boolean(state.reserve?.boundary);
  return [
    { key: "boundary", href: address("reserve"), done: boundary, words: t(boundary ? "admin.step.boundary_done" : "admin.step.boundary_open") },
    { key: "zones", href: address("zones"), done: zones > 0, words: t(zones > 0 ? "admin.step.zones_done" : "admin.step.zones_open", { n: zones }) },
    { key: "cameras", href: address("cameras"), done: standing.length > 0, words: t(standing.length > 0 ? "admin.step.cameras_done" : "admin.step.cameras_open", { n: standing.length }) },
    { key: "people", href: address("people"), done: others > 1, words: t(others > 1 ? "admin.step.people_done" : "admin.step.people_open", { n: others }) },
    {
      key: "duty", href: address("zones"), done: whole || (zones > 0 && covered === zones),
      words: whole ? t("admin.step.duty_whole") : t("admin.step.duty_zones", { n: covered, all: zones }),
    },
  ];
}
