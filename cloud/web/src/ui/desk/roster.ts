/** Who is called: on duty now, the week, the call plan, who can be reached, and the reserve's own systems. */
import { html, nothing, type TemplateResult } from "lit-html";
import { fullDay } from "../../desk/words";
import { addDays, dayOf, gaps, mondayOf, partsOf, timeOfDay, turns, weekDays, type Part } from "../../desk/roster";
import { mayManage } from "../../desk/state";
import type { OnDutyPerson } from "../../desk/wire";
import { localName } from "../../map/features";
import { fromWall } from "../../time";
import { icon } from "../icons";
import { zoneOf, type View } from "../view";
import { card } from "./parts";
import { planCard } from "./plan";
import { reachCard, webhookCard } from "./reach";

export function rosterSection(view: View): TemplateResult {
  const { t, state } = view;
  const { roster } = state.desk;
  if (!roster) return html`<p class="muted">${state.desk.failure ? nothing : t("starting")}</p>`;
  const manages = mayManage(state.account, state.reserve?.slug);
  return html`
    <div class="desk-page">
      ${nowCard(view)}
      ${weekCard(view, manages)}
      <div class="desk-grid">
        <div>${planCard(view, manages)}</div>
        <div>${manages ? html`${reachCard(view)} ${webhookCard(view)}` : nothing}</div>
      </div>
    </div>
  `;
}

/** The zones of the reserve and, last, the whole of it. */
export function places({ t, state }: View): { id: string | null; name: string }[] {
  const zones = state.zones.features.map(({ properties }) => ({
    id: properties.id as string | null, name: localName(properties, state.language),
  }));
  return [...zones, { id: null, name: t("desk.whole_reserve") }];
}

function nowCard(view: View): TemplateResult {
  const { t, state } = view;
  const { onDuty } = state.desk.roster!;
  return card(t("desk.on_duty_now"), html`
    <ul class="on-duty">
      ${places(view).map(({ id, name }) => {
        const people = onDuty.zones.find((one) => one.zone_id === id)?.people ?? [];
        return html`<li data-zone=${id ?? "reserve"}>
          <h3>${name}</h3>
          ${people.length === 0
            ? html`<p class="alarm">${icon("warning")} ${t("desk.nobody_on_duty")}</p>`
            : html`<ol>${people.map((one, i) => onDutyPerson(view, one, i))}</ol>`}
        </li>`;
      })}
    </ul>
  `, nothing, "now");
}

function onDutyPerson({ t }: View, one: OnDutyPerson, i: number): TemplateResult {
  return html`<li class=${one.reachable ? "" : "alarm"}>
    <span class="order">${i + 1}</span> <span class="name">${one.account}</span>
    <span class="muted small">${t(i === 0 ? "desk.first" : "desk.then")}</span>
    ${one.reachable ? nothing : html`<span class="unreachable">${icon("warning")} ${t("desk.no_device")}</span>`}
  </li>`;
}

function weekCard(view: View, manages: boolean): TemplateResult {
  const { t, state, actions } = view;
  const zone = zoneOf(state);
  const today = dayOf(state.now, zone);
  const monday = state.desk.week ?? mondayOf(today);
  const days = weekDays(monday);
  const span = [fromWall(`${monday}T00:00`, zone), fromWall(`${addDays(monday, 7)}T00:00`, zone)] as const;
  const all = turns(state.desk.roster!.shifts, ...span, zone);
  const show = (week: string | null) => actions.desk.patch({ week });
  const aside = html`
    <div class="week-move">
      <button class="secondary" @click=${() => show(addDays(monday, -7))} aria-label=${t("desk.week_before")}>${icon("left")}</button>
      <button class="secondary" @click=${() => show(null)}>${t("desk.this_week")}</button>
      <button class="secondary" @click=${() => show(addDays(monday, 7))} aria-label=${t("desk.week_after")}>${icon("right")}</button>
      ${manages
        ? html`<button class="primary" @click=${() => actions.desk.patch({ dialog: { kind: "shift", day: today, zone: null } })}>${t("desk.add_shift")}</button>`
        : nothing}
    </div>`;
  return card(t("desk.week"), html`
    <p class="muted small">${t("desk.week_hint", { zone })}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("desk.week")}>
      <table class="week">
        <thead><tr><td></td>
          ${days.map((day) => html`<th scope="col" aria-current=${day === today ? "date" : "false"}>${fullDay(day, state.language)}</th>`)}
        </tr></thead>
        <tbody>
          ${places(view).map(({ id, name }) => html`<tr>
            <th scope="row">${name}</th>
            ${days.map((day) => cell(view, manages, day, id, partsOf(day, all.filter((turn) => turn.shift.zone_id === id), zone)))}
          </tr>`)}
        </tbody>
      </table>
    </div>
  `, aside, "week");
}

function cell(view: View, manages: boolean, day: string, zone: string | null, parts: Part[]): TemplateResult {
  const { t, actions, state } = view;
  const open = gaps(parts);
  const past = day < dayOf(state.now, zoneOf(state));
  return html`<td class=${past ? "past" : ""} data-day=${day}>
    ${parts.length === 0
      ? nothing
      : html`<div class="cover" title=${open.length === 0 ? t("desk.covered") : t("desk.gaps", { times: gapWords(open) })}>
          ${parts.filter((one) => one.shift.place === 1).map((one) => html`<span .style=${`left:${one.begin / 14.4}%;width:${(one.end - one.begin) / 14.4}%`}></span>`)}
        </div>`}
    ${parts.map((one) => turnButton(view, manages, one))}
    ${parts.length > 0 && open.length > 0 ? html`<p class="gap small">${t("desk.gaps", { times: gapWords(open) })}</p>` : nothing}
    ${manages && !past
      ? html`<button class="quiet add" aria-label=${t("desk.add_shift_on", { day: fullDay(day, state.language) })}
          @click=${() => actions.desk.patch({ dialog: { kind: "shift", day, zone } })}>${icon("plus")}</button>`
      : nothing}
  </td>`;
}

function turnButton(view: View, manages: boolean, one: Part): TemplateResult {
  const { t, actions } = view;
  const times = `${timeOfDay(one.begin)}–${timeOfDay(one.end)}`;
  const words = html`<span class="name">${one.shift.account}</span>
    <span class="small">${times}${one.shift.place > 1 ? ` · ${t("desk.place_n", { n: one.shift.place })}` : ""}${one.shift.repeats === "never" ? "" : " ↻"}</span>`;
  return manages
    ? html`<button class="turn ${one.shift.place > 1 ? "next" : ""}" data-shift=${one.shift.id}
        @click=${() => actions.desk.patch({ dialog: { kind: "remove_shift", shift: one.shift.id } })}>${words}</button>`
    : html`<div class="turn ${one.shift.place > 1 ? "next" : ""}">${words}</div>`;
}

const gapWords = (open: { begin: number; end: number }[]) =>
  open.map(({ begin, end }) => `${timeOfDay(begin)}–${timeOfDay(end)}`).join(", ");
