/** Drawing an area with mouse, touch or keys; the rules are in ../polygon. */
import type { Map as MapLibre, MapMouseEvent } from "maplibre-gl";
import type { GeoJSON } from "geojson";
import type { LonLat } from "../geo";
import { addCorner, finish, removeCorner } from "../polygon";
import type { State, Store } from "../store";
import { draft } from "./features";
import type { SourceName } from "./style";

const SAME_CORNER_PX = 6; // the second click of a double click
const CLOSING_PX = 14;

export interface DrawingTool {
  show(state: State): void;
  addCornerAtCentre(): void;
  finish(): void;
}

export function attachDrawing(
  map: MapLibre,
  store: Store,
  drawn: (area: State["form"]["drawn"]) => void,
  set: (name: SourceName, data: GeoJSON) => void,
): DrawingTool {
  const canvas = map.getCanvas();
  let pointer: LonLat | null = null;

  function near(a: LonLat, b: LonLat, pixels: number): boolean {
    const [p, q] = [map.project(a), map.project(b)];
    return Math.hypot(p.x - q.x, p.y - q.y) <= pixels;
  }

  function add(corner: LonLat): void {
    const drawing = store.state.drawing;
    if (!drawing) return;
    const first = drawing.corners[0];
    if (first && drawing.corners.length >= 3 && near(first, corner, CLOSING_PX)) return end();
    const next = addCorner(drawing, corner, (a, b) => near(a, b, SAME_CORNER_PX));
    store.set({ drawing: next, drawRefusal: null });
  }

  function end(): void {
    const drawing = store.state.drawing;
    if (!drawing) return;
    const result = finish(drawing);
    if (typeof result === "string") store.set({ drawRefusal: result });
    else drawn(result);
  }

  function show({ drawing }: State): void {
    if (!drawing) pointer = null;
    // A double click finishes the area here, so it must not zoom as well.
    if (drawing) map.doubleClickZoom.disable();
    else map.doubleClickZoom.enable();
    canvas.style.cursor = drawing ? "crosshair" : "";
    const { shape, corners } = draft(drawing ?? { corners: [] }, pointer);
    set("draft", shape);
    set("draft-corners", corners);
  }

  map.on("click", (event: MapMouseEvent) => add([event.lngLat.lng, event.lngLat.lat]));
  map.on("dblclick", () => end());
  map.on("mousemove", (event) => {
    if (!store.state.drawing) return;
    pointer = [event.lngLat.lng, event.lngLat.lat];
    show(store.state);
  });
  document.addEventListener("keydown", (event) => {
    if (!store.state.drawing) return;
    if (event.key === "Escape") return store.set({ drawing: null, drawRefusal: null });
    if (event.target !== canvas) return; // Enter and Space belong to the button that has the focus
    const act: Record<string, (() => void) | undefined> = {
      Enter: end,
      " ": centre,
      Backspace: () => store.set((state) => ({ drawing: removeCorner(state.drawing!), drawRefusal: null })),
    };
    if (!act[event.key]) return;
    event.preventDefault();
    act[event.key]!();
  });

  function centre(): void {
    pointer = null;
    const { lng, lat } = map.getCenter();
    add([lng, lat]);
  }
  return { show, addCornerAtCentre: centre, finish: end };
}
