/** A fire on the wall: what it is, where, in which direction, who was called, and who answered. */
import { html, nothing, type TemplateResult } from "lit-html";
import { mediaUrl } from "../../client";
import { calledPeople, furthest } from "../../desk/calls";
import { compassWords, degrees, duration } from "../../format";
import { wordFor } from "../../i18n";
import { latestReports, localName } from "../../map/features";
import { placeOf, witnesses } from "../../map/markers";
import type { WallState } from "../../wall/state";
import type { WallActs } from "../../wall/page";
import { waitingFires } from "../../wall/turns";
import type { Incident } from "../../wire";
import { CALL_ICONS, coordinates, metres } from "../fire-facts";
import { fireIcon, icon } from "../icons";
import { ago, type View } from "../view";
import { hourOf } from "./page";

const PEOPLE = 5;

export function alarmScene(view: View, wall: WallState, incident: Incident, acts: WallActs): TemplateResult {
  const { t, state } = view;
  const waiting = waitingFires({ incidents: state.incidents, now: wall.now });
  const began = incident.deliveries[0]?.queued_at ?? incident.opened_at;
  const waited = duration(Math.max(0, (wall.now - Date.parse(began)) / 1000), state.language);
  const kind = incident.drill ? "drill" : incident.kind;
  return html`
    <section class="wall-alarm" data-incident=${incident.id} aria-labelledby="wall-alarm-title">
      <header role="alert">
        ${fireIcon(incident.kind)}
        <h2 id="wall-alarm-title">${t(`wall.alarm.${kind}`)} <span>${placeName(view, incident)}</span></h2>
      </header>
      <p class="wall-alarm-waiting">
        <strong>${t("wall.alarm.waiting", { time: waited })}</strong>
        <span>${t("wall.alarm.seen", { time: hourOf(view, Date.parse(incident.first_seen_at), wall.now), ago: ago(view, incident.first_seen_at) })}</span>
        ${waiting.length > 1
          ? html`<span>${t("wall.alarm.of", { n: waiting.findIndex((one) => one.id === incident.id) + 1, of: waiting.length })}</span>`
          : nothing}
      </p>
      ${evidence(view, incident)}
      <div class="wall-alarm-facts">
        <h3>${t("wall.alarm.where")}</h3>
        <p>${whereabouts(view, incident)}</p>
        <h3>${t("wall.alarm.called")}</h3>
        ${calls(view, incident)}
      </div>
      <p class="wall-alarm-acts">
        <a class="primary" href="#fire/incidents/${incident.id}">${t("wall.alarm.answer")}</a>
        ${siren(view, wall, acts)}
      </p>
    </section>
  `;
}

function siren({ t }: View, wall: WallState, acts: WallActs): TemplateResult {
  if (wall.sound === "asking") return html`<strong class="problem">${t("wall.alarm.no_sound")}</strong>`;
  if (wall.sound === "muted") return html`<span>${t("wall.sound_muted")}</span>`;
  if (wall.quieted) return html`<span>${t("wall.alarm.quieted")}</span>`;
  return html`<button class="secondary" @click=${acts.quiet}>${t("wall.alarm.quiet")}</button>`;
}

function placeName({ state }: View, incident: Incident): string {
  if (incident.zone) return localName(incident.zone, state.language);
  const cameras = latestReports(incident).map((one) => placeOf(state, one.deployment_id));
  return cameras.join(", ") || witnesses(state, incident);
}

/** The newest picture that has come, with what the detector saw in it. */
function evidence({ t, state }: View, incident: Incident): TemplateResult {
  const seen = [...incident.suspicions].sort((a, b) => b.observed_at.localeCompare(a.observed_at));
  const one = seen.find((report) => report.media_id !== null);
  if (!one) return html`<div class="wall-evidence none"><p>${t("wall.alarm.no_picture")}</p></div>`;
  const { box } = one;
  return html`<div class="wall-evidence">
    <figure>
      <img src=${mediaUrl(one.media_id!, state.mediaAttempts[one.media_id!])} alt="" @load=${fit} />
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        <rect x=${box.x} y=${box.y} width=${box.width} height=${box.height} vector-effect="non-scaling-stroke"></rect>
      </svg>
    </figure>
    <p>${placeOf(state, one.deployment_id)}</p>
  </div>`;
}

/** The drawing over the picture takes the picture's own proportions. */
function fit(event: Event): void {
  const { naturalWidth, naturalHeight, parentElement } = event.target as HTMLImageElement;
  parentElement!.style.setProperty("--ratio", String(naturalWidth / naturalHeight));
}

/** The place where it is known, and each camera's direction. */
function whereabouts({ t, state }: View, incident: Incident): TemplateResult {
  const found = incident.place;
  const directions = latestReports(incident).filter((one) => one.bearing_deg !== null);
  return html`
    ${found
      ? html`<strong class="coordinates">${coordinates(found.location.coordinates)}</strong>
          ${found.semi_major_m ? html`<span> ±${metres(found.semi_major_m)}</span>` : nothing}<br />`
      : nothing}
    ${directions.slice(0, 3).map((one) => html`${t("fire.direction_from", {
      degrees: degrees(one.bearing_deg!), compass: compassWords(one.bearing_deg!, t), place: placeOf(state, one.deployment_id),
    })}<br />`)}
    ${!found && directions.length === 0 ? t("fire.place_unknown") : nothing}
  `;
}

function calls(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  const people = calledPeople(incident.deliveries);
  if (people.length === 0) return html`<p class="problem">${t(incident.unanswered ? "wall.alarm.held" : "wall.alarm.nobody")}</p>`;
  return html`<ul class="wall-called">
    ${people.slice(0, PEOPLE).map(({ name, deliveries }) => {
      const best = furthest(deliveries);
      return html`<li data-state=${best.state}>
        ${icon(CALL_ICONS[best.state])} <strong>${name ?? t("desk.system")}</strong> <span>${t(`delivery.${best.state}`)}</span>
      </li>`;
    })}
    ${people.length > PEOPLE ? html`<li>${t("wall.more", { n: people.length - PEOPLE })}</li>` : nothing}
  </ul>`;
}

/** For a while after somebody answered: who, and when. */
export function answeredNote(view: View, wall: WallState): TemplateResult | typeof nothing {
  const { t, state } = view;
  const incident = state.incidents.find((one) => one.id === wall.watch.answered?.id);
  if (!incident) return nothing;
  const last = incident.log.findLast((one) => one.account !== null);
  return html`<aside class="wall-answered" role="status" data-answered=${incident.id}>
    ${icon("check")}
    <strong>${t("wall.answered", { state: wordFor(t, "state", incident.state) })}</strong>
    <span>${placeName(view, incident)}</span>
    ${last ? html`<span>${t("wall.answered_by", { name: last.account!, time: hourOf(view, Date.parse(last.at), wall.now) })}</span>` : nothing}
  </aside>`;
}
