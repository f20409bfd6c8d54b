/** What the map page does: it switches layers, walks through time, finds things, and keeps all that in the address. */
import { copyText } from "../copy";
import { deskApi } from "../desk/api";
import { gathered } from "../gathered";
import type { LonLat } from "../geo";
import { api } from "../client";
import { pageOf } from "../route";
import type { Failure, Store } from "../store";
import { readMap, writeMap, type MapRoute, type Place } from "./address";
import { mapApi, type TileLayer } from "./api";
import { FIRST_LAYERS, switched, type LayerId } from "./layers";
import type { Findable } from "./search";
import { emptyMap, NO_SEARCH, remember, type MapState, type SeenThere } from "./state";
import { instantsOf, momentAt, moved, next, range, stepAt, widthOf, WIDTHS, type Moment, type Shown, type Unit } from "./time";

const STEP_MS = 1400; // at speed 1
const DUTY_MS = 5 * 60_000; // shifts change by the clock, without an event
const STATIONS_MS = 5 * 60_000; // as often as most sensors say anything
const READ_AT_ONCE = 1000; // observations of the days on show: the API's most

export type MapActions = ReturnType<typeof createMapActions>;

/** What actions need of the map itself. */
export interface MapHands {
  goTo(at: LonLat, zoom: number | null): void;
  place(at: Place): void;
  isIdle(): boolean;
  /** The ground, the cameras and what burns are on the map for the first time. */
  readonly drawn: Promise<void>;
  /** The page is drawn by the processor: what changes it is dear. */
  readonly isSlow: boolean;
  /** What a layer's tiles tell has changed. */
  tilesChanged(layer: TileLayer): void;
}

