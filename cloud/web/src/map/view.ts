/** The map on the page: follows the state, and turns clicks and keys into changes of it. */
import { Map as MapLibre, ScaleControl, setWorkerUrl } from "maplibre-gl";
// A file of its own: the security policy then needs no `worker-src blob:`.
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { alarms } from "../alarms";
import type { Bounds, LonLat } from "../geo";
import { translator } from "../i18n";
import { speciesName } from "../format";
import type { State, Store } from "../store";
import type { Incident, Observation } from "../wire";
import { areaOf } from "../research/question";
import { shapeOf } from "../research/state";
import { taxonWords } from "../research/words";
import type { Place } from "./address";
import type { TileLayer } from "./api";
import { readable, showBaseMap } from "./basemap";
import { addHatch, cellFeatures } from "./cells";
import { attachClicks, type ClickEvents } from "./clicks";
import { drawCluster } from "./clusters";
import { attachDrawing } from "./draw";
import * as features from "./features";
import * as fires from "./fires";
import { graticule } from "./graticule";
import { addCameraImages, addWindImage, drawCone } from "./images";
import { attachIncidents, attachPopup } from "./markers";
import { flightAnimals, flightLines } from "./flights";
import { stationFeatures } from "./stations";
import { takePicture, type MapPicture } from "./picture";
import { roomOn } from "./room";
import { attachPulses } from "./sightings";
import { attachPace, drawnByProcessor, setFineness } from "./slow";
import type { Theme } from "./state";
import { attachSources } from "./sources";
import { baseStyle, pagePalette } from "./style";
import { withoutSky } from "./sky";
import { attachTiles, shownLayers } from "./tiled";

setWorkerUrl(workerUrl);

const GLIDE = 600; // ms
const CAMERAS_MS = 60_000; // a camera falls silent by the clock, without an event
const HANDLED_FOR = 10_000; // ms after a touch in which the map is left to the reader

export interface MapView {
  readonly element: HTMLElement;
  zoom(steps: number): void;
  fit(): void;
  /** Moves the map only where the place is not on it already, clear of the notices. */
  bringIntoView(at: LonLat): void;
  focus(): void;
  /** All that is known of where one fire is, at a size at which it can be seen. */
  showIncident(incident: Incident): void;
  centre(): LonLat;
  addCornerAtCentre(): void;
  finishDrawing(): void;
  /** Shows for some seconds that a camera has just seen something. */
  seen(observation: Observation): void;
  /** Glides there; `zoom`: at least so close, null as it is. */
  goTo(at: LonLat, zoom: number | null): void;
  /** As an address says it. */
  place(at: Place): void;
  isIdle(): boolean;
  /** The ground, the cameras and what burns are on the map for the first time, though not yet as sharp as they will be. */
  readonly drawn: Promise<void>;
  /** The page is drawn by the processor: what changes it is dear. */
  readonly isSlow: boolean;
  /** What a layer's tiles tell has changed. */
  tilesChanged(layer: TileLayer): void;
  /** The places that the base map names, as far as they have been on the map. */
  placesNamed(): { name: string; at: LonLat }[];
  /** The map as it is drawn, `ratio` times as fine as the screen's own pixels would be, and how it lies on the ground. */
  picture(ratio: number): Promise<MapPicture>;
  /** In a theme for as long as `work` takes. */
  inTheme<T>(theme: Theme, work: () => Promise<T>): Promise<T>;
}

export interface MapEvents extends Omit<ClickEvents, "opened"> {
  incidentChosen(id: string): void;
  areaDrawn(area: State["form"]["drawn"]): void;
  /** Where the map stands now; null while it shows the whole reserve by itself. */
  moved(at: Place | null): void;
  /** The classes of density that fit what is on the map. */
  classified(limits: readonly number[]): void;
}

