/** Pages that are loaded when they are first opened: the map must not wait for what few people look at.
 * A page is reached by a plain link (`<a href="#overview">`), keeps its own state, and redraws when that changes. */
import type { TemplateResult } from "lit-html";
import type { Actions } from "./actions";
import { isOwn, pageOf, type OwnPageName } from "./route";
import type { Failure, Store } from "./store";
import type { MapView } from "./map/view";
import type { View } from "./ui/view";
import type { Area } from "./wire";

export interface OwnPage {
  /** The address leads here: at opening, whenever it changes, and after another reserve was opened.
   * @param hash all of it, from the # on: `#species/Panthera leo?span=30d`. */
  follow(hash: string): void;
  /** Another page is on show from now on: timers end, streams close. */
  leave(): void;
  template(view: View): TemplateResult;
  /** An area was drawn for which the page had asked (`store.drawing`). */
  areaDrawn?(area: Area | null): void;
}

export interface AppTools {
  readonly store: Store;
  readonly actions: Actions;
  readonly map: MapView;
  /** The page's own state has changed. */
  redraw(): void;
  failureOf(error: unknown): Failure;
}

export type CreatePage = (tools: AppTools) => OwnPage;

const LOADERS: Readonly<Record<OwnPageName, () => Promise<{ createPage: CreatePage }>>> = {
  overview: () => import("./overview/page"),
  species: () => import("./species/page"),
  camera: () => import("./camera/page"),
  flight: () => import("./flight/page"),
  reserves: () => import("./reserves/page"),
  reports: () => import("./reports/page"),
  fleet: () => import("./fleet/page"),
  admin: () => import("./admin/page"),
  wall: () => import("./wall/page"),
};

const RELOADED = "fieldwatch.reloaded";
const RELOAD_AGAIN = 60_000; // ms: a service that is broken is not asked for ever

export interface OwnPages {
  /** Shows the page that the address means, where it is one of these; whether it is. */
  follow(): boolean;
  /** What is on show; null while its code is on its way. */
  current(): OwnPage | null;
}

export function createOwnPages(tools: AppTools): OwnPages {
  const loaded = new Map<OwnPageName, OwnPage>();
  let shown: OwnPageName | null = null;

  async function open(name: OwnPageName): Promise<void> {
    if (!loaded.has(name)) {
      const code = await LOADERS[name]().catch(reloadOnce);
      if (!code) return;
      if (!loaded.has(name)) loaded.set(name, code.createPage(tools));
    }
    if (tools.store.state.page !== name) return; // gone on while it came
    if (shown !== name) leave(); // from one of these to another
    shown = name;
    loaded.get(name)!.follow(location.hash);
    tools.redraw();
  }

  function leave(): void {
    if (shown) loaded.get(shown)?.leave();
    shown = null;
  }

  tools.store.subscribe((state, before) => {
    if (shown && (state.page !== shown || state.phase !== "map")) leave();
    // Another reserve: the page reads anew what it shows.
    if (state.reserve?.slug !== before.reserve?.slug && state.reserve && isOwn(state.page)) void open(state.page);
  });

  return {
    follow() {
      const page = pageOf(location.hash);
      if (!isOwn(page)) return false;
      tools.store.set({ page });
      if (tools.store.state.reserve) void open(page);
      return true;
    },
    current: () => (shown ? loaded.get(shown)! : null),
  };
}

/** A page's code is gone: the service has a newer version than this tab, whose own links lead to it. Without a network it
 * stays as it is: the next click tries again. */
function reloadOnce(error: unknown): null {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (navigator.onLine && Date.now() - last > RELOAD_AGAIN) {
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  } else {
    console.error(error);
  }
  return null;
}
