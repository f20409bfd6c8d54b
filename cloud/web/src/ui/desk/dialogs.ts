/** The questions that the desk asks before it does something. */
import { html, nothing, type TemplateResult } from "lit-html";
import { newAction, type Asks } from "../../desk/act";
import type { Dialog } from "../../desk/state";
import { isOpen } from "../../store";
import { FALSE_ALARM_REASONS, type FalseAlarmReason, type Incident } from "../../wire";
import { wordFor } from "../../i18n";
import { placeOf } from "../../map/markers";
import { title } from "../fire";
import { clock, type View } from "../view";
import { drillDialog } from "./drills";
import { dialog, field, select, text } from "./parts";
import { reportDialog } from "./report";
import { removeShiftDialog, shiftDialog } from "./shifts";
import { ruleDialog } from "./rule-form";
import { maskPreview } from "./mask-stage";

export function dialogs(view: View, open: Dialog): TemplateResult | typeof nothing {
  const { state } = view;
  const incident = state.incidents.find((one) => one.id === state.desk.route.id);
  if (open.kind === "act") return incident ? actDialog(view, incident, open.action) : nothing;
  if (open.kind === "suggested_mask") return suggested(view, open);
  if (open.kind === "drill") return drillDialog(view);
  if (open.kind === "shift") return shiftDialog(view, open);
  if (open.kind === "remove_shift") return removeShiftDialog(view, open.shift);
  if (open.kind === "rule") return ruleDialog(view, open.rule);
  return state.desk.picking ? nothing : reportDialog(view);
}

function actDialog(view: View, incident: Incident, action: Asks): TemplateResult {
  const { t, actions } = view;
  const send = (form: FormData) => {
    const note = text(form, "note");
    const more = {
      ...(note ? { note } : {}),
      ...(action === "false_alarm" ? { reason: text(form, "reason") as FalseAlarmReason } : {}),
      ...(action === "split" ? { suspicion_id: text(form, "suspicion")! } : {}),
      ...(action === "merge" ? { into: text(form, "into")! } : {}),
    };
    void actions.desk.act(incident, newAction(action, more));
  };
  return dialog(view, t(`ask.${action}`), [html`<p class="muted">${t(`ask.${action}_body`)}</p>`, question(view, incident, action)], {
    submit: t(`act.${action}`), send, danger: action === "release",
  });
}

function question(view: View, incident: Incident, action: Asks): TemplateResult {
  const { t, state } = view;
  const note = (required: boolean) =>
    field(t(required ? "desk.note" : "desk.note_optional"), html`<textarea name="note" rows="3" maxlength="2000" ?required=${required}></textarea>`);
  if (action === "false_alarm") {
    return html`
      <fieldset class="choices"><legend>${t("desk.reason")}</legend>
        ${FALSE_ALARM_REASONS.map((one) => html`<label class="choice"><input type="radio" name="reason" value=${one} required /> ${t(`false_alarm.${one}`)}</label>`)}
      </fieldset>
      ${note(false)}`;
  }
  if (action === "merge") {
    const others = state.incidents.filter((one) => one.id !== incident.id && isOpen(one) && one.drill === incident.drill);
    if (others.length === 0) return html`<p class="note">${t("desk.merge_none")}</p>`;
    return field(t("desk.merge_into"), select("into", others.map((one) => ({
      value: one.id, words: `${title(view, one)} · ${wordFor(t, "state", one.state)} · ${clock(view, one.last_seen_at)}`,
    }))));
  }
  if (action === "split") {
    return field(t("desk.split_which"), select("suspicion", incident.suspicions.map((one) => ({
      value: one.id, words: `${placeOf(state, one.deployment_id)} · ${clock(view, one.observed_at)}`,
    }))));
  }
  return note(action === "note");
}

function suggested(view: View, open: Extract<Dialog, { kind: "suggested_mask" }>): TemplateResult {
  const { t, state, actions } = view;
  const camera = placeOf(state, open.deployment_id);
  const picture = state.incidents.find((one) => one.id === open.incident)?.suspicions
    .findLast((one) => one.deployment_id === open.deployment_id && one.media_id !== null)?.media_id ?? null;
  return dialog(view, t("desk.suggested"), html`
    <p>${t("desk.suggested_body", { camera, n: open.false_alarms, reason: wordFor(t, "false_alarm", open.reason) })}</p>
    ${maskPreview(view, picture, open.polygon)}
    <p class="muted small">${t("desk.suggested_note")}</p>`, {
    submit: t("desk.suggested_edit"),
    send: () => actions.desk.editSuggested(open.deployment_id, open.incident, open.polygon),
  });
}
