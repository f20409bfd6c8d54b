/** A camera, live for some minutes, to stand in any page: `${liveView(view, deploymentId)}`. It keeps its own state,
 * and ends by itself when it is no longer on the page. */
import "../styles/live-view.css";
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { duration } from "../format";
import { locale } from "../i18n";
import { icon } from "../ui/icons";
import type { View } from "../ui/view";
import { canProlong, clockLeft, mayAsk, MINUTES, reasonKey, secondsLeft } from "./rules";
import { liveSession, type LiveSession, type LiveViewState } from "./session";

export { liveViewChanged } from "./session";

type Shown = Pick<View, "state" | "t" | "store">;

const LONGEST_MINUTES = 30;
const SLOW_S = 8;
/** What five minutes cost, before the cloud says it: about 200 kbit/s. */
const EXPECTED_BYTES = 7_500_000;

/** @param deploymentId a camera of the reserve on show. */
export function liveView(view: Shown, deploymentId: string): TemplateResult {
  const { state, t, store } = view;
  const session = liveSession(deploymentId, () => store.set({}));
  const allowed = mayAsk(state.account?.memberships ?? [], state.reserve?.slug ?? "");
  return html`
    <div class="live-view" role="group" data-phase=${session.phase} aria-label=${t("live_view.title")} ${ref(session.shownIn)}>
      <div class="live-stage">
        ${session.phase === "showing" ? screen(view, session) : nothing}
        ${session.phase === "showing" && session.firstPictureS !== null ? nothing : cover(view, session, allowed)}
      </div>
      ${session.view && session.view.ended_at === null ? bar(view, session, session.view) : nothing}
      <p class="hidden" role="status">${spoken(view, session)}</p>
    </div>
  `;
}

function screen({ t }: Shown, session: LiveSession): TemplateResult {
  return html`
    <video class="live-video" muted playsinline autoplay aria-label=${t("live_view.video")} ${ref(session.videoIn)}></video>
    ${session.firstPictureS === null
      ? nothing
      : html`<p class="live-badge">${icon("live")}<span>${t("live_view.live")}</span></p>`}
    ${session.stalled ? html`<p class="live-stalled">${t("live_view.stalled")}</p>` : nothing}
  `;
}

/** What stands in the frame while there is no picture. */
function cover(view: Shown, session: LiveSession, allowed: boolean): TemplateResult {
  const { t, state } = view;
  if (session.failure) {
    return html`<div class="live-cover">
      <p class="live-words" role="alert">${failureWords(view, session.failure)}</p>
      ${askButton(view, session, t("live_view.again"))}
    </div>`;
  }
  if (session.phase === "asking" || session.phase === "showing") {
    const waited = session.askedAt === null ? 0 : Math.round((Date.now() - session.askedAt) / 1000);
    return html`<div class="live-cover" data-waiting>
      <span class="live-wheel" aria-hidden="true"></span>
      <p class="live-words">${t(session.phase === "asking" ? "live_view.asking" : "live_view.arriving")}</p>
      <p class="muted small">
        ${waited < SLOW_S ? t("live_view.usually") : t("live_view.waiting", { time: duration(waited, state.language) })}
      </p>
    </div>`;
  }
  if (session.phase === "over") {
    return html`<div class="live-cover">
      <p class="live-words">${overWords(view, session.view!)}</p>
      ${session.view!.segments > 0
        ? html`<p class="muted small">${summary(view, session.view!)}</p>`
        : nothing}
      ${askButton(view, session, t("live_view.again"))}
    </div>`;
  }
  return html`<div class="live-cover">
    ${allowed
      ? html`${askButton(view, session, t("live_view.ask"))}
          <p class="muted small">
            ${t("live_view.costs", { minutes: MINUTES, size: size(EXPECTED_BYTES, state.language) })}
          </p>`
      : html`<p class="live-words">${t("live_view.not_for_you")}</p>`}
  </div>`;
}

function askButton({ t }: Shown, session: LiveSession, words: string): TemplateResult {
  return html`<button class="primary live-ask" ?disabled=${session.busy} @click=${() => session.ask()}>
    ${icon("live")}<span>${words}</span>
  </button>
  <span class="hidden">${t("live_view.ends_itself")}</span>`;
}

function bar(view: Shown, session: LiveSession, shown: LiveViewState): TemplateResult {
  const { t, state } = view;
  const left = secondsLeft(shown.until, Date.now());
  const { bytes, used_bytes: used, node_left_bytes: nodeLeft } = shown.budget;
  return html`
    <div class="live-bar">
      <dl class="live-facts">
        <div>
          <dt>${t("live_view.left")}</dt>
          <dd class="figure">${clockLeft(left)}</dd>
        </div>
        <div>
          <dt>${t("live_view.data")}</dt>
          <dd>
            <span class="figure">${t("live_view.of", { used: size(used, state.language), most: size(bytes, state.language) })}</span>
            <meter min="0" max=${bytes} .value=${used} aria-label=${t("live_view.data")}></meter>
          </dd>
        </div>
        ${nodeLeft === null
          ? nothing
          : html`<div>
              <dt>${t("live_view.today")}</dt>
              <dd class="figure">${t("live_view.left_today", { size: size(nodeLeft, state.language) })}</dd>
            </div>`}
      </dl>
      <div class="live-buttons">
        <button
          class="secondary"
          ?disabled=${session.busy || left > MINUTES * 60 || !canProlong(shown, LONGEST_MINUTES)}
          @click=${() => session.ask(Math.ceil(left / 60) + MINUTES)}
        >
          ${icon("plus")}<span>${t("live_view.more", { minutes: MINUTES })}</span>
        </button>
        <button class="secondary" ?disabled=${session.busy} @click=${() => session.stop()}>
          ${icon("stop")}<span>${t("live_view.stop")}</span>
        </button>
      </div>
    </div>
  `;
}

/** What a screen reader is told: changes, not every second. */
function spoken(view: Shown, session: LiveSession): string {
  const { t, state } = view;
  if (session.phase === "asking") return t("live_view.asking");
  if (session.phase === "showing") {
    return session.firstPictureS === null
      ? t("live_view.arriving")
      : t("live_view.first_after", { time: duration(session.firstPictureS, state.language) });
  }
  return session.phase === "over" ? overWords(view, session.view!) : "";
}

function overWords({ t }: Shown, shown: LiveViewState): string {
  const words = t(reasonKey(shown));
  return shown.reason === "stopped" && shown.stopped_by ? t("live_view.stopped_by", { name: shown.stopped_by }) : words;
}

function summary({ t, state }: Shown, shown: LiveViewState): string {
  const first = shown.first_picture_after_s;
  return t("live_view.summary", {
    size: size(shown.budget.used_bytes, state.language),
    time: duration(first ?? 0, state.language),
  });
}

function failureWords({ t }: Shown, failure: { status: number; detail: string }): string {
  if (failure.status === 0) return t("live_view.failed.no_answer");
  if (failure.status === 403) return t("live_view.failed.forbidden");
  if (failure.status === 429) return t("live_view.failed.busy");
  return t("live_view.failed.other", { detail: failure.detail });
}

/** Bytes as a mobile contract counts them: 1.5 MB. */
function size(bytes: number, language: Shown["state"]["language"]): string {
  const megabytes = bytes / 1_000_000;
  return new Intl.NumberFormat(locale(language), {
    style: "unit", unit: "megabyte", maximumFractionDigits: megabytes < 10 ? 1 : 0,
  }).format(megabytes);
}
