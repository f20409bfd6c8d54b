/** Wildlife rules ("leopard at the village fence") and what they raised lately, called or held back. */
import { html, nothing, type TemplateResult } from "lit-html";
import { exactTime } from "../../desk/plan";
import { mayManage } from "../../desk/state";
import type { Alert, AlertRule, NewRule } from "../../desk/wire";
import { speciesName } from "../../format";
import { localName } from "../../map/features";
import { placeOf } from "../../map/markers";
import { everydayName } from "../../review/species";
import { icon } from "../icons";
import { thumbnail } from "../picture";
import type { View } from "../view";
import { at, card, teaching } from "./parts";

export function wildlifeSection(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { rules, alerts } = state.desk;
  if (!rules) return html`<p class="muted">${state.desk.failure ? nothing : t("starting")}</p>`;
  const manages = mayManage(state.account, state.reserve?.slug);
  const add = manages
    ? html`<button class="primary" @click=${() => actions.desk.openRule(null)}>${icon("plus")} ${t("desk.rule_add")}</button>`
    : nothing;
  return html`
    <div class="desk-page desk-grid">
      <div>${card(t("desk.rules"), rules.length === 0
        ? teaching(t("desk.rules_empty"), t("desk.rules_empty_body"))
        : html`<ul class="rules">${rules.map((one) => rule(view, one, manages))}</ul>`, add, "rules")}</div>
      <div>${card(t("desk.alerts"), alerts.length === 0
        ? teaching(t("desk.alerts_empty"), t("desk.alerts_empty_body"))
        : html`<ul class="alerts">${alerts.map((one) => alertRow(view, one))}</ul>`, nothing, "alerts")}</div>
    </div>
  `;
}

/** The rule as a sentence: what, where, who, how often. */
function rule(view: View, one: AlertRule, manages: boolean): TemplateResult {
  const { t, state, actions } = view;
  const species = one.scientific_names.map((name) => everydayName(name, state.language) ?? name);
  const quiet = one.quiet_from && one.quiet_to ? t("rule.quiet", { from: one.quiet_from.slice(0, 5), to: one.quiet_to.slice(0, 5) }) : t("rule.no_quiet");
  return html`
    <li class=${one.enabled ? "" : "off"} data-rule=${one.id}>
      <h3>${localName(one, state.language)} ${one.enabled ? nothing : html`<span class="mark">${t("rule.off")}</span>`}</h3>
      <p>${t("rule.sentence", {
        what: species.length > 0 ? species.join(state.language === "zh" ? "、" : ", ") : t("rule.any"),
        where: t(one.area ? "rule.in_area" : "rule.in_reserve"), whom: t(`whom.${one.whom}`),
      })}</p>
      <p class="muted small">${t("rule.limits", {
        confidence: Math.round(one.least_confidence * 100), n: one.least_count, time: exactTime(one.cooldown_s, state.language),
      })} ${quiet}</p>
      ${manages
        ? html`<div class="buttons">
            <button class="secondary" @click=${() => actions.desk.openRule(one)}>${t("desk.change")}</button>
            <button class="secondary" @click=${() => void actions.desk.saveRule(one.id, withoutId({ ...one, enabled: !one.enabled }))}>${t(one.enabled ? "rule.turn_off" : "rule.turn_on")}</button>
            <button class="quiet" aria-label=${t("rule.delete", { name: localName(one, state.language) })} @click=${() => void actions.desk.removeRule(one.id)}>${icon("trash")}</button>
          </div>`
        : nothing}
    </li>
  `;
}

export function withoutId({ name, name_zh, scientific_names, area, least_confidence, least_count, cooldown_s, quiet_from, quiet_to, whom, enabled }: AlertRule): NewRule {
  return { name, name_zh, scientific_names, area, least_confidence, least_count, cooldown_s, quiet_from, quiet_to, whom, enabled };
}

function alertRow(view: View, one: Alert): TemplateResult {
  const { t, state } = view;
  const rule = state.desk.rules!.find(({ id }) => id === one.rule_id);
  const name = speciesName({ scientific_name: one.scientific_name, observation_type: "animal" }, state.language, t);
  const camera = placeOf(state, one.deployment_id);
  return html`
    <li class=${one.held_back ? "held" : ""} data-alert=${one.id}>
      ${thumbnail(view, one.media_id, `${name}, ${camera}`)}
      <div class="what">
        <p class="name">${name}${one.count && one.count > 1 ? html` <span class="count">× ${one.count}</span>` : nothing}</p>
        <p class="meta"><span>${camera}</span> ${at(view, one.observed_at)} ${rule ? html`<span>${localName(rule, state.language)}</span>` : nothing}</p>
        <p class="meta">${one.held_back ? html`<span class="mark held">${t(`held.${one.held_back}`)}</span>` : html`${icon("check")} ${t("desk.alert_called")}`}</p>
      </div>
    </li>
  `;
}
