/** A camera's clock: the time that counts, with the camera's own beneath, and the dialog that corrects it for all that
 * the camera saw. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { failureWords } from "../../i18n/failures";
import { offsetOf, PARTS, shiftWords, trueTime, wallSeconds, type ClockFix } from "../../review/clock";
import { itemOf } from "../../review/state";
import type { Corrections, ReviewItem } from "../../wire";
import { icon } from "../icons";
import { openDialog } from "../picture";
import { ago, clock, fullTime, zoneOf, type View } from "../view";

/** When the picture was taken, as it counts. */
export function takenAt(view: View, item: ReviewItem): TemplateResult {
  const at = trueTime(item);
  return html`<time datetime=${at} title=${fullTime(view, at)}>${clock(view, at)}</time>`;
}

/** In full, with what the camera says where that was corrected, and the way to correct it. */
export function clockLine(view: View, item: ReviewItem): TemplateResult {
  const { t, state, actions } = view;
  const { clock_offset_s: offset } = item;
  const zone = zoneOf(state);
  return html`
    <div class="taken">
      <p class="meta" data-figure="taken">${takenAt(view, item)}</p>
      <button class="secondary compact" data-action="clock" data-opens="dialog" title=${`${t("review.help.clock")} (C)`}
        @click=${actions.review.clock.open}>${icon("clock")} ${t("review.clock")}</button>
      ${offset === 0
        ? nothing
        : html`<p class="muted small own-time" data-figure="own-time">
            ${t("review.clock.corrected", { shift: shiftWords(offset, state.language, t) })} ·
            ${t("review.clock.by_camera", { time: spaced(wallSeconds(Date.parse(item.observed_at), zone)) })}
          </p>`}
    </div>
  `;
}

export function clockDialog(view: View, fix: ClockFix): TemplateResult {
  const { t, actions } = view;
  const close = () => {
    actions.review.clock.close();
    document.querySelector<SVGElement>(".stage svg")?.focus({ preventScroll: true });
  };
  return html`
    <dialog class="sheet clock-fix" aria-labelledby="clock-heading" ${ref(openDialog)} @close=${close}
      @click=${(event: Event) => event.target === event.currentTarget && close()}>
      <div class="sheet-body">
        <h2 id="clock-heading">${t("review.clock.heading", { camera: fix.camera })}</h2>
        ${times(view, fix)}
        ${fix.given?.may_correct ? form(view, fix, fix.given) : nothing}
        ${fix.given && !fix.given.may_correct ? html`<p class="note small">${t("review.clock.read_only")}</p>` : nothing}
        <div role="status">${trouble(view, fix)}</div>
        ${fix.given ? history(view, fix, fix.given) : html`<p class="muted small" role="status">${t("review.loading")}</p>`}
      </div>
      <button class="quiet close" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
    </dialog>
  `;
}

function times(view: View, fix: ClockFix): TemplateResult {
  const { t, state } = view;
  const zone = zoneOf(state);
  const item = itemOf(state.review);
  const counts = item ? Date.parse(trueTime(item)) : fix.taken;
  return html`
    <dl class="clock-times">
      <dt>${t("review.clock.camera_says")}</dt>
      <dd data-figure="camera-says">${spaced(wallSeconds(fix.taken, zone))}</dd>
      ${counts === fix.taken || item?.clock_offset_s === 0
        ? nothing
        : html`<dt>${t("review.clock.counts_as")}</dt><dd data-figure="counts-as">${spaced(wallSeconds(counts, zone))}</dd>`}
    </dl>
    <p class="muted small">${t("review.clock.zone", { zone })}</p>
  `;
}

function form(view: View, fix: ClockFix, given: Corrections): TemplateResult {
  const { t, state, actions } = view;
  const { edit, send } = actions.review.clock;
  const offset = offsetOf(fix, zoneOf(state));
  const way = (by: ClockFix["by"], words: string) => html`
    <label class="check"><input type="radio" name="clock-by" value=${by} .checked=${fix.by === by} @change=${() => edit({ by })} /> ${words}</label>
  `;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void send();
  };
  const button = fix.busy ? "review.clock.sending" : fix.failure && fix.tried ? "review.clock.send_again" : "review.clock.send";
  return html`
    <form class="clock-form" @submit=${submit}>
      <fieldset>
        <legend>${t("review.clock.how")}</legend>
        ${way("time", t("review.clock.by_time"))} ${way("offset", t("review.clock.by_offset"))}
      </fieldset>
      ${fix.by === "time"
        ? html`<label>${t("review.clock.true_time")}
            <input type="datetime-local" step="1" name="true-time" .value=${fix.trueTime}
              @input=${(event: Event) => edit({ trueTime: (event.target as HTMLInputElement).value })} /></label>`
        : offsetFields(view, fix)}
      <label>${t("review.clock.note")}
        <input name="note" maxlength="500" autocomplete="off" placeholder=${t("review.clock.note_example")} .value=${fix.note}
          @input=${(event: Event) => edit({ note: (event.target as HTMLInputElement).value })} /></label>
      <p class="note" role="status" data-figure="effect">${effectWords(view, offset, given)}</p>
      <button class="primary" data-action="correct" ?disabled=${fix.busy || offset === null || offset === given.offset_s}>${t(button)}</button>
    </form>
  `;
}

