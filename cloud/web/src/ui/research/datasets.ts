/** Data sets of others: in as a Camtrap DP, with a report of every row that could not be used; out again, away. */
import { html, nothing, type TemplateResult } from "lit-html";
import { datasetUrl } from "../../research/api";
import type { Dataset, Imported } from "../../research/wire";
import { card, teaching } from "../desk/parts";
import { icon } from "../icons";
import { fullTime, type View } from "../view";

const SHOWN = 50;

export function datasetsCard(view: View, may: boolean): TemplateResult {
  const { t, state, actions } = view;
  const { datasets, importing, imported } = state.research.files;
  const chosen = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (file) void actions.research.files.importDataset(file);
  };
  const add = may
    ? html`<label class="secondary file-button" aria-disabled=${importing}>${icon("upload")} ${t(importing ? "research.dataset.importing" : "research.dataset.import")}
        <input type="file" class="hidden" accept=".zip" ?disabled=${importing} @change=${chosen} /></label>`
    : nothing;
  return card(t("research.datasets"), html`
    ${imported ? report(view, imported) : nothing}
    ${datasets?.length
      ? html`<ul class="datasets">${datasets.map((one) => dataset(view, one, may))}</ul>`
      : teaching(t("research.dataset.none"), t("research.dataset.none_body"))}
  `, add, "datasets");
}

function dataset(view: View, one: Dataset, may: boolean): TemplateResult {
  const { t, state, actions } = view;
  const { files } = actions.research;
  const sure = state.research.files.removing === one.id;
  return html`
    <li data-dataset=${one.id}>
      <p><strong>${one.name}</strong> ${one.licence ? html`<span class="muted small">${one.licence}</span>` : nothing}</p>
      <p class="small">${t("research.dataset.size", { deployments: one.deployments, media: one.media, observations: one.observations })}</p>
      ${one.effort_from_dates ? html`<p class="note small">${t("research.dataset.effort_from_dates")}</p>` : nothing}
      ${one.citation ? html`<p class="small muted">${one.citation}</p>` : nothing}
      <p class="small muted">${t("research.dataset.when", { when: fullTime(view, one.imported_at), who: one.account ?? "–" })}</p>
      <div class="buttons">
        <a class="button secondary" href=${datasetUrl(one.id)} download>${t("research.dataset.export")}</a>
        ${!may ? nothing : sure
          ? html`<button class="grave" @click=${() => void files.removeDataset(one.id)}>${t("research.dataset.remove_sure")}</button>
              <button class="secondary" @click=${() => files.set({ removing: null })}>${t("desk.cancel")}</button>`
          : html`<button class="secondary" @click=${() => files.set({ removing: one.id })}>${icon("trash")} ${t("desk.remove")}</button>`}
      </div>
    </li>
  `;
}

function report({ t }: View, one: Imported): TemplateResult {
  return html`
    <section class="import-report" role="status" data-rejected=${one.rejected_rows} aria-label=${t("research.dataset.report")}>
      <h3>${icon("check")} ${one.new ? one.name : t("research.dataset.known", { name: one.name })}</h3>
      <p>${t("research.dataset.counted", {
        deployments: one.deployments, media: one.media, pictures: one.pictures, observations: one.observations, counted: one.counted,
      })}</p>
      ${one.effort_from_dates ? html`<p class="note small">${t("research.dataset.effort_from_dates")}</p>` : nothing}
      ${one.rejected_rows === 0
        ? html`<p>${t("research.dataset.all_rows")}</p>`
        : html`<p>${icon("warning")} ${t("research.dataset.rejected", { n: one.rejected_rows })}</p>
            <div class="scroll" tabindex="0" role="region" aria-label=${t("research.section.files")}><table>
              <thead><tr><th scope="col">${t("research.dataset.table")}</th><th scope="col" class="number">${t("research.dataset.row")}</th><th scope="col">${t("research.dataset.why")}</th></tr></thead>
              <tbody>${one.rejected.slice(0, SHOWN).map((row) => html`<tr><td>${row.table}</td><td class="number">${row.row}</td><td lang="en">${row.reason}</td></tr>`)}</tbody>
            </table></div>`}
    </section>
  `;
}
