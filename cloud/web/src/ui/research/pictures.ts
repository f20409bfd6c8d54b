/** The pictures behind a number, event by event, each with its way to the review page. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { failureWords } from "../../i18n/failures";
import { writeRoute, NO_FILTER } from "../../review/route";
import type { Trace } from "../../research/state";
import type { TracedEvent } from "../../research/wire";
import { taxonWords } from "../../research/words";
import { icon } from "../icons";
import { openDialog, thumbnail } from "../picture";
import { clock, fullTime, type View } from "../view";

const OF_EVENT = 4; // pictures of one event; the review page has all

export function traceDialog(view: View, trace: Trace): TemplateResult {
  const { t, state, actions } = view;
  const name = taxonWords(trace.taxon, state.language, t);
  const close = () => actions.research.patch({ trace: null });
  return html`
    <dialog class="sheet trace" aria-labelledby="trace-heading" ${ref(openDialog)} @close=${(event: Event) => event.target === event.currentTarget && close()}
      @click=${(event: Event) => event.target === event.currentTarget && close()}>
      <div class="sheet-body" aria-busy=${trace.busy}>
        <h2 id="trace-heading">${t("research.trace.heading", { name })}</h2>
        <p class="muted small">${t("research.trace.hint")}</p>
        ${trace.failure ? html`<p class="error" role="alert">${failureWords(trace.failure, state.language)}</p>` : nothing}
        ${!trace.busy && !trace.failure && trace.items.length === 0 ? html`<p>${t("research.trace.none")}</p>` : nothing}
        <ol class="traced">${trace.items.map((one) => event(view, one, name))}</ol>
        ${trace.busy ? html`<p role="status">${t("count.running")}</p>` : nothing}
        ${trace.cursor && !trace.busy
          ? html`<button class="secondary" @click=${() => void actions.research.moreTraced()}>${t("research.trace.more")}</button>`
          : nothing}
      </div>
      <button class="quiet close" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
    </dialog>
  `;
}

function event(view: View, one: TracedEvent, name: string): TemplateResult {
  const { t, state } = view;
  const place = state.deployments.features.find((each) => each.properties.id === one.deployment_id)?.properties.location_name ?? "";
  const first = one.media[0];
  return html`
    <li data-event=${one.started_at}>
      <div class="meta">
        <strong>${place}</strong>
        <time datetime=${one.started_at} title=${fullTime(view, one.started_at)}>${clock(view, one.started_at)}</time>
        <span>${t("live.count", { n: one.max_n })}</span>
        <span>${t("research.trace.observations", { n: one.observations, labelled: one.labelled })}</span>
        ${first ? html`<a href=${writeRoute({ page: "review", picture: first, filter: { ...NO_FILTER, reviewed: "all" } })}>${t("research.trace.review")}</a>` : nothing}
      </div>
      <div class="thumbs">
        ${one.media.length === 0
          ? html`<span class="muted small">${t("picture.none")}</span>`
          : one.media.slice(0, OF_EVENT).map((id) => thumbnail(view, id, `${name}, ${place}, ${fullTime(view, one.started_at)}`))}
        ${one.media.length > OF_EVENT ? html`<span class="muted small">${t("research.trace.further", { n: one.media.length - OF_EVENT })}</span>` : nothing}
      </div>
    </li>
  `;
}
