/** The map's icons, drawn on a canvas from the page's shapes and colours: nothing to download. */
import type { Map as MapLibre } from "maplibre-gl";
import { HEALTH_SHAPES } from "../shapes";
import type { HealthStatus } from "../wire";
import type { Palette } from "./style";

/** Of canvases whose pixels are read at once: drawn by the processor, not by a graphics card that must hand them back
 * (the rings of a first view took 300 ms of it). */
export const READ_BACK: CanvasRenderingContext2DSettings = { willReadFrequently: true };

const RATIO = 2; // sharp on dense displays
const ICON = 26;
export const CONE_RADIUS = 54;

const HEALTH_COLOURS: Readonly<Record<HealthStatus, `--${string}`>> = {
  ok: "--ok", attention: "--attention", silent: "--silent", never_seen: "--never", ended: "--never",
};

const HOLLOW: readonly HealthStatus[] = ["never_seen", "ended"]; // outline only: their mark is not cut out of a fill

export function addCameraImages(map: MapLibre, colour: Palette): void {
  for (const status of Object.keys(HEALTH_SHAPES) as HealthStatus[]) {
    const { outline, mark } = HEALTH_SHAPES[status];
    const image = draw(ICON, (pen) => {
      pen.translate(1, 1);
      pen.lineJoin = "round";
      pen.lineWidth = 2;
      pen.strokeStyle = colour("--map-outside"); // a rim that lifts the icon off whatever lies below
      pen.stroke(new Path2D(outline));
      pen.fillStyle = colour(HEALTH_COLOURS[status]);
      pen.fill(new Path2D(outline), "evenodd");
      pen.fillStyle = colour(HOLLOW.includes(status) ? "--never" : "--map-outside");
      pen.fill(new Path2D(mark));
    });
    map.addImage(`camera-${status}`, image, { pixelRatio: RATIO });
  }
}

/** Of a wind from the north: an arrow that points down. */
export function addWindImage(map: MapLibre, colour: Palette): void {
  const image = draw(ICON, (pen) => {
    pen.translate(ICON / 2, ICON / 2);
    pen.lineCap = pen.lineJoin = "round";
    const path = new Path2D("M0-9V9M-5 4 0 9 5 4");
    pen.lineWidth = 5;
    pen.strokeStyle = colour("--map-outside");
    pen.stroke(path);
    pen.lineWidth = 2.4;
    pen.strokeStyle = colour("--map-station");
    pen.stroke(path);
  });
  map.addImage("wind", image, { pixelRatio: RATIO });
}

/** Draws "cone-60" when the map first asks for it: a field of view so many degrees wide that opens upwards (north) and
 * fades with distance. */
export function drawCone(map: MapLibre, colour: Palette, id: string): void {
  const width = /^cone-(\d+)$/.exec(id)?.[1];
  if (width) addConeImage(map, colour, id, Number(width));
}

function addConeImage(map: MapLibre, colour: Palette, name: string, width: number): void {
  const half = (width / 2) * (Math.PI / 180);
  const image = draw(2 * CONE_RADIUS, (pen) => {
    pen.translate(CONE_RADIUS, CONE_RADIUS);
    const fade = pen.createRadialGradient(0, 0, 6, 0, 0, CONE_RADIUS);
    fade.addColorStop(0, withAlpha(colour("--ok"), 0.55));
    fade.addColorStop(1, withAlpha(colour("--ok"), 0.02));
    pen.fillStyle = fade;
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.arc(0, 0, CONE_RADIUS - 1, -Math.PI / 2 - half, -Math.PI / 2 + half);
    pen.closePath();
    pen.fill();
  });
  map.addImage(name, image, { pixelRatio: RATIO });
}

function draw(size: number, paint: (pen: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d", READ_BACK)!;
  pen.scale(RATIO, RATIO);
  paint(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** `#rrggbb` with an alpha. */
function withAlpha(hex: string, alpha: number): string {
  return hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
}
