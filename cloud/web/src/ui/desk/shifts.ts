/** Adding a shift to the roster, and taking one away. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Dialog } from "../../desk/state";
import { addDays } from "../../desk/roster";
import type { NewShift, Shift } from "../../desk/wire";
import { fromWall } from "../../time";
import { uuid } from "../../uuid";
import { fullTime, zoneOf, type View } from "../view";
import { dialog, field, select, text } from "./parts";
import { places } from "./roster";

export function shiftDialog(view: View, open: Extract<Dialog, { kind: "shift" }>): TemplateResult {
  const { t, state, actions } = view;
  const zone = zoneOf(state);
  const people = state.desk.roster!.people;
  const send = (form: FormData) => void actions.desk.addShift(shiftOf(form, zone));
  return dialog(view, t("desk.add_shift"), html`
    ${field(t("desk.shift_who"), select("account", people.map((one) => ({
      value: one.account_id, words: one.devices.length > 0 ? one.account : `${one.account} – ${t("desk.no_device")}`,
    }))))}
    ${field(t("desk.shift_where"), select("zone", places(view).map(({ id, name }) => ({ value: id ?? "", words: name })), open.zone ?? ""))}
    <div class="pair even">
      ${field(t("desk.from"), html`<input name="from" type="datetime-local" required value=${`${open.day}T08:00`} />`)}
      ${field(t("desk.to"), html`<input name="to" type="datetime-local" required value=${`${addDays(open.day, 1)}T08:00`} />`)}
    </div>
    <p class="muted small">${t("desk.local_time", { zone })}</p>
    <div class="pair even">
      ${field(t("desk.shift_place"), select("place", [1, 2, 3].map((n) => ({ value: String(n), words: t(n === 1 ? "desk.place_first" : "desk.place_n", { n }) }))))}
      ${field(t("desk.repeats"), select("repeats", (["never", "daily", "weekly"] as const).map((one) => ({ value: one, words: t(`repeats.${one}`) }))))}
    </div>
    ${field(t("desk.until"), html`<input name="until" type="date" />`, t("desk.until_hint"))}`, {
    submit: t("desk.add_shift"), send,
  });
}

export function shiftOf(form: FormData, zone: string): NewShift {
  const instant = (wall: string) => new Date(fromWall(wall, zone)).toISOString();
  const [repeats, until] = [text(form, "repeats") as Shift["repeats"], text(form, "until")];
  return {
    id: uuid(), zone_id: text(form, "zone") ?? null, account_id: text(form, "account")!, place: Number(text(form, "place")),
    starts_at: instant(text(form, "from")!), ends_at: instant(text(form, "to")!), repeats,
    until: until && repeats !== "never" ? instant(`${addDays(until, 1)}T00:00`) : null, // the day itself included
  };
}

export function removeShiftDialog(view: View, id: string): TemplateResult | typeof nothing {
  const { t, state, actions } = view;
  const shift = state.desk.roster?.shifts.find((one) => one.id === id);
  if (!shift) return nothing;
  return dialog(view, t("desk.remove_shift"), html`
    <p><strong>${shift.account}</strong> · ${places(view).find((one) => one.id === shift.zone_id)?.name}<br />
      ${fullTime(view, shift.starts_at)} – ${fullTime(view, shift.ends_at)} · ${t(`repeats.${shift.repeats}`)}</p>
    ${shift.repeats === "never" ? nothing : html`<p class="note">${t("desk.remove_all_repeats")}</p>`}`, {
    submit: t("desk.remove"), send: () => void actions.desk.removeShift(id), danger: true,
  });
}
