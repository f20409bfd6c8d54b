/** What can be done with the view as it is: a link to it, an image of it, paper; and how the map is dressed. */
import { html, nothing, type TemplateResult } from "lit-html";
import { icon } from "../icons";
import type { View } from "../view";

export function viewTools(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { theme, exporting, said, basemap } = state.atlas;
  const sources = [...new Set((basemap?.layers ?? []).flatMap((one) => (one.source ? [one.source] : [])))];
  return html`
    <div class="view-tools">
      <div class="segments small" role="radiogroup" aria-label=${t("map.theme")}>
        ${(["dark", "light"] as const).map((one) => html`
          <label class="segment"><input type="radio" name="map-theme" .checked=${theme === one} @change=${() => actions.atlas.prefer({ theme: one })} />
            <span>${t(`map.theme_${one}`)}</span></label>`)}
      </div>
      <div class="tool-buttons">
        <button class="secondary" @click=${() => void actions.atlas.copyLink()}>${icon("link")} ${t("map.copy_link")}</button>
        <button class="secondary" ?disabled=${exporting} @click=${() => void exported(view, "png")}>${icon("file")} ${t("map.png")}</button>
        <button class="secondary" ?disabled=${exporting} @click=${() => void exported(view, "print")}>${icon("printer")} ${t("map.print")}</button>
      </div>
      <p class="small said" role="status">${exporting ? t("map.exporting") : said ? t(`map.${said}`) : nothing}</p>
      ${sources.length > 0 ? html`<p class="small attribution">${t("map.attribution", { sources: sources.join(" · ") })}</p>` : nothing}
    </div>
  `;
}

/** The drawing of images comes with the first that is asked for. */
async function exported(view: View, what: "png" | "print"): Promise<void> {
  const { patch } = view.actions.atlas;
  patch({ exporting: true, said: null });
  try {
    const { savePng, printMap } = await import("./paper");
    await (what === "png" ? savePng(view) : printMap(view));
  } catch (error) {
    console.error(error);
    patch({ said: "export_failed" });
  } finally {
    patch({ exporting: false });
  }
}
