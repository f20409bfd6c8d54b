/** The start of the ranger's app: one state, one render. The map's script is asked for only by whoever opens the map. */
import "../styles/base.css";
import "../styles/phone.css";
import { render } from "lit-html";
import { firstLanguage, locale } from "../language";
import { page } from "../ui/phone/page";
import type { View } from "../ui/phone/view";
import { createPhoneActions, LIGHT } from "./actions";
import { isOver, standing } from "./life";
import { openOutbox } from "./outbox";
import { createPosition, wanted } from "./position";
import { readRoute } from "./route";
import { createAlarm, rememberedSound } from "./sound";
import { createPhoneStore, type Light, type PhoneState } from "./store";
import type { Push } from "./wire";
import { sayer } from "./words";

const CLOCK_TICK = 15_000; // "3 min ago" grows older without an event

const root = document.getElementById("app")!;
const store = createPhoneStore({
  language: firstLanguage(),
  light: (localStorage.getItem(LIGHT) as Light | null) ?? "day",
  route: readRoute(location.hash),
  sound: rememberedSound(),
});
const outbox = await openOutbox().catch(() => null);
if (!outbox) store.set({ keeps: false });
const actions = createPhoneActions(store, outbox, createAlarm());
const position = createPosition({
  here: (here, state) => store.set({ here, position: state }),
  heading: (degrees) => store.set({ heading: degrees }),
});
let installable: (Event & { prompt(): Promise<unknown> }) | null = null;
const map = { element: document.createElement("div"), open: () => void openMap() };

async function openMap(): Promise<void> {
  store.set({ map: "loading" });
  try {
    const { showMap } = await import("./map");
    await showMap(map.element, store);
    store.set({ map: "on" });
  } catch {
    store.set({ map: "failed" }); // no link; or a new version has replaced the file
  }
}

function view(state: PhoneState): View {
  return { state, t: sayer(state.language), store, actions, position, map, install: () => void installable?.prompt() };
}

function show(state: PhoneState): void {
  const t = sayer(state.language);
  document.documentElement.lang = locale(state.language);
  document.documentElement.dataset.app = "phone";
  document.documentElement.dataset.light = state.light;
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", state.light === "day" ? "#ffffff" : "#000000");
  document.querySelector('link[rel="manifest"]')?.setAttribute("href", `/manifest.${state.language}.webmanifest`);
  const incident = state.route.page === "incident" ? state.incident?.incident : null;
  document.title = incident ? `${t(`kind.${incident.kind}`)} · ${t("title")}` : t("title");
  render(page(view(state)), root);
}

store.subscribe(show);
show(store.state);
setInterval(() => store.set({ now: Date.now() }), CLOCK_TICK);
window.addEventListener("popstate", () => actions.follow(readRoute(location.hash)));
window.addEventListener("online", actions.refresh);
document.addEventListener("visibilitychange", () => {
  actions.refresh();
  // A newer version comes in while nobody looks; what was typed is kept.
  if (document.hidden && store.state.update && !store.state.sheet) location.reload();
});
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installable = event as Event & { prompt(): Promise<unknown> };
  store.set({ install: "can" });
});
window.addEventListener("appinstalled", () => store.set({ install: "done" }));

if ("serviceWorker" in navigator) {
  const { serviceWorker } = navigator;
  const hadOne = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => hadOne && store.set({ update: true }));
  serviceWorker.addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if (data.type === "push") actions.pushed(data.push);
    if (data.type === "open") location.hash = data.hash; // leads through popstate
    if (data.type === "outbox") void actions.reload().then(actions.refresh);
  });
  void serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => {}); // plain http, or a private window
}

type Message = { type: "push"; push: Push } | { type: "open"; hash: string } | { type: "outbox" };

if (wanted()) position.start();
await actions.start();
// A fire that nobody has answered is heard, as soon as the browser lets the page sound.
const opened = store.state.route.page === "incident";
store.subscribe((state, before) => {
  if (opened && state.incident && !before.incident) {
    const now = standing(state.incident.incident, state.outbox).state;
    if (!isOver(now)) actions.soundIfNew();
  }
});
