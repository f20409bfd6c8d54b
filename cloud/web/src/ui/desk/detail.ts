/** One incident as the manager sees it: what to do next, where it is, who was called, what was seen, what was done. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { arranged, asks, newAction, offered } from "../../desk/act";
import { capUrl } from "../../desk/api";
import { heldWords } from "../../desk/held";
import { wordFor } from "../../i18n";
import type { ActionKind, Incident, LogEntry } from "../../wire";
import { called, marks, place, waiting } from "../fire-facts";
import { title } from "../fire";
import { fireIcon, icon } from "../icons";
import { ago, clock, fullTime, type View } from "../view";
import { evidence } from "./evidence";
import { ledger } from "./ledger";
import { card } from "./parts";
import { pictures } from "./pictures";

export function incidentDetail(view: View, incident: Incident): TemplateResult {
  const { t, actions, map } = view;
  return html`
    <article class="desk-detail ${incident.drill ? "drill" : ""}" data-incident=${incident.id} data-state=${incident.state}>
      <button class="link back" @click=${() => actions.desk.go("incidents")}>← ${t("fire.back")}</button>
      ${incident.drill ? html`<p class="drill-band" role="note">${t("desk.drill_band")}</p>` : nothing}
      <header class="incident-head">
        <h2>${fireIcon(incident.kind)} ${title(view, incident)}</h2>
        <span class="state ${incident.state}">${wordFor(t, "state", incident.state)}</span> ${marks(view, incident)}
      </header>
      ${waiting(view, incident)}
      ${incident.held_back ? html`<p class="note">${t("desk.held_why", { why: heldWords(incident.held_back, t) })}</p>` : nothing}
      ${incident.merged_into
        ? html`<p class="note">${t("desk.merged_into")}
            <button class="link" @click=${() => actions.desk.go("incidents", incident.merged_into)}>${t("desk.merged_open")}</button></p>`
        : nothing}
      ${buttons(view, incident)}
      <div class="desk-grid">
        <div>
          ${card(t("fire.place"), html`
            <p class="place">${place(view, incident)}</p>
            <div class="desk-map">${map.element}</div>
            <p class="small row-links">
              <button class="link" @click=${() => map.showIncident(incident)}>${t("desk.whole_fire")}</button>
              ${incident.place ? copyPlace(view, incident) : nothing}
              <a class="link" href=${capUrl(incident.id)} download=${`fieldwatch-${incident.id}.cap.xml`}>${t("desk.cap_file")}</a>
            </p>`)}
          ${card(t("desk.pictures"), pictures(view, incident))}
        </div>
        <div>
          ${card(t("fire.called"), html`${called(view, incident)} ${ledger(view, incident.deliveries)}`, nothing, "called")}
          ${card(t("fire.log"), timeline(view, incident), nothing, "log")}
        </div>
      </div>
      ${card(t("desk.evidence"), evidence(view, incident), nothing, "evidence")}
    </article>
  `;
}

/** The next two steps stand large; note and false alarm beside them; what is rare hides behind "More". */
function buttons(view: View, incident: Incident): TemplateResult | typeof nothing {
  const { t, state, actions } = view;
  const may = offered(incident.may);
  if (may.length === 0) return nothing;
  const act = (action: ActionKind) =>
    asks(action)
      ? actions.desk.patch({ dialog: { kind: "act", action } })
      : void actions.desk.act(incident, newAction(action));
  const button = (one: ActionKind, look: string) => html`
    <button class=${look} ?disabled=${state.desk.busy} data-action=${one} @click=${() => act(one)}>${t(`act.${one}`)}${asks(one) ? "…" : ""}</button>`;
  const { next, always, rare } = arranged(may);
  return html`
    <div class="act" role="group" aria-label=${t("desk.actions")}>
      ${next.map((one, i) => button(one, i === 0 ? "primary" : "secondary"))}
      ${always.map((one) => button(one, "secondary"))}
      ${rare.length > 0
        ? html`<details class="more"><summary class="secondary">${t("desk.more")}</summary><div>${rare.map((one) => button(one, "quiet"))}</div></details>`
        : nothing}
    </div>
  `;
}

function copyPlace(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  const [lon, lat] = incident.place!.location.coordinates as [number, number];
  // A geo: address opens the phone's or computer's own map, whichever that is (RFC 5870).
  return html`<a class="link" href=${`geo:${lat.toFixed(6)},${lon.toFixed(6)}`}>${t("desk.navigate")}</a>`;
}

/** Oldest first: it reads as a story. */
function timeline(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  if (incident.log.length === 0) return html`<p class="muted">${t("fire.log_empty")}</p>`;
  return html`<ol class="timeline">${repeat(incident.log, (one) => one.at + one.action, (one) => entry(view, one))}</ol>`;
}

function entry(view: View, one: LogEntry): TemplateResult {
  const { t } = view;
  const done = one.done_at ?? one.at;
  const arrivedLater = one.done_at !== null && Date.parse(one.at) - Date.parse(one.done_at) > 60_000;
  return html`
    <li class=${one.account ? "person" : "system"}>
      <time datetime=${done} title=${fullTime(view, done)}>${clock(view, done)}</time>
      <div>
        <strong>${wordFor(t, "action", one.action)}</strong>${particulars(view, one)}
        <span class="muted">${one.account ? html`${icon("person")} ${one.account}` : t("fire.system")}</span>
        ${arrivedLater ? html`<span class="muted small">${t("desk.sent_later", { ago: ago(view, one.at) })}</span>` : nothing}
        ${one.note ? html`<p>${one.note}</p>` : nothing}
      </div>
    </li>
  `;
}

/** What the log keeps of this entry beside its name: a false alarm's reason, why nobody was called, who was not reached. */
function particulars({ t }: View, { details }: LogEntry): string {
  const { reason, unreached } = details as { reason?: unknown; unreached?: { name?: unknown }[] };
  if (typeof reason === "string") return `: ${heldWords(wordFor(t, "false_alarm", reason), t)}`;
  const names = Array.isArray(unreached) ? unreached.flatMap((one) => (typeof one.name === "string" ? [one.name] : [])) : [];
  return names.length > 0 ? `: ${t("desk.unreached", { names: [...new Set(names)].join(", ") })}` : "";
}
