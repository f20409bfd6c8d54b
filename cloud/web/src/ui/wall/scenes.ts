/** The scenes of the wall, each told in a few large words. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { mediaUrl } from "../../client";
import { significant, speciesName } from "../../format";
import { wordFor } from "../../i18n";
import { localName } from "../../map/features";
import { liveView } from "../../live-view/player";
import { liveSession } from "../../live-view/session";
import { placeOf } from "../../map/markers";
import { isAlarm } from "../../store";
import { commonName, isItalic } from "../../taxa";
import type { Scene } from "../../wall/address";
import { health, HEALTHS, LINES, newestPictures, speciesOfWeek, type SpeciesOfWeek } from "../../wall/content";
import type { WallState } from "../../wall/state";
import type { Need } from "../../wall/wire";
import type { Observation } from "../../wire";
import { healthIcon, icon } from "../icons";
import { ago, type View } from "../view";
import { hourOf } from "./page";

export function scene(view: View, wall: WallState, name: Scene): TemplateResult {
  if (name === "map") return mapScene(view, wall);
  const body = { needs, pictures, cameras, species, live }[name](view, wall);
  return html`<section class="wall-scene scene-${name}" aria-label=${view.t(`wall.scene.${name}`)}>${body}</section>`;
}

function heading({ t }: View, name: Scene, more: unknown = nothing): TemplateResult {
  return html`<h2>${t(`wall.scene.${name}`)} ${more}</h2>`;
}

/** What stands in a read answer was so when it was read. */
function asOf(view: View, wall: WallState): TemplateResult | typeof nothing {
  if (wall.overviewAt === null) return nothing;
  return html`<span class="wall-as-of">${view.t("wall.as_of", { time: hourOf(view, wall.overviewAt, wall.now) })}</span>`;
}

function mapScene(view: View, wall: WallState): TemplateResult {
  const { t, state } = view;
  const { counts } = health(state, wall.now);
  const of = [...counts.values()].reduce((sum, one) => sum + one, 0);
  const fires = state.incidents.filter(isAlarm).length;
  const newest = state.observations.find((one) => one.observation_type !== "blank");
  return html`
    <ul class="wall-facts" aria-label=${t("wall.scene.map")}>
      <li class=${fires > 0 ? "fire" : ""}>${t(fires > 0 ? "wall.fires_open" : "wall.no_fire", { n: fires })}</li>
      ${of > 0 ? html`<li>${t("wall.cameras_well", { n: counts.get("ok")!, of })}</li>` : nothing}
      ${newest ? html`<li>${t("wall.newest", { species: speciesName(newest, state.language, t), ago: ago(view, newest.observed_at) })}</li>` : nothing}
    </ul>
  `;
}

function needs(view: View, wall: WallState): TemplateResult {
  const { t } = view;
  const found = wall.overview?.needs ?? [];
  if (!wall.overview) return html`${heading(view, "needs")}<p class="wall-big">${t("wall.unread")}</p>`;
  return html`
    ${heading(view, "needs", asOf(view, wall))}
    ${found.length === 0 ? html`<p class="wall-big well">${icon("check")} ${t("wall.nothing")}</p>` : nothing}
    <ul class="wall-needs">
      ${found.slice(0, LINES).map(
        (one) => html`<li class=${one.severity} data-need=${one.code}>
          ${one.n > 0 ? html`<strong>${one.n}</strong>` : html`<strong aria-hidden="true">${icon("info")}</strong>`}
          <span>${needWords(view, one)} ${one.subjects.length > 0 ? html`<small>${subjects(view, one)}</small>` : nothing}</span>
          ${one.since && one.code !== "drill_due" ? html`<span class="since">${t("wall.since", { time: hourOf(view, Date.parse(one.since), wall.now) })}</span>` : nothing}
        </li>`,
      )}
    </ul>
    ${found.length > LINES ? html`<p class="wall-more">${t("wall.more", { n: found.length - LINES })}</p>` : nothing}
  `;
}

/** A code that is only known to a later service is shown as it is. */
function needWords({ t }: View, { code, n }: Need): string {
  if (code === "nobody_on_duty" && n === 0) return t("wall.need.nobody_at_all");
  if (code === "drill_due" && n === 0) return t("wall.need.drill_never");
  const one = `${code}_one`;
  const alone = n === 1 ? wordFor(t, "wall.need", one) : one;
  return alone === one ? wordFor(t, "wall.need", code) : alone;
}

function subjects({ state }: View, { subjects }: Need): string {
  const names = subjects.slice(0, 2).map((one) => localName({ name: one.name, name_zh: one.name_zh ?? null }, state.language));
  return names.join(state.language === "zh" ? "、" : ", ");
}

function pictures(view: View): TemplateResult {
  const shown = newestPictures(view.state);
  return html`
    ${heading(view, "pictures")}
    <ul class="wall-pictures" data-n=${shown.length}>${repeat(shown, (one) => one.id, (one) => picture(view, one))}</ul>
  `;
}

