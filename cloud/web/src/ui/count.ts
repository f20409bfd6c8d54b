/** Asking for a count: where, when, which species. The answer is in count-result.ts. */
import { html, nothing, type TemplateResult } from "lit-html";
import { failureWords } from "../i18n/failures";
import { localName } from "../map/features";
import { EMPTY } from "../polygon";
import type { AreaChoice, Failure } from "../store";
import { toWall, type Span } from "../time";
import { commonName, FILTER_TAXA } from "../taxa";
import { countResult } from "./count-result";
import { icon } from "./icons";
import { zoneOf, type View } from "./view";

const SPANS: readonly Span[] = ["today", "7d", "30d", "all", "custom"];

export function countPanel(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { countFailure, counting, result } = state;
  return html`
    <h2>${t("count.heading")}</h2>
    <form
      class="count-form"
      @submit=${(event: Event) => {
        event.preventDefault();
        void actions.count();
      }}
    >
      ${areaChoice(view)} ${spanChoice(view)} ${taxonChoice(view)}
      <button class="primary" ?disabled=${counting}>${t(counting ? "count.running" : "count.submit")}</button>
    </form>
    <div aria-live="polite" aria-busy=${counting}>
      ${countFailure ? html`<p class="error">${whatFailed(view, countFailure)}</p>` : nothing}
      ${result ? countResult(view, result) : nothing}
    </div>
  `;
}

export function startDrawing({ store, map }: View): void {
  store.set({ drawing: EMPTY, drawRefusal: null, tab: "count", selectedDeployment: null });
  map.focus();
}

function areaChoice(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { area, drawn } = state.form;
  const value = area.kind === "zone" ? area.id : area.kind;
  const choose = (event: Event) => {
    const chosen = (event.target as HTMLSelectElement).value;
    const choice: AreaChoice = chosen === "drawn" || chosen === "reserve" ? { kind: chosen } : { kind: "zone", id: chosen };
    void actions.count({ area: choice });
  };
  return html`
    <label for="count-area">${t("count.area")}</label>
    <div class="pair">
      <select id="count-area" @change=${choose}>
        <option value="reserve" ?selected=${value === "reserve"}>${t("count.area_reserve")}</option>
        ${drawn
          ? html`<option value="drawn" ?selected=${value === "drawn"}>${t("count.area_drawn")}</option>`
          : nothing}
        ${state.zones.features.map(
          ({ properties: zone }) => html`
            <option value=${zone.id} ?selected=${value === zone.id}>
              ${t("count.area_zone", { name: localName(zone, state.language) })}
            </option>
          `,
        )}
      </select>
      <button type="button" class="secondary" data-action="draw" @click=${() => startDrawing(view)}>
        ${icon("polygon")} ${t(drawn ? "count.redraw" : "count.draw")}
      </button>
    </div>
  `;
}

function spanChoice(view: View): TemplateResult {
  const { t, state, store, actions } = view;
  const { span, customFrom, customTo } = state.form;
  const choose = (chosen: Span) => {
    if (chosen !== "custom") return void actions.count({ span: chosen });
    const [now, zone] = [state.now, zoneOf(state)];
    const form = { ...state.form, span: chosen };
    form.customFrom ||= toWall(now - 86_400_000, zone);
    form.customTo ||= toWall(now, zone);
    store.set({ form });
  };
  return html`
    <fieldset>
      <legend>${t("count.span")}</legend>
      <div class="segments">
        ${SPANS.map(
          (one) => html`
            <label class="segment">
              <input type="radio" name="span" value=${one} .checked=${one === span} @change=${() => choose(one)} />
              <span>${t(`count.${one}`)}</span>
            </label>
          `,
        )}
      </div>
      ${span === "custom"
        ? html`
            <div class="pair even">
              ${wallInput(view, t("count.from"), customFrom, (customFrom) => ({ customFrom }))}
              ${wallInput(view, t("count.to"), customTo, (customTo) => ({ customTo }))}
            </div>
            <p class="muted small">${t("live.times", { zone: zoneOf(state) })}</p>
          `
        : nothing}
    </fieldset>
  `;
}

function wallInput(
  { store }: View, label: string, value: string, change: (value: string) => object,
): TemplateResult {
  return html`
    <label>
      ${label}
      <input
        type="datetime-local"
        .value=${value}
        @change=${(event: Event) => {
          const fields = change((event.target as HTMLInputElement).value);
          store.set((state) => ({ form: { ...state.form, ...fields } }));
        }}
      />
    </label>
  `;
}

function taxonChoice({ t, state, actions }: View): TemplateResult {
  const chosen = state.form.taxon;
  return html`
    <label for="count-taxon">${t("count.taxon")}</label>
    <select
      id="count-taxon"
      @change=${(event: Event) => void actions.count({ taxon: (event.target as HTMLSelectElement).value || null })}
    >
      <option value="" ?selected=${chosen === null}>${t("count.taxon_all")}</option>
      ${FILTER_TAXA.map(
        (name) => html`
          <option value=${name} ?selected=${chosen === name}>${commonName(name, state.language)} · ${name}</option>
        `,
      )}
    </select>
  `;
}

function whatFailed({ t, state }: View, failure: Failure | "bad_span" | "draw_first"): string {
  if (typeof failure === "string") return t(`count.${failure}`);
  return t("count.failed", { detail: failureWords(failure, state.language) });
}
