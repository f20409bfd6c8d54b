/** Where: the rate in each cell of a grid, on the map. What nobody looked at is hatched, not empty. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { significant } from "../../format";
import { limitsOf, shadeOf } from "../../map/cells";
import { H3_SIZES, SQUARE_SIZES, type Cells } from "../../research/address";
import type { Cell, Grid } from "../../research/wire";
import { taxonWords, withInterval } from "../../research/words";
import { card } from "../desk/parts";
import { mapFrame } from "../map-frame";
import type { View } from "../view";
import { figures, notObserved, spanOfAnswer, verdict } from "./parts";

const H3_EDGE_KM: Readonly<Record<number, number>> = { 5: 9.9, 6: 3.7, 7: 1.4, 8: 0.53, 9: 0.2 };
const LISTED = 200;

export function gridSection(view: View): TemplateResult {
  const { t, state } = view;
  const { grid: answer, route } = state.research;
  const { species } = route.question;
  const what = species[0] ? taxonWords(species[0], state.language, t) : t("research.grid.all_animals");
  return card(t("research.section.map"), html`
    <div class="toolbar">${cellsChoice(view)} <p>${t("research.grid.what", { what })}</p></div>
    ${species.length > 1 ? html`<p class="note small">${t("research.grid.first_only", { what })}</p>` : nothing}
    ${answer ? html`<p class="muted small">${spanOfAnswer(view, answer.asked)}</p>` : nothing}
    <div class="grid-map">${mapFrame(view)}</div>
    ${answer ? html`${legend(view, answer.value)} ${chosen(view, answer.value)} ${table(view, answer.value)} ${verdict(view, answer.value.verdict)}` : nothing}
  `, nothing, "map");
}

function cellsChoice({ t, state, actions }: View): TemplateResult {
  const { cells } = state.research.route;
  const choose = (event: Event) => {
    const [, kind, size] = /^(h3|square)(\d+)$/.exec((event.target as HTMLSelectElement).value)!;
    actions.research.go({ cells: { kind: kind as Cells["kind"], size: Number(size) } });
  };
  const option = (kind: Cells["kind"], size: number, words: string) =>
    html`<option value=${`${kind}${size}`} ?selected=${kind === cells.kind && size === cells.size}>${words}</option>`;
  const length = (metres: number) => (metres >= 1000 ? `${significant(metres / 1000, state.language)} km` : `${metres} m`);
  return html`
    <label class="inline">${t("research.grid.cells")}
      <select name="cells" @change=${choose}>
        <optgroup label=${t("research.grid.h3")}>
          ${H3_SIZES.map((size) => option("h3", size, t("research.grid.h3_size", { size, km: `${H3_EDGE_KM[size]} km` })))}</optgroup>
        <optgroup label=${t("research.grid.squares")}>
          ${SQUARE_SIZES.map((size) => option("square", size, `${length(size)} × ${length(size)}`))}</optgroup>
      </select></label>
  `;
}

/** Every colour with the numbers it stands for; zero and "not observed" apart from them. */
function legend({ t, state }: View, grid: Grid): TemplateResult {
  const limits = limitsOf(grid);
  const n = (value: number) => significant(value, state.language);
  const swatch = (name: string) => html`<svg class="swatch" width="26" height="18" aria-hidden="true">${svg`<rect width="26" height="18" class=${name}></rect>`}</svg>`;
  return html`
    <div class="grid-legend">
      <p class="small muted">${t("count.rate")}</p>
      <ul>
        <li>${swatch("unseen")} ${t("count.not_observed")}</li>
        <li>${swatch("shade-0")} ${t("research.grid.zero")}</li>
        ${limits.map((limit, i) => html`<li>${swatch(`shade-${shadeOf(i + 1, limits.length)}`)} ${i === 0 ? t("research.grid.up_to", { n: n(limit) }) : `${n(limits[i - 1]!)} – ${n(limit)}`}</li>`)}
      </ul>
    </div>
  `;
}

function chosen(view: View, { features }: Grid): TemplateResult {
  const { t, state } = view;
  const cell = features.find((one) => one.properties.cell === state.research.cell)?.properties;
  if (!cell) return html`<p class="small muted" role="status">${t("research.grid.choose")}</p>`;
  return html`
    <div class="chosen-cell" role="status" data-cell=${cell.cell}>
      ${cell.rate === null
        ? notObserved(view, cell.deployments === 0 ? "research.grid.no_camera" : "count.not_observed_body")
        : html`<p><strong>${withInterval(cell.rate, cell.low, cell.high, state.language)}</strong> ${t("count.rate")}</p>
            <p>${t("research.grid.figures", { events: cell.events ?? 0, individuals: cell.individuals ?? 0, days: significant(cell.camera_days, state.language), cameras: cell.deployments })}</p>`}
      <p class="small muted">${t("research.grid.cell", { cell: cell.cell })}</p>
    </div>
  `;
}

function table(view: View, { features }: Grid): TemplateResult {
  const { t, state } = view;
  const looked = features.filter((one) => one.properties.rate !== null).sort((a, b) => b.properties.rate! - a.properties.rate!);
  const unseen = features.length - looked.length;
  const n = (value: number) => significant(value, state.language);
  const row = ({ properties: one }: Cell) =>
    [one.cell, withInterval(one.rate!, one.low, one.high, state.language), one.events ?? 0, one.individuals ?? 0, n(one.camera_days), one.deployments];
  return html`
    <p class="small" data-figure="cells">${t("research.grid.summary", { looked: looked.length, all: features.length, unseen })}</p>
    ${figures(view, t("research.section.map"),
      [t("research.grid.cell_head"), t("count.rate"), t("count.events"), t("count.individuals"), t("count.effort"), t("count.cameras")],
      looked.slice(0, LISTED).map(row))}
  `;
}