function picture(view: View, one: Observation): TemplateResult {
  const { state, t } = view;
  const name = speciesName(one, state.language, t);
  return html`<li data-media=${one.media_id!}>
    <figure>
      <img src=${mediaUrl(one.media_id!, state.mediaAttempts[one.media_id!])} alt="" @load=${settle} @error=${settle} />
      <span class="wall-none">${t("picture.waiting")}</span>
      <figcaption><strong>${name}</strong><span>${placeOf(state, one.deployment_id)} · ${ago(view, one.observed_at)}</span></figcaption>
    </figure>
  </li>`;
}

/** A picture that has not arrived yet is told of in words. */
function settle(event: Event): void {
  const image = event.target as HTMLImageElement;
  image.parentElement!.dataset.state = event.type === "load" ? "ready" : "waiting";
}

function cameras(view: View, wall: WallState): TemplateResult {
  const { t, state } = view;
  const { counts, ill, well } = health(state, wall.now);
  return html`
    ${heading(view, "cameras")}
    <div class="wall-cameras">
      <ul class="wall-counts">
        ${HEALTHS.filter((one) => one === "ok" || counts.get(one)! > 0).map(
          (one) => html`<li>${healthIcon(one)} <strong>${counts.get(one)}</strong> <span>${t(`wall.health.${one}`)}</span></li>`,
        )}
      </ul>
      <ul class="wall-ill">
        ${ill.length === 0 ? html`<li class="well">${icon("check")} ${t("wall.all_well")}</li>` : nothing}
        ${[...ill, ...well].slice(0, LINES).map(
          (one) => html`<li>
            ${healthIcon(one.health.status)} <strong>${one.location_name}</strong>
            <span>${t("wall.last_picture", { ago: ago(view, one.health.last_frame_at) })}</span>
          </li>`,
        )}
        ${ill.length > LINES ? html`<li class="wall-more">${t("wall.more", { n: ill.length - LINES })}</li>` : nothing}
      </ul>
    </div>
  `;
}

function species(view: View, wall: WallState): TemplateResult {
  const { t, state } = view;
  const all = speciesOfWeek(wall);
  const one = all[wall.turns % all.length];
  if (!one) return html`${heading(view, "species")}`;
  const best = wall.best[one.scientific_name] ?? null;
  const name = commonName(one.scientific_name, state.language);
  const figure = (value: number) => significant(value, state.language);
  return html`
    ${heading(view, "species", asOf(view, wall))}
    <div class="wall-species">
      <figure data-state=${best ? "" : "waiting"}>
        ${best ? html`<img src=${mediaUrl(best.media_id)} alt="" @load=${settle} @error=${settle} />` : nothing}
        <span class="wall-none">${t("wall.no_picture")}</span>
        ${best ? html`<figcaption><span>${placeOf(state, best.deployment_id)} · ${ago(view, best.observed_at)}</span></figcaption>` : nothing}
      </figure>
      <div>
        <h3>${name ?? one.scientific_name}</h3>
        ${name ? html`<p class="wall-latin ${isItalic(one.scientific_name) ? "italic" : ""}" lang="la">${one.scientific_name}</p>` : nothing}
        <dl>
          <dt>${t("wall.events")}</dt><dd>${one.events}</dd>
          ${one.rate === null
            ? html`<dt class="wide">${t("wall.no_rate")}</dt>`
            : html`<dt>${t("wall.rate")}</dt>
                <dd>${figure(one.rate)}${one.low !== null && one.high !== null ? html` <small>${figure(one.low)} – ${figure(one.high)}</small>` : nothing}</dd>`}
        </dl>
        <p class="wall-trend">${trend(view, one)}</p>
        <p class="wall-as-of">${t("wall.effort", { days: figure(wall.overview!.week.camera_days) })}</p>
      </div>
    </div>
  `;
}

/** More or less only where the interval says so. */
function trend({ t, state }: View, { ratio }: SpeciesOfWeek): string {
  if (!ratio) return t("wall.no_ratio");
  const words = (value: number) => significant(Number(value.toPrecision(2)), state.language);
  if (ratio.value === null || ratio.high === null) {
    return ratio.low > 1 ? t("wall.more_than", { low: words(ratio.low) }) : t("wall.no_ratio");
  }
  const values = { value: words(ratio.value), low: words(ratio.low), high: words(ratio.high) };
  if (ratio.low > 1) return t("wall.more_often", values);
  return t(ratio.high < 1 ? "wall.less_often" : "wall.as_often", values);
}

/** What somebody asked for, as long as it lasts: the wall itself asks no camera, which would cost its battery. */
function live(view: View, wall: WallState): TemplateResult {
  const camera = wall.plan.live;
  if (!camera || !wall.live) return heading(view, "live");
  const session = liveSession(camera, () => view.store.set({}));
  if (session.view?.id !== wall.live && !session.busy) session.follow(wall.live);
  return html`${heading(view, "live", html`<span class="wall-as-of">${placeOf(view.state, camera)}</span>`)}
    <div class="wall-live">${liveView(view, camera)}</div>`;
}