function offsetFields({ t, actions }: View, { offset }: ClockFix): TemplateResult {
  const { edit } = actions.review.clock;
  return html`
    <label>${t("review.clock.direction")}
      <select name="direction" @change=${(event: Event) => edit({ offset: { ...offset, later: (event.target as HTMLSelectElement).value === "later" } })}>
        <option value="later" ?selected=${offset.later}>${t("review.clock.is_later")}</option>
        <option value="earlier" ?selected=${!offset.later}>${t("review.clock.is_earlier")}</option>
      </select></label>
    <div class="clock-parts">
      ${PARTS.map(
        (part) => html`<label>${t(`review.clock.${part}`)}
          <input type="number" min="0" step=${part === "seconds" ? "any" : "1"} name=${part} .value=${Number.isNaN(offset[part]) ? "" : String(offset[part])}
            @input=${(event: Event) => edit({ offset: { ...offset, [part]: (event.target as HTMLInputElement).valueAsNumber } })} /></label>`,
      )}
    </div>
  `;
}

/** What will happen, before it does. */
export function effectWords(view: Pick<View, "state" | "t">, offset: number | null, given: Corrections): string {
  const { t, state } = view;
  if (offset === null) return t("review.clock.incomplete");
  if (offset === given.offset_s) return t("review.clock.same");
  const values = {
    n: new Intl.NumberFormat(state.language).format(given.observations), shift: shiftWords(offset, state.language, t),
    from: given.first_at ? fullTime(view, given.first_at) : "", to: given.last_at ? fullTime(view, given.last_at) : "",
  };
  const effect = { 0: "review.clock.effect_none", 1: "review.clock.effect_one" } as const;
  const words = t(effect[given.observations as 0 | 1] ?? "review.clock.effect", values);
  if (given.offset_s === 0) return words;
  return `${words} ${t("review.clock.replaces", { shift: shiftWords(given.offset_s, state.language, t) })}`;
}

function trouble({ t, state, actions }: View, { failure, given, tried }: ClockFix): TemplateResult | typeof nothing {
  if (!failure) return nothing;
  return html`
    <p class="error">${t("review.clock.failed", { detail: failureWords(failure, state.language) })} ${tried ? t("review.clock.failed_note") : nothing}</p>
    ${given ? nothing : html`<button class="secondary" @click=${actions.review.clock.again}>${t("retry")}</button>`}
  `;
}

function history(view: View, fix: ClockFix, { items, may_correct }: Corrections): TemplateResult {
  const { t, state, actions } = view;
  if (items.length === 0) return html`<p class="muted small">${t("review.clock.none")}</p>`;
  return html`
    <section class="clock-history">
      <h3>${t("review.clock.history")}</h3>
      <ol>
        ${items.map((one) => html`
          <li class=${one.undone_at ? "undone" : ""} data-correction=${one.undone_at ? "undone" : "holds"}>
            <p>
              <strong>${shiftWords(one.offset_s, state.language, t)}</strong>
              <span class="muted small" title=${fullTime(view, one.at)}>${t("review.clock.given_by", { account: one.account, ago: ago(view, one.at) })}</span>
            </p>
            ${one.note ? html`<p class="small">${one.note}</p>` : nothing}
            ${one.undone_at
              ? html`<p class="muted small" title=${fullTime(view, one.undone_at)}>
                  ${t("review.clock.undone_by", { account: one.undone_by ?? "–", ago: ago(view, one.undone_at) })}
                </p>`
              : html`<p class="small">
                  <span class="chip">${t("review.clock.holds")}</span>
                  ${may_correct
                    ? html`<button class="secondary compact" data-action="undo-clock" ?disabled=${fix.busy} @click=${actions.review.clock.undo}>
                        ${icon("undo")} ${t("review.clock.undo")}
                      </button>`
                    : nothing}
                </p>`}
          </li>
        `)}
      </ol>
    </section>
  `;
}

function spaced(wall: string): string {
  return wall.replace("T", " ");
}
