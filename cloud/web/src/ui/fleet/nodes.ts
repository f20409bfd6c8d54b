/** Nodes as they should be and as they say that they are; one of them with its settings and log; groups. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { commonOf } from "../../fleet/common";
import { percent } from "../../format";
import type { Page } from "../../fleet/page";
import type { FleetNode, NodeGroup } from "../../fleet/wire";
import { card, empty, loading } from "../side/parts";
import { ago, fullTime, healthIcon, icon, type View } from "../side/view";
import { logCard } from "./log";
import { settingsCard } from "./settings";

const SOON_MS = 21 * 86_400_000;
const WORST = ["never_seen", "silent", "attention", "ok", "ended"] as const;

export function nodesSection(view: View, page: Page): TemplateResult {
  const { t } = view;
  const fleet = page.fleet.value;
  if (!fleet) return page.fleet.failure ? html`` : loading(view);
  const chosen = fleet.nodes.find((one) => one.id === page.route.id);
  if (chosen) return oneNode(view, page, chosen);
  return html`
    ${card(t("fleet.nodes"), fleet.nodes.length === 0 ? empty(t("fleet.none"), t("fleet.none_do")) : html`
      <ul class="fleet-nodes">${repeat(fleet.nodes, (one) => one.id, (one) => row(view, one, fleet.groups))}</ul>`, nothing, "nodes")}
    <div class="fleet-two">
      ${groupsCard(view, page, fleet.groups, fleet.nodes)}
      ${page.manages ? settingsCard(view, page, { heading: t("fleet.settings_all"), path: `/reserves/${view.state.reserve!.slug}/fleet/settings`, settings: fleet.settings }) : nothing}
    </div>
  `;
}

function worst(node: FleetNode): (typeof WORST)[number] {
  return WORST.find((status) => node.cameras.some((one) => one.status === status)) ?? "never_seen";
}

function row(view: View, node: FleetNode, groups: readonly NodeGroup[]): TemplateResult {
  const { t } = view;
  const names = groups.filter((one) => node.groups.includes(one.id)).map((one) => one.name).join(t("side.list"));
  return html`
    <li class="fleet-node" data-node=${node.id} data-standing=${node.standing}>
      <a class="fleet-node-name" href=${`#fleet/nodes/${node.id}`}>${healthIcon(worst(node))} <strong>${node.name}</strong>
        ${node.name === node.id ? nothing : html`<span class="muted small">${node.id}</span>`}</a>
      <span class="small">${t(`health.${worst(node)}`)} <span class="muted">${node.heard_at ? ago(view, node.heard_at) : nothing}</span></span>
      <span class="small" data-part="software">${node.software ?? html`<span class="muted">${t("fleet.not_said")}</span>`}
        ${Object.values(node.models).map((one) => html`<span class="fleet-chip">${one}</span>`)}</span>
      <span class="small">${standing(view, node)}</span>
      <span class="small">${power(view, node)} ${link(view, node)}</span>
      <span class="small">${certificate(view, node)}</span>
      <span class="small muted">${names}</span>
    </li>
  `;
}

function standing({ t }: View, node: FleetNode): TemplateResult {
  const words = node.standing === "drift" ? t(node.drift.length === 1 ? "fleet.drift_one" : "fleet.drift", { n: node.drift.length }) : t(`fleet.${node.standing}`);
  return html`<span class="fleet-standing" data-standing=${node.standing} title=${t(`fleet.${node.standing}_why`)}>
    ${node.standing === "in_order" ? icon("check") : nothing} ${words}</span>`;
}

function power({ t, state }: View, { power: one }: FleetNode): TemplateResult | typeof nothing {
  if (one?.charge == null) return nothing;
  return html`<span class="fleet-figure" title=${one.measured ? t("fleet.measured") : t("fleet.reckoned")}>${t("fleet.charge", { share: percent(one.charge, state.language) })}</span>`;
}

function link({ t }: View, { link: one }: FleetNode): TemplateResult | typeof nothing {
  if (!one?.kind) return nothing;
  return html`<span class="fleet-figure muted">${one.kind.toUpperCase()} ${one.signal_dbm == null ? nothing : t("fleet.dbm", { n: Math.round(one.signal_dbm) })}</span>`;
}

function certificate(view: View, { certificate_expires_at: ends }: FleetNode): TemplateResult | typeof nothing {
  if (!ends) return nothing;
  const soon = Date.parse(ends) - view.state.now < SOON_MS;
  return html`<span class=${soon ? "fleet-soon" : "muted"}>${view.t("fleet.certificate", { when: fullTime(view, ends).split(",")[0]! })}</span>`;
}

function oneNode(view: View, page: Page, node: FleetNode): TemplateResult {
  const { t } = view;
  return html`
    <p><a class="more-link" href="#fleet/nodes">${icon("left")} ${t("fleet.all_nodes")}</a></p>
    <div class="fleet-two">
      <div class="fleet-column">
      ${card(node.name, html`
        <dl class="fleet-facts">
          <dt>${t("fleet.id")}</dt><dd>${node.id}</dd>
          <dt>${t("fleet.heard")}</dt><dd>${node.heard_at ? fullTime(view, node.heard_at) : t("fleet.never")}</dd>
          <dt>${t("fleet.software")}</dt><dd>${node.software ?? t("fleet.not_said")}</dd>
          <dt>${t("fleet.models")}</dt><dd>${Object.values(node.models).join(t("side.list")) || t("fleet.not_said")}</dd>
          <dt>${t("fleet.hardware")}</dt><dd>${node.hardware ?? t("fleet.not_said")}</dd>
          <dt>${t("fleet.certificate_until")}</dt><dd>${node.certificate_expires_at ? fullTime(view, node.certificate_expires_at) : t("fleet.not_said")}</dd>
        </dl>
        <ul class="fleet-cameras">${node.cameras.map((one) => html`<li>${healthIcon(one.status)}
          <a href=${`#camera/${one.id}`}>${one.name}</a> <span class="muted small">${one.reasons.map((why) => t(`reason.${why}`)).join(t("side.list")) || t(`health.${one.status}`)}</span></li>`)}</ul>`, nothing, "node")}
      ${card(t("fleet.wanted_and_is"), html`
        <p>${standing(view, node)} <span class="muted small">${t(`fleet.${node.standing}_why`)}</span></p>
        ${node.drift.length === 0 ? nothing : html`<div class="fleet-scroll"><table class="fleet-table">
          <thead><tr><th>${t("fleet.setting")}</th><th>${t("fleet.wanted")}</th><th>${t("fleet.found")}</th><th>${t("fleet.since")}</th></tr></thead>
          <tbody>${node.drift.map((one) => html`<tr><td>${settingName(view, one.path)}</td><td>${shown(one.wanted)}</td>
            <td>${one.found == null ? t("fleet.nothing") : shown(one.found)}</td><td>${ago(view, one.since)}</td></tr>`)}</tbody></table></div>`}
        ${node.reported ? html`<details><summary>${t("fleet.reported")}</summary><pre class="fleet-json">${JSON.stringify(node.reported, null, 2)}</pre></details>` : nothing}`, nothing, "drift")}
      ${logCard(view, page, node.id)}
      </div>
      <div class="fleet-column">
        ${settingsCard(view, page, { heading: t("fleet.settings_own"), path: `/nodes/${node.id}/settings`, settings: node.own, reported: node.reported })}
      </div>
    </div>
  `;
}

/** In words where it is one of the common ones. */
function settingName({ t }: View, path: string): TemplateResult {
  const known = commonOf(path);
  return html`${known ? html`${t(`fleet.common.${known.name}`)} ` : nothing}<code>${path}</code>`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function groupsCard(view: View, page: Page, groups: readonly NodeGroup[], nodes: readonly FleetNode[]): TemplateResult {
  const { t } = view;
  const send = (group: NodeGroup | null) => (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    page.setGroup(group?.id ?? null, String(data.get("name")), data.getAll("node").map(String));
    if (!group) form.reset();
  };
  const fields = (group: NodeGroup | null) => html`
    <form class="fleet-form" @submit=${send(group)}>
      <label>${t("fleet.group_name")} <input name="name" required maxlength="100" .value=${group?.name ?? ""} /></label>
      <fieldset class="fleet-checks"><legend>${t("fleet.nodes")}</legend>${nodes.map((one) => html`
        <label><input type="checkbox" name="node" value=${one.id} .checked=${group?.nodes.includes(one.id) ?? false} /> ${one.name}</label>`)}</fieldset>
      <div class="fleet-buttons"><button class="secondary" ?disabled=${page.busy}>${t("fleet.save")}</button>
        ${group ? html`<button type="button" class="quiet" ?disabled=${page.busy} @click=${() => page.dropGroup(group.id)}>${t("fleet.group_drop")}</button>` : nothing}</div>
    </form>`;
  return card(t("fleet.groups"), html`
    <p class="muted small">${t("fleet.groups_what")}</p>
    ${repeat(groups, (one) => one.id, (one) => html`<details class="fleet-group"><summary><strong>${one.name}</strong>
      <span class="muted small">${one.nodes.join(t("side.list")) || t("fleet.group_empty")}</span></summary>${fields(one)}</details>`)}
    <details class="fleet-group"><summary>${t("fleet.group_new")}</summary>${fields(null)}</details>`, nothing, "groups");
}