export function createMapView(store: Store, events: MapEvents): MapView {
  const element = document.createElement("div");
  element.className = "map";
  element.dataset.state = "loading";
  let theme: Theme = "dark";
  let forced: Theme | null = null;
  let colour = pagePalette(theme);
  const map = new MapLibre({
    container: element,
    style: baseStyle(colour),
    center: [0, 20],
    zoom: 1,
    maxZoom: 19,
    attributionControl: false,
    // North stays up: bearings in the panel and on the map then always mean the same direction.
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 150,
  });
  withoutSky(map);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-right");

  const canvas = map.getCanvas();
  const sources = attachSources(map);
  const { set } = sources;
  const drawing = attachDrawing(map, store, events.areaDrawn, set);
  const showIncidents = attachIncidents(map, events.incidentChosen);
  const showPopup = attachPopup(map, store, () => events.deploymentChosen(null));
  const tiles = attachTiles(map, sources, () => colour);
  map.setMissingStyleImageResolver((id) => {
    drawCone(map, colour, id);
    drawCluster(map, colour, id);
  });
  let ready = false;
  let tellDrawn = () => {};
  const drawn = new Promise<void>((tell) => (tellDrawn = tell));
  void drawn.then(() => performance.mark("drawn"));
  let fittedFor: string | null = null;
  /** Until the reader moves the map, a change of its size shows the whole reserve anew. */
  let untouched = false;
  let handledAt = -Infinity;
  /** The map is drawn as fine as an image wants it, not as the screen does. */
  let exporting = false;
  const pace = drawnByProcessor(map) ? attachPace(map, refine) : null;
  const isSlow = pace !== null;
  element.classList.toggle("slow", isSlow);
  const pulses = attachPulses(map, () => shownLayers(store.state).includes("sightings") && !store.state.atlas.shown, isSlow);
  /** The fires that call for attention, with the cameras that report them, as last shown. */
  let alarming = new Set<string>();

  /** Brings the sources that depend on what changed up to date; `before` is null the first time. */
  function show(state: State, before: State | null): void {
    const changed = (...keys: (keyof State)[]) => !before || keys.some((key) => state[key] !== before[key]);
    if (changed("reserve")) {
      const boundary = state.reserve?.boundary ?? null;
      set("boundary", features.areaFeature(boundary));
      set("outside", features.outside(boundary));
    }
    if (changed("reserve", "deployments")) fitOnce(state);
    if (changed("zones")) set("zones", state.zones);
    if (changed("zones", "language") || state.atlas.onDuty !== before?.atlas.onDuty) {
      const { onDuty } = state.atlas;
      const t = translator(state.language);
      set("zone-labels", features.zoneLabels(state.zones, state.language, (zone) => (onDuty ? features.dutyWords(onDuty, zone, t) : "")));
    }
    if (changed("deployments")) {
      set("ground", features.groundSectors(state.deployments));
      if (before && before.deployments.features.length > 0) tiles.changed("cameras");
    }
    if (changed("deployments", "selectedDeployment")) set("chosen", features.pointFeature(chosenCamera(state)));
    if (changed("deployments") || state.atlas.seen !== before?.atlas.seen) set("sightings", features.seenThere(state.atlas.seen?.there ?? [], state.deployments));
    if (changed("language") || state.atlas.stations !== before?.atlas.stations) set("stations", stationFeatures(state.atlas.stations, state));
    if (state.atlas.flights !== before?.atlas.flights) {
      set("flights", flightLines(state.atlas.flights.lines));
      set("flight-animals", flightAnimals(state.atlas.flights.animals));
    }
    if (state.atlas.shown && !before?.atlas.shown) pulses.clear();
    if (state.atlas.basemap !== before?.atlas.basemap || changed("language")) showGround(state);
    if (changed("atlas", "reserve", "page", "now")) tiles.show(state);
    if (changed("incidents", "reserve")) {
      set("bearings", features.bearingSectors(state.incidents, features.reachOf(features.reserveBounds(state))));
    }
    if (changed("incidents", "selectedIncident")) {
      set("regions", fires.regions(state.incidents, state.selectedIncident));
      set("hotspots", fires.hotspots(state.incidents, state.selectedIncident));
      set("sight-lines", fires.sightLines(state.incidents, state.selectedIncident));
    }
    if (!before || state.desk.picked !== before.desk.picked) set("picked", features.pointFeature(state.desk.picked));
    canvas.style.cursor = state.desk.picking ? "crosshair" : canvas.style.cursor === "crosshair" && !state.drawing ? "" : canvas.style.cursor;
    followDesk(state, before);
    if (changed("incidents", "language", "deployments", "selectedIncident", "atlas", "page")) showIncidents(state, shownLayers(state).includes("incidents"));
    if (changed("incidents", "hiddenBanners", "now")) followAlarms(state);
    // A corner, and a fire that is reported, must land where the reader points.
    if ((state.drawing && !before?.drawing) || (state.desk.picking && !before?.desk.picking)) map.stop();
    const research = (state: State) => (state.page === "counts" ? state.research : null);
    const [now, then] = [research(state), before && research(before)];
    const onMap = (found: typeof now) => (found?.route.section === "map" ? found : null);
    if (!before || onMap(now)?.grid !== onMap(then)?.grid || onMap(now)?.cell !== onMap(then)?.cell) {
      set("cells", cellFeatures(onMap(now)?.grid?.value ?? null, onMap(now)?.cell ?? null));
    }
    if (changed("form", "zones", "drawing", "page") || now?.route !== then?.route) set("area", features.areaFeature(chosenArea(state)));
    if (changed("drawing")) drawing.show(state);
    if (changed("language")) canvas.setAttribute("aria-label", translator(state.language)("map.label"));
    showPopup(state);
    element.dataset.cameras = String(state.deployments.features.length);
    element.dataset.fires = String(state.incidents.filter((one) => one.state === "new").length);
  }

  /** A reserve is fitted when it is opened, not again when data come: the view belongs to the reader. */
  function fitOnce(state: State): void {
    if (!state.reserve || fittedFor === state.reserve.slug) return;
    if (fit(state)) fittedFor = state.reserve.slug;
  }

  /** The whole reserve, and whatever burns at its edge. */
  function fit(state: State, duration = 0): boolean {
    const reserve = features.reserveBounds(state);
    const bounds = reserve && features.united([reserve, boundsOfFires(alarms(state), state)]);
    if (!bounds) return false;
    untouched = true;
    map.fitBounds(bounds, { padding: room(), maxZoom: 15, animate: duration > 0, duration });
    return true;
  }

  function boundsOfFires(fires: Incident[], state: State): Bounds | null {
    const reach = features.reachOf(features.reserveBounds(state));
    return features.united(fires.map((one) => features.incidentBounds(one, reach)));
  }

  /** A fire that comes is brought into view, unless a hand is on the map. */
  function followAlarms(state: State): void {
    const before = alarming;
    const fires = alarms(state);
    alarming = new Set(fires.flatMap(reportsOf));
    const news = fires.filter((one) => reportsOf(one).some((report) => !before.has(report)));
    if (news.length === 0 && alarming.size === before.size) return;
    requestAnimationFrame(() => { // by then the page shows the notice, for which there must be room
      const now = store.state;
      if (isHandled(now)) return;
      if (untouched) fit(now, calm(GLIDE));
      else bringIntoView(boundsOfFires(news, now));
    });
  }

  function isHandled({ drawing, desk, selectedDeployment }: State): boolean {
    const lately = performance.now() - handledAt < HANDLED_FOR;
    return drawing !== null || desk.picking !== null || selectedDeployment !== null || lately;
  }

  function bringIntoView(bounds: Bounds | null): void {
    if (!bounds || isInView(bounds)) return;
    untouched = false;
    map.easeTo({ ...map.cameraForBounds(bounds, { padding: room(), maxZoom: map.getZoom() }), duration: calm(GLIDE) });
  }

  /** On the fire desk the map shows the incident that is open there. */
  function followDesk(state: State, before: State | null): void {
    if (state.page !== "desk") {
      if (before?.page === "desk") requestAnimationFrame(() => fit(store.state));
      return;
    }
    const chosen = state.incidents.find((one) => one.id === state.selectedIncident);
    const known = before?.page === "desk" && before.selectedIncident === state.selectedIncident &&
      before.incidents.some((one) => one.id === state.selectedIncident);
    if (chosen && !known) requestAnimationFrame(() => showIncident(chosen));
    if (!chosen && before?.selectedIncident) requestAnimationFrame(() => fit(store.state));
  }

  function showIncident(incident: Incident): void {
    const reach = features.reachOf(features.reserveBounds(store.state));
    const bounds = incident.place ? fires.placeBounds(incident) : features.united([fires.placeBounds(incident), features.incidentBounds(incident, reach)]);
    if (!bounds) return;
    untouched = false;
    map.fitBounds(bounds, { padding: room(), maxZoom: 14, animate: false });
  }

  function room() {
    return roomOn(element);
  }

  function isInView([west, south, east, north]: Bounds): boolean {
    const [topLeft, bottomRight] = [map.project([west, north]), map.project([east, south])];
    const { top } = room();
    return (
      topLeft.x >= 0 && topLeft.y >= top && bottomRight.x <= element.clientWidth &&
      bottomRight.y <= element.clientHeight
    );
  }

  /** The control room magnifies the map, letters and all: it is then drawn with as many more points. */
  function sharpen(): void {
    const wanted = fineness();
    if (!exporting && map.getPixelRatio() !== wanted) map.setPixelRatio(wanted);
  }

  function fineness(): number {
    const times = element.clientWidth ? element.getBoundingClientRect().width / element.clientWidth : 1;
    return Math.round(devicePixelRatio * times * (pace?.factor() ?? 1) * 50) / 50;
  }

  /** A machine that draws with its processor has changed its pace. */
  function refine(): void {
    if (!exporting && map.getPixelRatio() !== fineness()) setFineness(map, fineness());
  }

  function viewChanged(): void {
    const bounds = map.getBounds();
    const { left } = room(); // labels stand where nothing covers them
    const edge = left > 100 ? map.unproject([left - 40, 0]).lng : bounds.getWest();
    set("graticule", graticule([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], edge));
    const { lng, lat } = map.getCenter();
    Object.assign(element.dataset, { lon: lng.toFixed(7), lat: lat.toFixed(7), zoom: map.getZoom().toFixed(4) });
    events.moved(untouched || !fittedFor ? null : { lon: lng, lat, zoom: map.getZoom() });
  }

  function dressed(): void {
    addCameraImages(map, colour);
    addWindImage(map, colour);
    addHatch(map, colour);
    ready = true;
    show(store.state, null);
    viewChanged();
  }

  /** Off the map page the page around it is dark. */
  function dress({ page, atlas }: State): void {
    const wanted = forced ?? (page === "map" ? atlas.theme : "dark");
    if (wanted === theme || !ready) return;
    theme = wanted;
    colour = pagePalette(theme);
    element.classList.toggle("light", theme === "light");
    ready = false;
    element.dataset.state = "loading";
    tiles.forget();
    sources.forget();
    map.setStyle(baseStyle(colour), { diff: false });
    map.once("style.load", dressed);
  }

  function showGround(state: State): void {
    void showBaseMap(map, state.atlas.basemap, colour, state.language, "cells", shownLayers(state).includes("basemap"));
  }

  /** What is known of the ground is on the map: what reads it may still be on its way when the map is at rest. */
  function hasGround({ atlas: { basemap } }: State): boolean {
    return basemap !== null && (!basemap.url || map.getSource("basemap") !== undefined);
  }

  async function rested(): Promise<void> {
    while (!ready || !map.loaded() || element.dataset.state !== "idle") await map.once("idle");
  }

  void readable().catch(() => {}); // showing the ground asks for it again
  // Not "load", which waits until an empty world has been drawn: on a slow desk, a second.
  map.once("style.load", dressed);
  setInterval(() => {
    if (!document.hidden && store.state.phase === "map") tiles.changed("cameras");
  }, CAMERAS_MS);
  map.on("moveend", viewChanged);
  map.on("movestart", (event) => {
    element.dataset.state = "loading";
    if (event.originalEvent) untouched = false;
  });
  for (const touch of ["pointerdown", "pointerup", "wheel", "keydown"]) {
    element.addEventListener(touch, () => (handledAt = performance.now()), { passive: true });
  }
  map.on("resize", () => {
    sharpen();
    const { page, selectedIncident, incidents } = store.state;
    const chosen = page === "desk" && incidents.find((one) => one.id === selectedIncident);
    if (chosen && performance.now() - handledAt > HANDLED_FOR) showIncident(chosen);
    if (untouched && !store.state.drawing?.corners.length) fit(store.state);
    viewChanged();
  });
  map.on("idle", () => {
    if (!ready) return;
    if (store.state.reserve && hasGround(store.state)) tellDrawn();
    if (!exporting && pace?.isSharp() === false) return;
    element.dataset.state = "idle";
    const { page, atlas } = store.state;
    if (page !== "map" || atlas.limits.length > 0 || !atlas.layers.includes("density")) return;
    const limits = tiles.limits();
    if (limits.length > 0) events.classified(limits);
  });
  map.on("dataloading", () => (element.dataset.state = "loading"));
  attachClicks(map, store, {
    ...events,
    opened: (at) => {
      untouched = false;
      map.easeTo({ center: at, zoom: map.getZoom() + 2, duration: calm(GLIDE) });
    },
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && store.state.selectedDeployment) events.deploymentChosen(null);
  });
  store.subscribe((state, before) => {
    dress(state);
    if (ready) show(state, before);
    // The list of layers and the walk through time take room, or give it back.
    const tools = ({ legendOpen, timeOpen }: State["atlas"]) => `${legendOpen} ${timeOpen}`;
    if (tools(state.atlas) !== tools(before.atlas) && untouched) requestAnimationFrame(() => fit(store.state, calm(GLIDE)));
  });
  const cameraPlaces = remembering((deployments: State["deployments"]) =>
    new Map(deployments.features.map((one) => [one.properties.id, features.lonLat(one.geometry)])));

  return {
    element,
    zoom: (steps) => {
      untouched = false;
      handledAt = performance.now();
      map.zoomTo(map.getZoom() + steps, { duration: calm(250) });
    },
    fit: () => void fit(store.state),
    bringIntoView: ([lon, lat]) => bringIntoView([lon, lat, lon, lat]),
    focus: () => canvas.focus(),
    showIncident,
    centre: () => [map.getCenter().lng, map.getCenter().lat],
    addCornerAtCentre: drawing.addCornerAtCentre,
    finishDrawing: drawing.finish,
    seen: (one) => {
      const { deployments, language } = store.state;
      const at = cameraPlaces(deployments).get(one.deployment_id);
      const t = translator(language);
      const name = one.scientific_name ? taxonWords(one.scientific_name, language, t) : speciesName(one, language, t);
      if (at) pulses.seen(one.deployment_id, at, name);
    },
    goTo: (at, zoom) => {
      untouched = false;
      handledAt = performance.now();
      const { left, right } = room(); // the middle of what is not covered
      map.flyTo({ center: at, zoom: Math.max(map.getZoom(), zoom ?? 0), offset: [(left - right) / 2, 0], duration: calm(1200) });
    },
    place: ({ lon, lat, zoom }) => {
      untouched = false;
      handledAt = performance.now();
      fittedFor = store.state.reserve?.slug ?? null;
      map.jumpTo({ center: [lon, lat], zoom });
    },
    isSlow,
    drawn,
    tilesChanged: tiles.changed,
    isIdle: () => element.dataset.state === "idle",
    placesNamed: () =>
      map.getSource("basemap")
        ? map.querySourceFeatures("basemap", { sourceLayer: "place" }).flatMap(({ geometry, properties }) =>
            geometry.type === "Point" && properties["name"] ? [{ name: String(properties["name"]), at: features.lonLat(geometry) }] : [])
        : [],
    picture: async (ratio) => {
      exporting = true;
      map.setPixelRatio(ratio);
      try {
        await rested();
        const { left } = room(); // what lies below the tools at the left is not on the image
        return await takePicture(map, element, left > 100 ? left - 40 : 0, colour);
      } finally {
        exporting = false;
        sharpen();
      }
    },
    inTheme: async (wanted, work) => {
      forced = wanted;
      dress(store.state);
      try {
        await rested();
        return await work();
      } finally {
        forced = null;
        dress(store.state);
      }
    },
  };
}

/** Works it out anew only for another argument. */
function remembering<A, B>(work: (given: A) => B): (given: A) => B {
  let kept: { given: A; found: B } | null = null;
  return (given) => {
    if (kept?.given !== given) kept = { given, found: work(given) };
    return kept.found;
  };
}

function chosenCamera(state: State): LonLat | null {
  const found = state.deployments.features.find((one) => one.properties.id === state.selectedDeployment);
  return found ? features.lonLat(found.geometry) : null;
}

function reportsOf(incident: Incident): string[] {
  return features.latestReports(incident).map((one) => `${incident.id} ${one.deployment_id}`);
}

function chosenArea(state: State) {
  const { area, drawn } = state.form;
  if (state.drawing) return null;
  if (state.page === "counts") return shapeOf(areaOf(state.research.route.question.where, state.zones));
  if (area.kind === "drawn") return drawn;
  if (area.kind === "reserve") return null;
  return state.zones.features.find((zone) => zone.properties.id === area.id)?.geometry ?? null;
}

/** No flights for those who asked their system for less motion. */
function calm(milliseconds: number): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : milliseconds;
}
