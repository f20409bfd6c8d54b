/** The app's start: one state, one render, one map. */
import "maplibre-gl/dist/maplibre-gl.css"; // first: our styles build on it
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/map.css";
import "./styles/panel.css";
import "./styles/review.css";
import "./styles/desk.css";
import "./styles/research.css";
import "./styles/plots.css";
import { html, nothing, render, type TemplateResult } from "lit-html";
import { createActions, failureOf } from "./actions";
import { hiddenBefore } from "./alarms";
import { firstLanguage, locale, translator } from "./i18n";
import { isNarrow } from "./map/markers";
import { preferences } from "./map/state";
import { createMapView } from "./map/view";
import { createPointer } from "./review/pointer";
import { readRoute } from "./review/route";
import { createOwnPages } from "./pages";
import { isOwn, pageOf } from "./route";
import { createReactive } from "./reactive";
import { initialState, isAlarm, type State } from "./store";
import { chooseIncident } from "./ui/fire";
import { deskPage } from "./ui/desk/page";
import { header } from "./ui/header";
import { loginPage } from "./ui/login";
import { mapFrame } from "./ui/map-frame";
import { panel } from "./ui/panel";
import { pictureDialog } from "./ui/picture";
import { onSearchKey } from "./ui/map/search-field";
import { printSheet } from "./ui/map/sheet";
import { onReviewKey } from "./ui/review/keyboard";
import { researchPage } from "./ui/research/page";
import { reviewPage } from "./ui/review/page";
import type { View } from "./ui/view";

void import("./fonts");

const CLOCK_TICK = 15_000; // "3 min ago" grows older without an event

const app = document.getElementById("app")!;
const store = createReactive<State>(initialState(firstLanguage(), hiddenBefore(), preferences()));
const actions = createActions(store, (observation) => map.seen(observation), () => map);
const map = createMapView(store, {
  deploymentChosen: (id) => {
    store.set({ selectedDeployment: id, ...(id && isNarrow() ? { tab: "cameras", panelOpen: true } : {}) });
  },
  incidentChosen: (id) => {
    const incident = store.state.incidents.find((one) => one.id === id);
    if (incident) chooseIncident(view(store.state), incident);
  },
  cellChosen: (cell) => actions.research.patch({ cell }),
  placeChosen: (at) => actions.desk.placeChosen(at),
  moved: (at) => actions.atlas.patch({ at }),
  classified: (limits) => actions.atlas.patch({ limits }),
  areaDrawn: (drawn) => {
    if (store.state.page === "desk") {
      store.set({ drawing: null, drawRefusal: null });
      return actions.desk.areaDrawn(drawn);
    }
    if (store.state.page === "counts") {
      store.set({ drawing: null, drawRefusal: null });
      return actions.research.areaDrawn(drawn);
    }
    if (isOwn(store.state.page)) {
      store.set({ drawing: null, drawRefusal: null });
      return own.current()?.areaDrawn?.(drawn);
    }
    store.set({ drawing: null, drawRefusal: null, tab: "count", panelOpen: true });
    void actions.count({ drawn, area: { kind: "drawn" } }).then(() => requestAnimationFrame(showResult));
  },
});

const own = createOwnPages({ store, actions, map, failureOf, redraw: () => show(store.state) });
const pointer = createPointer(store, actions.review);

/** On a narrow screen the answer lies below the form. */
function showResult(): void {
  if (isNarrow()) document.querySelector(".result")?.scrollIntoView();
}

function view(state: State): View {
  return { state, t: translator(state.language), store, actions, map, pointer };
}

function page(current: View): TemplateResult {
  const { state, t } = current;
  if (state.phase === "login") return loginPage(current);
  if (state.phase === "starting") return html`<main class="starting"><p>${t("starting")}</p></main>`;
  if (state.page === "wall" && state.reserve) return ownPage(current); // all of the screen
  return html`
    <div class="shell">
      ${header(current)}
      ${content(current)}
      ${state.picture ? pictureDialog(current) : nothing}
    </div>
    ${state.atlas.sheet ? printSheet(current) : nothing}
  `;
}

function content(current: View): TemplateResult {
  const { state, t } = current;
  if (!state.reserve) return html`<main class="starting"><p>${t("reserve.none")}</p></main>`;
  if (state.page === "review") return reviewPage(current);
  if (state.page === "desk") return deskPage(current);
  if (state.page === "counts") return researchPage(current);
  if (isOwn(state.page)) return ownPage(current);
  return html`<main class="map-page">${mapFrame(current)} ${panel(current)}</main>`;
}

function ownPage(current: View): TemplateResult {
  return own.current()?.template(current) ?? html`<main class="starting"><p>${current.t("starting")}</p></main>`;
}

function show(state: State): void {
  const t = translator(state.language);
  document.documentElement.lang = locale(state.language);
  const fires = state.incidents.filter(isAlarm).length;
  document.title = fires > 0 ? t("app.title_fire", { n: fires }) : t("app.title");
  document.body.dataset.phase = state.phase;
  render(page(view(state)), app);
}

store.subscribe(show);
show(store.state);
for (const kind of ["keydown", "keyup"] as const) {
  document.addEventListener(kind, (event) => onReviewKey(view(store.state), event));
}
document.addEventListener("keydown", (event) => onSearchKey(event, store.state.phase === "map" ? store.state.page : ""));
window.addEventListener("popstate", () => {
  if (own.follow()) return;
  const page = pageOf(location.hash);
  if (page === "desk") actions.desk.follow();
  else if (page === "counts") actions.research.follow();
  else {
    actions.review.follow(readRoute(location.hash));
    if (page === "map") actions.atlas.follow();
  }
});
setInterval(() => store.set({ now: Date.now() }), CLOCK_TICK);
void actions.start();