export function createMapActions(store: Store, failureOf: (error: unknown) => Failure, hands: () => MapHands) {
  let timer: ReturnType<typeof setInterval> | undefined;
  let writing: ReturnType<typeof setTimeout> | undefined;
  let readFor = "";

  const atlas = () => store.state.atlas;
  const slug = () => store.state.reserve?.slug ?? "";
  const zone = () => store.state.reserve?.timezone ?? "UTC";
  const patch = (change: Partial<MapState>) => store.set((state) => ({ atlas: { ...state.atlas, ...change } }));
  /** What is nice to have: the map does without it. */
  const quietly = (work: Promise<void>) => void work.catch((error: unknown) => void failureOf(error));

  // The address -----------------------------------------------------------------------------------------

  /** All that is on show, said in full: who opens the link has other layers by habit. */
  function route(): MapRoute {
    const { selectedDeployment, selectedIncident, tab } = store.state;
    const { at, layers, taxon, cells, shown } = atlas();
    return { at, layers, taxon, cells, shown, camera: selectedDeployment, incident: selectedIncident, tab };
  }

  function written(): string {
    const { taxon, cells, shown, at } = atlas();
    const { selectedDeployment, selectedIncident, tab } = store.state;
    const plain = !at && !taxon && !shown && cells === "hexagon" && !selectedDeployment && !selectedIncident && tab === "live";
    const habit = atlas().layers.join() === FIRST_LAYERS.join();
    return plain && habit ? "#" : writeMap(route());
  }

  /** A little later: a map that glides changes its place many times. The browser's history is left alone. */
  function addressChanged(): void {
    clearTimeout(writing);
    writing = setTimeout(() => {
      if (store.state.page !== "map" || store.state.phase !== "map" || !store.state.reserve) return;
      const hash = written();
      if (hash === (location.hash || "#") || pageOf(location.hash) !== "map") return;
      history.replaceState(history.state, "", location.pathname + location.search + (hash === "#" ? "" : hash));
    }, 400);
  }

  /** Shows what the address asks for; a plain # leaves everything as it is. */
  function follow(): void {
    const asked = readMap(location.hash);
    if (!asked.at && !asked.layers && !asked.taxon && !asked.shown && !asked.camera && !asked.incident && !asked.tab) return;
    patch({
      layers: asked.layers ?? atlas().layers, taxon: asked.taxon, cells: asked.cells, limits: [], shown: asked.shown, seen: null,
      timeOpen: asked.shown !== null || atlas().timeOpen, at: asked.at,
    });
    store.set((state) => ({
      selectedDeployment: asked.camera, selectedIncident: asked.incident, tab: asked.tab ?? state.tab,
    }));
    if (asked.at) hands().place(asked.at);
    readSeen();
  }

  /** For the reserve that was just opened; `switched`: from another one, whose places the address still names. */
  function enter(from: boolean): void {
    stop();
    readFor = "";
    store.set((state) => ({ atlas: emptyMap(state.atlas) }));
    if (store.state.page === "map" && !from) follow();
    else if (store.state.page === "map") addressChanged();
    readGround(); // beside everything else: what is below it all should not be the last to come
  }

  function readGround(): void {
    const reserve = slug();
    if (reserve) quietly(mapApi.basemap(reserve).then((basemap) => void (slug() === reserve && patch({ basemap }))));
  }

  /** Somebody brought a patrol's track, or loaded what the ground is drawn from. */
  function layerChanged({ layer }: { layer: "tracks" | "basemap" }): void {
    if (layer === "basemap") readGround();
    else hands().tilesChanged(layer);
  }

  /** What the map shows beside the reserve's own data, once that is there. */
  function ready(): void {
    readDuty();
    readStations();
    readFlights();
    readSeen();
  }

  function readDuty(): void {
    const reserve = slug();
    if (reserve) quietly(deskApi.onDuty(reserve).then((onDuty) => void (slug() === reserve && patch({ onDuty }))));
  }
  setInterval(readDuty, DUTY_MS);

  function readStations(): void {
    const reserve = slug();
    if (reserve) quietly(mapApi.sensors(reserve).then(({ items }) => void (slug() === reserve && patch({ stations: items }))));
  }
  setInterval(readStations, STATIONS_MS);

  function readFlights(): void {
    const reserve = slug();
    if (!reserve) return;
    quietly(Promise.all([mapApi.flights(reserve), mapApi.flightAnimals(reserve)]).then(([{ items }, { features }]) =>
      void (slug() === reserve && patch({ flights: { lines: items, animals: features } }))));
  }

  const readTaxa = gathered(0, async () => {
    const reserve = slug();
    if (!reserve || atlas().taxa.length > 0) return;
    const taxa = await api.taxa(reserve);
    if (slug() === reserve) patch({ taxa });
  }, failureOf);

  // Layers ----------------------------------------------------------------------------------------------

  function toggle(id: LayerId): void {
    patch({ layers: switched(atlas().layers, id) });
    if (id === "density") readTaxa();
    if (id === "flights") readFlights();
    remember(atlas());
  }

  function setTaxon(taxon: string | null): void {
    const layers = atlas().layers.includes("density") ? atlas().layers : switched(atlas().layers, "density");
    patch({ taxon, layers, limits: [] });
  }

  function prefer(change: Pick<Partial<MapState>, "theme" | "legendOpen">): void {
    patch(change);
    remember(atlas());
  }

  // Time ------------------------------------------------------------------------------------------------

  function ends(unit: Unit) {
    const since = store.state.deployments.features.map((one) => Date.parse(one.properties.started_at));
    const first = since.reduce((a, b) => Math.min(a, b), Infinity);
    return range(unit, Number.isFinite(first) ? first : null, store.state.now, zone(), atlas().shown);
  }

  function show(shown: Shown): void {
    patch({ shown, seen: null });
    if (!shown) stop();
    readSeen();
  }

  /** From live, the newest step of that unit. */
  function setUnit(unit: Unit, width: number = WIDTHS[unit][0]!): void {
    const { shown } = atlas();
    const today = stepAt(unit, store.state.now, zone());
    const from = !shown ? today : unit === "month" ? shown.from.slice(0, 7) : shown.unit === "day" ? shown.from : `${shown.from}-01`;
    show(momentAt(unit, from, width, withFrom(ends(unit), from)));
  }

  /** Days of a month long ago can be looked at too. */
  function withFrom({ first, last }: { first: string; last: string }, from: string) {
    return { first: from < first ? from : first, last };
  }

  function setFrom(from: string): void {
    const { shown } = atlas();
    if (shown) show(momentAt(shown.unit, from, widthOf(shown), ends(shown.unit)));
  }

  function step(by: number): void {
    const { shown } = atlas();
    if (shown) setFrom(moved(shown.from, by));
  }

  /** Plays on to the newest step; at the end of it, from the beginning. */
  function play(): void {
    const { shown, playing } = atlas();
    if (playing) return stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return step(1);
    const now: Moment = shown ?? momentAt("month", ends("month").first, 1, ends("month"));
    if (!next(now, ends(now.unit).last)) show(momentAt(now.unit, ends(now.unit).first, widthOf(now), ends(now.unit)));
    else if (!shown) show(now);
    patch({ playing: true });
    tick();
  }

  function tick(): void {
    clearInterval(timer);
    let waited = 0;
    timer = setInterval(() => {
      const { shown } = atlas();
      if (!shown || store.state.page !== "map") return stop();
      if (!hands().isIdle() && waited++ < 4) return; // what is on its way is shown first
      waited = 0;
      const then = next(shown, ends(shown.unit).last);
      if (then) show(then);
      else stop();
    }, STEP_MS / atlas().speed);
  }

  function stop(): void {
    clearInterval(timer);
    if (atlas().playing) patch({ playing: false });
  }

  function setSpeed(speed: MapState["speed"]): void {
    patch({ speed });
    if (atlas().playing) tick();
  }

  /** What was seen on the days on show, by camera. Months are told by density: thousands of dots say nothing. */
  const readSeen = gathered(120, async () => {
    const { shown, layers } = atlas();
    const reserve = slug();
    if (!reserve || shown?.unit !== "day" || !layers.includes("sightings")) return;
    const { from, to } = instantsOf(shown, store.state.now, zone());
    const question = `${reserve} ${from} ${to}`;
    if (question === readFor && atlas().seen) return;
    const page = await mapApi.observations(reserve, new URLSearchParams({ from, to, limit: String(READ_AT_ONCE) }));
    if (slug() !== reserve || atlas().shown !== shown) return;
    readFor = question;
    const animals = page.items.filter((one) => one.observation_type === "animal");
    const counted = new Map<string, number>();
    for (const { deployment_id } of animals) counted.set(deployment_id, (counted.get(deployment_id) ?? 0) + 1);
    const there = [...counted].map(([deployment, observations]): SeenThere => ({ deployment, observations }));
    patch({ seen: { there, total: animals.length, more: page.next_cursor !== null } });
  }, failureOf);

  // Finding ---------------------------------------------------------------------------------------------

  function choose(hit: Findable): void {
    patch({ search: NO_SEARCH });
    if (hit.kind === "species") return setTaxon(hit.id);
    if (hit.kind === "camera") store.set({ selectedDeployment: hit.id });
    if (hit.kind === "incident") store.set({ selectedIncident: hit.id, tab: "fire", panelOpen: true });
    if (hit.at) hands().goTo(hit.at, { camera: 14, coordinates: 14, place: 12, zone: null, incident: 13 }[hit.kind]);
  }

  /** The picture that stands in the popup of a camera. */
  function readLatest(deployment: string): void {
    patch({ latest: null });
    quietly(mapApi.latestPicture(deployment).then((picture) => {
      if (picture && store.state.selectedDeployment === deployment) patch({ latest: { deployment, picture } });
    }));
  }

  async function copyLink(): Promise<void> {
    const { origin, pathname, search } = location;
    patch({ said: (await copyText(origin + pathname + search + writeMap(route()))) ? "link_copied" : "copy_failed" });
  }

  store.subscribe((state, before) => {
    if (state.selectedDeployment && state.selectedDeployment !== before.selectedDeployment) readLatest(state.selectedDeployment);
    if (state.atlas.said && state.atlas !== before.atlas && state.atlas.said !== before.atlas.said) {
      setTimeout(() => patch({ said: null }), 4000);
    }
    if (state.page !== "map" && state.atlas.playing) stop();
    addressChanged();
  });

  return {
    patch, enter, ready, follow, layerChanged, toggle, setTaxon, prefer, ends, show, setUnit, setFrom, step, play, stop, setSpeed, choose, copyLink,
    readTaxa, setCells: (cells: MapState["cells"]) => patch({ cells, limits: [] }),
  };
}
