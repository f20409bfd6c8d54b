/** One fire on the phone: what, where, how far; the buttons that matter lie under the thumb. */
import { html, nothing, type TemplateResult } from "lit-html";
import { standing } from "../../phone/life";
import type { Entry } from "../../phone/outbox";
import type { Incident } from "../../phone/wire";
import { heldWords, lasting, wordFor } from "../../phone/words";
import { bar } from "./bar";
import { icon } from "./icons";
import { log, told } from "./log";
import { pictures } from "./pictures";
import { sheet } from "./sheet";
import { whereabouts } from "./sketch";
import { ago, clock, localName, type View } from "./view";

const LATE = 120; // s from picture to arrival from which a report counts as late

export function incidentPage(view: View): TemplateResult {
  const { t, state, actions } = view;
  const back = html`
    <button class="round" aria-label=${t("list.back")} @click=${() => actions.go({ page: "list" })}>${icon("back")}</button>`;
  if (!state.incident) {
    return html`<header class="top">${back}<h1>${t("list")}</h1></header><main class="body">${nothingYet(view)}</main>`;
  }
  const { incident } = state.incident;
  const now = standing(incident, state.outbox);
  return html`
    <header class="top fire-top" data-state=${now.state}>
      ${back}
      <p role="status">${incident.drill ? html`<b class="tag">${t("drill")}</b> ` : nothing}${t(`state.${now.state}`)}
        ${now.state !== incident.state ? html`<small data-waiting-state>${t("state.waiting")}</small>` : nothing}</p>
    </header>
    ${incident.drill ? html`<p class="drill">${t("drill")} · ${t("drill.body")}</p>` : nothing}
    <main class="body incident" data-incident=${incident.id} data-state=${now.state} data-revision=${incident.revision}>
      ${heading(view, incident)} ${warnings(view, incident)}
      ${now.refused.map((one) => refused(view, one, incident))}
      <section>${pictures(view, incident)}</section>
      <section><h2>${t("where")}</h2>${whereabouts(view, incident)}</section>
      <section><h2>${t("log")}</h2>${log(view, incident, now)}</section>
      <section><h2>${t("told")}</h2>${told(view, incident)}</section>
    </main>
    ${bar(view, now)} ${state.sheet ? sheet(view, incident, now) : nothing}
  `;
}

function nothingYet({ t, state, actions }: View): TemplateResult {
  const { missing, route } = state;
  if (missing === null) return html`<p class="empty" role="status">${t("loading")}</p>`;
  const words = missing === 404 || missing === 403 ? t("missing.404") : missing === 0 ? t("missing.lost") : t("missing.other", { status: missing });
  return html`
    <p class="notice" role="alert" data-missing=${missing}>${words}</p>
    <button class="wide" @click=${() => actions.follow(route)}>${t("retry")}</button>
  `;
}

function heading(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  const cameras = [...new Set(incident.suspicions.map((one) => one.deployment))];
  const by = [
    ...cameras.map((name) => t("by_camera", { name })),
    ...(incident.hotspots.length ? [t("by_satellite")] : []),
    ...incident.reports.map((one) => t("by_person", { name: one.account })),
  ];
  return html`
    <h1>${t(`kind.${incident.kind}`)}${incident.zone ? html` · ${localName(view, incident.zone)}` : nothing}</h1>
    <p class="lead">${t("seen", { time: clock(view, incident.last_seen_at), ago: ago(view, incident.last_seen_at) })}<br />${by.join(" · ")}</p>
  `;
}

function warnings(view: View, incident: Incident): TemplateResult {
  const { t, state, actions } = view;
  return html`
    ${incident.late_s > LATE
      ? html`<p class="notice late" data-late><strong>${t("late")}</strong><br />${t("late.body", {
          ago: ago(view, incident.first_seen_at), delay: lasting(incident.late_s, state.language),
        })}</p>`
      : nothing}
    ${incident.merged_into
      ? html`<p class="notice">${t("merged")}</p>
          <button class="wide" @click=${() => actions.go({ page: "incident", id: incident.merged_into! })}>${t("merged.open")}</button>`
      : nothing}
    ${incident.held_back ? html`<p class="notice"><strong>${t("held_back")}</strong><br />${heldWords(t, incident.held_back)}</p>` : nothing}
    ${incident.unanswered ? html`<p class="bad"><strong>${t("unanswered")}</strong></p>` : nothing}
    ${incident.danger && incident.danger !== "low" ? html`<p class="danger">${t(`danger.${incident.danger}`)}</p>` : nothing}
  `;
}

/** Nothing that a ranger did disappears silently: here is what, and what can be done now. */
function refused(view: View, entry: Entry, incident: Incident): TemplateResult {
  const { t, actions, state } = view;
  const what = entry.work.kind === "picture" ? t("action.picture") : wordFor(t, "action", entry.work.action);
  const { state: then, may, detail } = entry.refused!;
  const possible = (may.length ? may : incident.may).filter((one) => TOLD.includes(one)).map((one) => wordFor(t, "do", one));
  const time = clock(view, entry.done_at);
  return html`
    <div class="notice refused" role="alert" data-refused=${entry.id}>
      <strong>${t("refused", { what })}</strong> (${time})<br />
      ${then ? t("refused.state", { state: wordFor(t, "state", then) }) : detail}
      ${possible.length ? html`<br />${t("refused.may", { actions: possible.join(state.language === "zh" ? "、" : ", ") })}` : nothing}
      <div class="pair">
        <button @click=${() => void actions.dismiss(entry, null)}>${t("refused.dismiss")}</button>
        ${entry.work.kind === "action"
          ? html`<button @click=${() => void actions.dismiss(entry, t("refused.note_text", { time, what: [what, said(entry)].filter(Boolean).join(": ") }))}>
              ${t("refused.as_note")}</button>`
          : nothing}
      </div>
    </div>
  `;
}

/** Those that this page has buttons for. */
const TOLD: readonly string[] = ["acknowledge", "on_my_way", "arrive", "contain", "close", "reopen", "release", "false_alarm"];

function said({ work }: Entry): string {
  return work.note ?? "";
}
