/** Roll-outs: the one that is under way with its stages and nodes, those before it, and one to be started. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { percent } from "../../format";
import type { Page } from "../../fleet/page";
import { RUNNING, stagesOf } from "../../fleet/rules";
import type { Rollout, RolloutSummary } from "../../fleet/wire";
import { wordFor } from "../../i18n";
import { card, empty, loading } from "../side/parts";
import { ago, fullTime, type View } from "../side/view";
import { reasonWords } from "./reasons";
import { startCard } from "./start";

export function rolloutsSection(view: View, page: Page): TemplateResult {
  const { t } = view;
  const all = page.rollouts.value;
  if (!all) return page.rollouts.failure ? html`` : loading(view);
  const open = page.rollout.value;
  return html`
    ${open ? oneRollout(view, page, open) : nothing}
    <div class="fleet-two">
      ${page.manages ? startCard(view, page) : nothing}
      ${card(t("fleet.rollouts_all"), all.length === 0 ? empty(t("fleet.rollouts_none"), t("fleet.rollouts_none_do")) : html`
        <ul class="fleet-rollouts">${repeat(all, (one) => one.id, (one) => entry(view, one, one.id === open?.id))}</ul>`, nothing, "rollouts")}
    </div>
  `;
}

function entry(view: View, one: RolloutSummary, open: boolean): TemplateResult {
  const { t } = view;
  return html`<li data-state=${one.state}><a href=${`#fleet/rollouts/${one.id}`} aria-current=${open ? "true" : "false"}>
    <strong>${one.name} ${one.version}</strong></a> <span class="fleet-chip" data-state=${one.state}>${t(`fleet.state.${one.state}`)}</span>
    <span class="muted small">${fullTime(view, one.started_at)} ${one.started_by ?? t("fleet.by_server")}</span>
    ${one.reason ? html`<span class="small">${reasonWords(t, one.reason)}</span>` : nothing}</li>`;
}

function oneRollout(view: View, page: Page, one: Rollout): TemplateResult {
  const { t, state } = view;
  const stages = stagesOf(one);
  const done = one.counts.done ?? 0;
  return card(`${one.name} ${one.version}`, html`
    <p><span class="fleet-chip" data-state=${one.state}>${t(`fleet.state.${one.state}`)}</span>
      ${t("fleet.progress", { done, all: one.nodes.length })}
      <span class="muted small">${t("fleet.begun", { when: fullTime(view, one.started_at), who: one.started_by ?? t("fleet.by_server") })}</span></p>
    ${one.reason ? html`<p class="fleet-stopped" role="alert">${t(one.state === "cancelled" ? "fleet.cancelled_why" : "fleet.stopped_why", { why: reasonWords(t, one.reason) })}</p>` : nothing}
    <ol class="fleet-stages">${stages.map((stage) => html`
      <li data-state=${stage.state}>
        <h3>${t("fleet.stage", { n: stage.number + 1, nodes: stage.nodes.length })}</h3>
        <progress max="1" .value=${stage.through} aria-label=${t("fleet.stage", { n: stage.number + 1, nodes: stage.nodes.length })}></progress>
        <span class="muted small">${percent(stage.through, state.language)}</span>
        <ul>${stage.nodes.map((node) => html`<li data-node=${node.node} data-state=${node.state}>
          <a href=${`#fleet/nodes/${node.node}`}>${node.name}</a> <span class="fleet-chip" data-state=${node.state}>${t(`fleet.node.${node.state}`)}</span>
          <span class="muted small">${node.state === "pending" ? nothing : ago(view, node.since)} ${reasonWords(t, node.reason)}</span></li>`)}</ul>
      </li>`)}</ol>
    ${RUNNING.has(one.state) && one.state !== "rolling_back" ? buttons(view, page, one) : nothing}
    <details><summary>${t("fleet.record")}</summary><ol class="fleet-record">${one.log.map((each) => html`
      <li><time>${fullTime(view, each.at)}</time> ${each.node ?? ""} <strong>${wordFor(t, "fleet.log", each.what)}</strong> ${reasonWords(t, each.detail)}
        <span class="muted">${each.by ?? ""}</span></li>`)}</ol></details>
  `, nothing, "rollout");
}

function buttons({ t }: View, page: Page, one: Rollout): TemplateResult {
  const sure = (words: string, then: () => void) => () => { if (confirm(words)) then(); };
  return html`<div class="fleet-buttons">
    ${one.state === "running"
      ? html`<button class="secondary" ?disabled=${page.busy} @click=${() => page.pause(one.id)}>${t("fleet.pause")}</button>`
      : page.manages ? html`<button class="primary" ?disabled=${page.busy} @click=${() => page.resume(one.id)}>${t("fleet.resume")}</button>` : nothing}
    <button class="secondary" ?disabled=${page.busy} @click=${sure(t("fleet.take_back_sure"), () => page.cancel(one.id, true))}>${t("fleet.take_back")}</button>
    <button class="quiet" ?disabled=${page.busy} @click=${sure(t("fleet.end_sure"), () => page.cancel(one.id, false))}>${t("fleet.end")}</button>
  </div>`;
}
