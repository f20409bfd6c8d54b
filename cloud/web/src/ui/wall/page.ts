/** The wall's frame: what stands above and below each scene, and the fire that takes the place of all. */
import { html, nothing, type TemplateResult } from "lit-html";
import { localName } from "../../map/features";
import { canShow } from "../../wall/content";
import { isFullScreen } from "../../wall/screen";
import { isLost, type WallState } from "../../wall/state";
import type { WallActs } from "../../wall/page";
import { locale } from "../../i18n";
import { icon } from "../icons";
import { zoneOf, type View } from "../view";
import { alarmScene, answeredNote } from "./alarm";
import { scene } from "./scenes";

export function wallPage(view: View, wall: WallState, acts: WallActs): TemplateResult {
  const { t, state, map } = view;
  const burning = state.incidents.find((one) => one.id === wall.watch.shown) ?? null;
  const name = wall.plan.scenes[wall.at]!;
  const lost = isLost(wall, state.connection);
  return html`
    <main
      class="wall ${burning ? (burning.drill ? "burning exercise" : "burning") : ""} ${lost ? "lost" : ""}" id="panel" tabindex="-1" aria-label=${t("wall.label")}
      data-scene=${burning ? "alarm" : name} data-turns=${wall.turns} data-sound=${wall.sound}
    >
      <header class="wall-top">
        <h1>${localName(state.reserve!, state.language)}</h1>
        ${connectionNote(view, wall, lost)} ${soundNote(view, wall, acts)}
        ${timeOfDay(view, wall.now)}
      </header>
      <div class="wall-stage">
        <!-- One map for days: it stays in the page, and scenes lie over it. -->
        <div class="wall-map" ?inert=${!burning && name !== "map"}><div class="wall-map-scale">${map.element}</div></div>
        ${burning ? alarmScene(view, wall, burning, acts) : scene(view, wall, name)}
        ${burning ? nothing : answeredNote(view, wall)}
      </div>
      ${controls(view, wall, acts)}
    </main>
  `;
}

function connectionNote(view: View, wall: WallState, lost: boolean): TemplateResult {
  const { t, state } = view;
  if (lost) {
    return html`<p class="wall-note problem" role="status" data-connection="lost">
      ${icon("warning")} <strong>${t("wall.lost", { time: hourOf(view, wall.heardAt!, wall.now) })}</strong>
      <span>${t("wall.lost_body")}</span>
    </p>`;
  }
  const live = state.connection === "live" && wall.heardAt !== null;
  return html`<p class="wall-note quiet-note" role="status" data-connection=${live ? "live" : "connecting"}>
    <span class="dot" aria-hidden="true"></span>${t(live ? "wall.live" : "wall.connecting")}
  </p>`;
}

/** Where it sounds there is little to say; where it does not, everybody must see it. */
function soundNote({ t }: View, { sound }: WallState, acts: WallActs): TemplateResult {
  const silent = sound === "asking" || sound === "muted";
  return html`<button class="wall-sound ${silent ? "problem" : "quiet-note"}" @click=${acts.sound} aria-pressed=${sound === "on"}>
    ${icon("bell")} ${t(`wall.sound_${sound}`)}
  </button>`;
}

function timeOfDay(view: View, now: number): TemplateResult {
  const { language } = view.state;
  const show = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale(language), { timeZone: zoneOf(view.state), hourCycle: "h23", ...options }).format(now);
  return html`<p class="wall-clock">
    <span class="wall-day">${show({ weekday: "long", day: "numeric", month: "long" })}</span>
    <time datetime=${new Date(now).toISOString()}>${show({ hour: "2-digit", minute: "2-digit" })}</time>
  </p>`;
}

/** Hours and minutes on the reserve's clock, with the day where it is another. */
export function hourOf({ state }: Pick<View, "state">, at: number, now: number): string {
  const zone = { timeZone: zoneOf(state), hourCycle: "h23" } as const;
  const day = (instant: number) => new Intl.DateTimeFormat("en-CA", { timeZone: zone.timeZone }).format(instant);
  const other = day(at) === day(now) ? {} : ({ day: "numeric", month: "short" } as const);
  return new Intl.DateTimeFormat(locale(state.language), { ...zone, ...other, hour: "2-digit", minute: "2-digit" }).format(at);
}

function controls({ t, state }: View, wall: WallState, acts: WallActs): TemplateResult {
  const { scenes } = wall.plan;
  const full = isFullScreen();
  const position = t(`wall.scene.${scenes[wall.at]!}`);
  return html`
    <footer class="wall-bottom">
      <div class="wall-dots" role="img" aria-label=${position}>
        ${scenes.map((one, i) => canShow(one, state, wall) ? html`<span class=${i === wall.at ? "on" : ""} data-scene=${one}></span>` : nothing)}
      </div>
      <div class="wall-controls" role="group" aria-label=${t("wall.controls")}>
        <button @click=${() => acts.step(-1)}>${icon("left")} ${t("wall.previous")}</button>
        <button @click=${acts.pause} aria-pressed=${wall.paused}>${icon(wall.paused ? "right" : "stop")} ${t(wall.paused ? "wall.resume" : "wall.pause")}</button>
        <button @click=${() => acts.step(1)}>${icon("right")} ${t("wall.next")}</button>
        <button @click=${acts.fullScreen} aria-pressed=${full}>${icon("fit")} ${t(full ? "wall.small" : "wall.full")}</button>
        <a href="#">${icon("cross")} ${t("wall.leave")}</a>
      </div>
    </footer>
  `;
}
