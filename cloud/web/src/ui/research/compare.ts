/** Two areas or two times against each other, as a ratio in words and as a dot on its interval. */
import { html, nothing, type TemplateResult } from "lit-html";
import { interval, significant, speciesName } from "../../format";
import type { Against } from "../../research/address";
import { ratioTicks, share } from "../../research/scale";
import type { SpanChoice } from "../../research/span";
import type { ComparedSpecies, Comparison } from "../../research/wire";
import { ratioWords, whereWords } from "../../research/words";
import { card } from "../desk/parts";
import { scientific } from "../live";
import { fullTime, type View } from "../view";
import { dotAxis, dotLine, notObserved, verdict } from "./parts";
import { spanField, whereChoice } from "./question";

export function compareSection(view: View): TemplateResult {
  const { t, state } = view;
  const answer = state.research.comparison;
  return card(t("research.section.compare"), html`
    ${against(view)}
    ${answer ? html`${sides(view, answer)} ${table(view, answer.value)} ${verdict(view, answer.value.verdict)}` : nothing}
  `, nothing, "compare");
}

function against(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { against, question } = state.research.route;
  const choose = (event: Event) => {
    const kind = (event.target as HTMLSelectElement).value as Against["kind"];
    if (kind === "where") actions.research.go({ against: { kind, where: { kind: "reserve" } } });
    else if (kind === "span") actions.research.go({ against: { kind, span: question.span } });
    else actions.research.go({ against: { kind } });
  };
  return html`
    <div class="against">
      <label class="field">${t("research.against")}
        <select name="against" @change=${choose}>
          ${(["before", "year", "span", "where"] as const).map((one) => html`<option value=${one} ?selected=${one === against.kind}>${t(`research.against.${one}`)}</option>`)}
        </select></label>
      ${against.kind === "where" ? whereChoice(view, "against", against.where) : nothing}
      ${against.kind === "span" ? spanField(view, "against-span", against.span, (span: SpanChoice) => actions.research.go({ against: { kind: "span", span } })) : nothing}
    </div>
  `;
}

/** What A and B are, with the effort of each. */
function sides(view: View, { asked, against: other, value }: NonNullable<View["state"]["research"]["comparison"]>): TemplateResult {
  const { t, state } = view;
  const { question, against } = state.research.route;
  const place = (side: "a" | "b") => {
    const where = side === "b" && against.kind === "where" ? against.where : question.where;
    return whereWords(where, state.zones, state.language, t);
  };
  const span = (side: "a" | "b") => {
    const { from, to } = side === "a" ? asked : other;
    return t("count.result_span", { from: fullTime(view, from), to: fullTime(view, to) });
  };
  return html`
    <div class="sides">
      ${(["a", "b"] as const).map((side) => html`
        <section class="side" data-side=${side} data-status=${value[side].status}>
          <h3><span class="letter">${side.toUpperCase()}</span> ${place(side)}</h3>
          <p class="small muted">${span(side)}</p>
          ${value[side].status === "not_observed"
            ? notObserved(view, "research.compare.not_observed")
            : html`<p class="small">${t("count.camera_days", { n: significant(value[side].camera_days, state.language) })} ·
                ${t("research.compare.cameras", { looked: value[side].looked, all: value[side].deployments })}</p>`}
        </section>`)}
    </div>
  `;
}

function table(view: View, { species }: Comparison): TemplateResult {
  const { t, state } = view;
  if (species.length === 0) return html`<p class="muted">${t("research.compare.nothing")}</p>`;
  const known = species.flatMap((one) => (one.ratio ? [one.ratio] : []));
  const finite = known.flatMap((one) => [one.low, one.value, one.high]).filter((one): one is number => one !== null && one > 0);
  const marks = ratioTicks(Math.max(0.01, Math.min(1, ...finite)), Math.min(100, Math.max(1, ...finite)));
  const place = (value: number) => share(Math.log(Math.max(value, 1e-9)), [Math.log(marks[0]!), Math.log(marks.at(-1)!)]);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t("research.section.compare")}>
      <table class="compare-table">
        <caption class="hidden">${t("research.section.compare")}</caption>
        <thead><tr>
          <th scope="col">${t("count.species")}</th>
          <th scope="col" class="number">A<span class="sub">${t("count.rate")}</span></th>
          <th scope="col" class="number">B<span class="sub">${t("count.rate")}</span></th>
          <th scope="col" class="plot">${t("research.ratio")}${dotAxis(marks, place, state.language)}</th>
          <th scope="col" class="words">${t("research.ratio.words")}</th>
        </tr></thead>
        <tbody>${species.map((one) => row(view, one, marks, place))}</tbody>
      </table>
    </div>
  `;
}

function row(view: View, one: ComparedSpecies, marks: readonly number[], place: (value: number) => number): TemplateResult {
  const { t, state } = view;
  const name = speciesName(one, state.language, t);
  const side = (found: ComparedSpecies["a"]) => {
    if (!found) return html`<td class="number unseen">${t("count.not_observed")}</td>`;
    const rate = found.rate_per_100_camera_days;
    return html`<td class="number">${significant(rate.estimate, state.language)}<span class="sub">${interval(rate, state.language)}</span>
      <span class="sub">${t("research.compare.seen", { events: found.events, individuals: found.individuals })}</span></td>`;
  };
  const words = one.ratio ? ratioWords(one.ratio, t, state.language) : t(one.a && one.b ? "research.ratio.neither" : "research.ratio.unknown");
  return html`
    <tr data-species=${one.scientific_name ?? one.observation_type}>
      <th scope="row">${name}${scientific(one.scientific_name, name)}</th>
      ${side(one.a)} ${side(one.b)}
      <td class="plot">${one.ratio
        ? dotLine({ value: one.ratio.value, low: one.ratio.low, high: one.ratio.high }, place, marks, `${name}: ${words}`)
        : html`<span class="muted">–</span>`}</td>
      <td class="words">${words}</td>
    </tr>
  `;
}
