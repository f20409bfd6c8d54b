import { html, nothing, type TemplateResult } from "lit-html";
import { isAlarm, type Tab } from "../store";
import { camerasPanel } from "./cameras";
import { countPanel } from "./count";
import { firePanel } from "./fire";
import { icon } from "./icons";
import { livePanel } from "./live";
import type { View } from "./view";

const TABS: readonly Tab[] = ["live", "count", "fire", "cameras"];
const PANELS: Readonly<Record<Tab, (view: View) => TemplateResult>> = {
  live: livePanel, count: countPanel, fire: firePanel, cameras: camerasPanel,
};

export function panel(view: View): TemplateResult {
  const { t, state, store } = view;
  const open = state.panelOpen && !state.drawing;
  return html`
    <aside class="panel ${open ? "" : "closed"}" id="panel" tabindex="-1" aria-label=${t("panel.label")}>
      <div class="panel-top">
        <div class="tabs" role="tablist" @keydown=${(event: KeyboardEvent) => moveTab(event, view)}>
          ${TABS.map((tab) => tabButton(view, tab))}
        </div>
        <button
          class="quiet fold"
          aria-expanded=${open}
          aria-label=${t(open ? "panel.hide" : "panel.show")}
          @click=${() => store.set({ panelOpen: !state.panelOpen })}
        >
          ${icon("chevron")}
        </button>
      </div>
      <div class="panel-body" role="tabpanel" id="tabpanel" aria-labelledby=${`tab-${state.tab}`} tabindex="0" ?hidden=${!open}>
        ${PANELS[state.tab](view)}
      </div>
    </aside>
  `;
}

function tabButton({ t, state, store }: View, tab: Tab): TemplateResult {
  const fires = state.incidents.filter(isAlarm).length;
  return html`
    <button
      role="tab"
      id=${`tab-${tab}`}
      aria-selected=${tab === state.tab}
      aria-controls="tabpanel"
      tabindex=${tab === state.tab ? 0 : -1}
      @click=${() => store.set({ tab, panelOpen: true })}
    >
      ${t(`tab.${tab}`)}${tab === "fire" && fires > 0 ? html` <span class="badge">${fires}</span>` : nothing}
    </button>
  `;
}

/** Arrow keys, Home and End move between tabs (WAI-ARIA tabs pattern). */
function moveTab(event: KeyboardEvent, { state, store }: View): void {
  const at = TABS.indexOf(state.tab);
  const to: Record<string, number | undefined> = {
    ArrowRight: (at + 1) % TABS.length,
    ArrowLeft: (at + TABS.length - 1) % TABS.length,
    Home: 0,
    End: TABS.length - 1,
  };
  const tab = TABS[to[event.key] ?? -1];
  if (!tab) return;
  event.preventDefault();
  store.set({ tab });
  document.getElementById(`tab-${tab}`)?.focus();
}
