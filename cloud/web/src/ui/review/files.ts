/** Taking labels to other tools and back. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { exportUrl } from "../../client";
import { failureWords } from "../../i18n/failures";
import { query } from "../../review/actions";
import { mayLabel } from "../../review/state";
import type { Imported } from "../../wire";
import { icon } from "../icons";
import { openDialog } from "../picture";
import type { View } from "../view";

const FORMATS = [["coco", "COCO"], ["label_studio", "Label Studio"], ["yolo", "YOLO"]] as const;
const WHICH = ["labelled", "both", "proposed"] as const;
const ERRORS_SHOWN = 50;

export function filesDialog(view: View): TemplateResult {
  const { t, state, actions } = view;
  const close = () => actions.review.patch({ files: { open: false, busy: false, report: null, failure: null } });
  return html`
    <dialog class="sheet" aria-labelledby="files-heading" ${ref(openDialog)} @close=${close}
      @click=${(event: Event) => event.target === event.currentTarget && close()}>
      <div class="sheet-body">
        <h2 id="files-heading">${t("review.files")}</h2>
        ${exports(view)} ${mayLabel(state.account, state.reserve?.slug) ? imports(view) : nothing}
      </div>
      <button class="quiet close" @click=${close} aria-label=${t("close")}>${icon("cross")}</button>
    </dialog>
  `;
}

function exports({ t, state }: View): TemplateResult {
  const { filter } = state.review;
  const address = (format: string, which: string) => {
    const wanted = query(filter);
    for (const name of ["limit", "reviewed"]) wanted.delete(name);
    wanted.set("format", format);
    wanted.set("which", which);
    return exportUrl(state.reserve!.slug, wanted);
  };
  // The links are plain downloads: they change with the choice above them, without a state of the app's.
  const choose = (event: Event) => {
    const which = (event.target as HTMLSelectElement).value;
    for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-format]")) {
      link.href = address(link.dataset.format!, which);
    }
  };
  return html`
    <section class="files">
      <h3>${t("review.files.export")}</h3>
      <p class="muted small">${t("review.files.export_body")}</p>
      <label>
        ${t("review.files.which")}
        <select @change=${choose}>${WHICH.map((one) => html`<option value=${one}>${t(`review.files.${one}`)}</option>`)}</select>
      </label>
      <div class="pair even">
        ${FORMATS.map(([format, words]) => html`<a class="button secondary" data-format=${format} href=${address(format, WHICH[0])} download>${words}</a>`)}
      </div>
    </section>
  `;
}

function imports(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { files } = state.review;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    void actions.review.importFile(fields.get("file") as File, fields.has("confirm"));
  };
  return html`
    <form class="files" @submit=${submit}>
      <h3>${t("review.files.import")}</h3>
      <p class="muted small">${t("review.files.import_body")}</p>
      <label>${t("review.files.file")} <input type="file" name="file" accept=".json,application/json" required /></label>
      <label class="check"><input type="checkbox" name="confirm" /> ${t("review.files.confirm")}</label>
      <button class="primary" ?disabled=${files.busy}>${t(files.busy ? "review.files.busy" : "review.files.import")}</button>
      <div role="status">
        ${files.failure
          ? html`<p class="error">
              ${files.failure === "unreadable"
                ? t("review.files.unreadable")
                : t("review.files.failed", { detail: failureWords(files.failure, state.language) })}
            </p>`
          : nothing}
        ${files.report ? reportOf(view, files.report) : nothing}
      </div>
    </form>
  `;
}

function reportOf({ t }: View, { stored, unchanged, untouched, errors }: Imported): TemplateResult {
  return html`
    <ul class="import-report" data-report>
      <li>${t("review.files.stored", { n: stored })}</li>
      <li>${t("review.files.unchanged", { n: unchanged })}</li>
      <li>${t("review.files.untouched", { n: untouched })}</li>
      ${errors.length > 0
        ? html`<li>
            <strong>${t("review.files.errors", { n: errors.length })}</strong>
            <ol class="import-errors">
              ${errors.slice(0, ERRORS_SHOWN).map((one) => html`<li lang="en"><code>${one.field}</code> ${one.message}</li>`)}
            </ol>
          </li>`
        : nothing}
    </ul>
  `;
}
