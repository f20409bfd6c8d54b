/** The time that the map shows: live, or days or months of the past, which can be stepped through and played. */
import { html, nothing, type TemplateResult } from "lit-html";
import { momentWords, monthsOf, moved, stepsBetween, widthOf, WIDTHS, type Moment, type Unit } from "../../map/time";
import { SPEEDS } from "../../map/state";
import { icon } from "../icons";
import { zoneOf, type View } from "../view";

export function timeBar(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { shown, timeOpen } = state.atlas;
  if (!timeOpen && !shown) {
    return html`
      <section class="time-bar closed" aria-label=${t("map.time")}>
        <button class="tool" @click=${() => open(view)} aria-expanded="false">
          <span class="live-dot" aria-hidden="true"></span><strong>${t("map.live")}</strong> <span class="muted">${t("map.time_open")}</span> ${icon("clock")}
        </button>
      </section>
    `;
  }
  return html`
    <section class="time-bar ${shown ? "past" : ""}" aria-label=${t("map.time")} @keydown=${(event: KeyboardEvent) => key(event, view)}>
      <div class="time-head">
        <p class="time-shown" role="status" data-shown=${shown ? `${shown.from}/${shown.to}` : "live"}>
          ${shown ? momentWords(shown, state.language) : html`<span class="live-dot" aria-hidden="true"></span>${t("map.live")}`}
        </p>
        <p class="small muted time-note">${note(view)}</p>
        ${shown ? html`<button class="secondary to-live" @click=${() => actions.atlas.show(null)}><span class="live-dot" aria-hidden="true"></span>${t("map.live_back")}</button>` : nothing}
        <button class="quiet" aria-label=${t("map.time_close")} title=${t("map.time_close")} @click=${() => close(view)}>${icon("cross")}</button>
      </div>
      ${slider(view, shown ?? live(view))} ${choices(view)}
    </section>
  `;
}

/** The newest month: where the slider stands while the map is live. */
function live({ actions }: View): Moment {
  const { last } = actions.atlas.ends("month");
  return { unit: "month", from: last, to: moved(last, 1) };
}

function open({ actions }: View): void {
  actions.atlas.patch({ timeOpen: true });
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".time-slider input")?.focus());
}

function close({ actions }: View): void {
  actions.atlas.show(null);
  actions.atlas.patch({ timeOpen: false });
}

function note({ t, state }: View): string {
  const { shown, layers } = state.atlas;
  if (!shown) return t("map.live_hint");
  if (shown.unit === "day" && layers.includes("density")) {
    const months = monthsOf(shown, state.now, zoneOf(state));
    return t("map.density_by_month", { months: momentWords({ unit: "month", ...months }, state.language) });
  }
  return "";
}

function slider(view: View, moment: Moment): TemplateResult {
  const { t, state, actions } = view;
  const { playing } = state.atlas;
  const { first, last } = actions.atlas.ends(moment.unit);
  const [most, at] = [Math.max(0, stepsBetween(first, last) + 1 - widthOf(moment)), stepsBetween(first, moment.from)];
  const to = (event: Event) => {
    const from = moved(first, Number((event.target as HTMLInputElement).value));
    if (!state.atlas.shown) actions.atlas.setUnit(moment.unit);
    actions.atlas.setFrom(from);
  };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches; // steps alone then
  return html`
    <div class="time-slider">
      <button class="quiet" aria-label=${t("map.step_back")} title=${t("map.step_back")} ?disabled=${at <= 0} @click=${() => stepped(view, moment, -1)}>${icon("left")}</button>
      ${still ? nothing : html`<button class="primary play" aria-label=${t(playing ? "map.pause" : "map.play")} title=${t(playing ? "map.pause" : "map.play")} @click=${() => actions.atlas.play()}>${icon(playing ? "pause" : "play")}</button>`}
      <button class="quiet" aria-label=${t("map.step_on")} title=${t("map.step_on")} ?disabled=${at >= most} @click=${() => stepped(view, moment, 1)}>${icon("right")}</button>
      <span class="small end">${momentWords({ unit: moment.unit, from: first, to: moved(first, 1) }, state.language)}</span>
      <input type="range" min="0" max=${most} step="1" .value=${String(at)} aria-label=${t("map.slider")} aria-valuetext=${momentWords(moment, state.language)} @input=${to} />
      <span class="small end">${t("map.live_now")}</span>
    </div>
  `;
}

function stepped({ state, actions }: View, moment: Moment, by: number): void {
  if (!state.atlas.shown) actions.atlas.setUnit(moment.unit);
  actions.atlas.step(by);
}

function choices({ t, state, actions }: View): TemplateResult {
  const { shown, speed } = state.atlas;
  const width = shown ? widthOf(shown) : 0;
  const unit = shown?.unit ?? "month";
  return html`
    <div class="time-choices">
      <div class="segments small" role="radiogroup" aria-label=${t("map.unit")}>
        ${(["month", "day"] as const).map((one: Unit) => html`
          <label class="segment"><input type="radio" name="time-unit" .checked=${shown?.unit === one} @change=${() => actions.atlas.setUnit(one)} /><span>${t(`map.unit.${one}`)}</span></label>`)}
      </div>
      <div class="segments small" role="radiogroup" aria-label=${t("map.width")}>
        ${WIDTHS[unit].map((one) => html`
          <label class="segment"><input type="radio" name="time-width" .checked=${width === one} @change=${() => actions.atlas.setUnit(unit, one)} /><span>${t(`map.width.${unit}`, { n: one })}</span></label>`)}
      </div>
      <label class="inline small">${t("map.speed")}
        <select name="time-speed" @change=${(event: Event) => actions.atlas.setSpeed(Number((event.target as HTMLSelectElement).value) as (typeof SPEEDS)[number])}>
          ${SPEEDS.map((one) => html`<option value=${one} ?selected=${one === speed}>${one}×</option>`)}
        </select></label>
    </div>
  `;
}

/** On the slider the browser steps by itself; space plays, wherever the focus is in the bar but on a button. */
function key(event: KeyboardEvent, view: View): void {
  const target = event.target as HTMLElement;
  const onSlider = target instanceof HTMLInputElement && target.type === "range";
  if (event.key === " " && onSlider) view.actions.atlas.play();
  else if (event.key === "Escape") close(view);
  else return;
  event.preventDefault();
}
