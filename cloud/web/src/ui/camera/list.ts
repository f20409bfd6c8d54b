/** The reserve's cameras: the worst first, by state, by name. */
import { html, nothing, type TemplateResult } from "lit-html";
import { inOrder, isShown, SHOWS, type Show } from "../../camera/route";
import { wordFor } from "../../i18n";
import { empty, page, siteTabs } from "../side/parts";
import { ago, fullTime, healthIcon, type View } from "../side/view";

export const SHOWN_AT_ONCE = 100;

export interface ListState {
  readonly find: string;
  readonly shown: number;
}

export function cameraIndex(view: View, show: Show, list: ListState, change: (change: Partial<ListState>) => void): TemplateResult {
  const { t, state } = view;
  const all = state.deployments.features.map((one) => one.properties);
  const wanted = list.find.trim().toLowerCase();
  const found = inOrder(all.filter((one) => isShown(one, show) && (one.location_name.toLowerCase().includes(wanted) || one.node_id?.includes(wanted))));
  return page("cameras", html`
    <header class="side-head"><h2>${t("camera.page_heading")}</h2></header>
    ${siteTabs(view, "camera")}
    ${all.length === 0 ? empty(t("cameras.empty")) : html`
      <div class="camera-filter">
        <nav class="chips" aria-label=${t("camera.state")}>
          ${SHOWS.map((one) => {
            const n = all.filter((each) => isShown(each, one)).length;
            return n === 0 && one !== "all" && one !== show ? nothing : html`
              <a class="chip" href=${one === "all" ? "#camera" : `#camera?show=${one}`} aria-current=${one === show ? "true" : "false"} data-show=${one}>
                ${one === "all" || one === "clock" ? nothing : healthIcon(one)} ${t(`camera.show.${one}`)} <strong>${n}</strong></a>`;
          })}
        </nav>
        <label class="side-find"><span class="hidden">${t("camera.find")}</span>
          <input type="search" .value=${list.find} placeholder=${t("camera.find")}
            @input=${(event: Event) => change({ find: (event.target as HTMLInputElement).value, shown: SHOWN_AT_ONCE })} /></label>
      </div>
      ${found.length === 0 ? empty(t("camera.found_none")) : html`
        <div class="side-scroll" tabindex="0" role="region" aria-label=${t("camera.page_heading")}>
          <table class="side-table">
            <thead><tr><th scope="col">${t("camera.place")}</th><th scope="col">${t("camera.state")}</th>
              <th scope="col">${t("camera.heard")}</th><th scope="col">${t("camera.seen")}</th><th scope="col">${t("camera.node")}</th></tr></thead>
            <tbody>${found.slice(0, list.shown).map((one) => html`
              <tr data-camera=${one.id} data-status=${one.health.status}>
                <th scope="row"><a href=${`#camera/${one.id}`}>${one.location_name}</a></th>
                <td class="wraps"><span class="camera-state">${healthIcon(one.health.status)} <span>${t(`health.${one.health.status}`)}
                  ${one.health.reasons.length ? html`<span class="muted small">${one.health.reasons.map((reason) => wordFor(t, "reason", reason)).join(t("side.list"))}</span>` : nothing}</span></span></td>
                <td>${since(view, one.health.last_heartbeat_at)}</td><td>${since(view, one.last_observation_at)}</td>
                <td class="muted">${one.node_id ?? "–"}</td>
              </tr>`)}</tbody>
          </table>
        </div>
        ${found.length > list.shown
          ? html`<p><button class="secondary" @click=${() => change({ shown: list.shown + SHOWN_AT_ONCE })}>${t("camera.more", { n: Math.min(SHOWN_AT_ONCE, found.length - list.shown) })}</button></p>`
          : nothing}`}
    `}
  `);
}

function since(view: View, iso: string | null): TemplateResult | string {
  return iso === null ? view.t("never") : html`<time datetime=${iso} title=${fullTime(view, iso)}>${ago(view, iso)}</time>`;
}
