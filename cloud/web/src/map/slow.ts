/** Machines that draw with the processor: a virtual machine, a desk without a driver for its card. There a frame of the map
 * takes a tenth of a second, nearly all of it in filling pixels. So while the map moves it is drawn with fewer of them, sharp again
 * as soon as it rests; and no frame is begun before the last one is drawn, since a queue of frames is what makes a key's
 * effect come late. Nothing of this applies to a machine with a graphics card. Why: docs/decisions/0044. */
import type { Map as MapLibre } from "maplibre-gl";

const COARSE = 0.5; // of the screen's pixels in each direction
const REST_MS = 200; // so long it must rest before it is sharp: between two keys it is not worth it
const POLL_MS = 4;
const LONGEST_WAIT = 1000; // ms; a driver that never tells must not stop the map
const MOVING_KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "-", "="]);

export interface Pace {
  /** What the screen's fineness is to be multiplied by. */
  factor(): number;
  /** Nothing moves and all is loaded: whether the map is as sharp as it can be. If not, it soon will be, and rests again. */
  isSharp(): boolean;
}

/** Whether WebGL is done by a program that runs on the processor. */
export function drawnByProcessor(map: MapLibre): boolean {
  const gl = contextOf(map);
  if (!gl) return false;
  const told = gl.getExtension("WEBGL_debug_renderer_info");
  return isSoftware(String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
}

/** Of a renderer's name, as browsers tell it. */
export function isSoftware(renderer: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}

/** @param refine sets the map's fineness anew, called right before a frame: a canvas that changes its size is empty until it
 * is drawn. */
export function attachPace(map: MapLibre, refine: () => void): Pace {
  let coarse = true; // at first, while it loads
  let everSharp = false;
  let sharpening: ReturnType<typeof setTimeout> | undefined;

  function blur(): void {
    coarse = true;
    clearTimeout(sharpening);
    sharpening = undefined;
  }

  map.on("movestart", (event) => {
    if (map.isMoving() || event.originalEvent) blur();
  });
  map.getCanvas().addEventListener("keydown", ({ key }) => {
    if (MOVING_KEYS.has(key)) blur(); // the first frame that it causes is the one that is waited for
  });
  frameByFrame(map, refine);
  return {
    factor: () => (coarse ? COARSE : 1),
    isSharp() {
      if (!coarse) everSharp = true;
      else {
        sharpening ??= setTimeout(() => {
          sharpening = undefined;
          if (map.isMoving()) return; // the end of it brings the next rest
          coarse = false;
          map.triggerRepaint();
        }, everSharp ? REST_MS : 0);
      }
      return !coarse;
    },
  };
}

/** From now on a frame is begun only when the last one has been drawn. */
function frameByFrame(map: MapLibre, before: () => void): void {
  const gl = contextOf(map);
  if (!gl) return;
  const repaint = map.triggerRepaint.bind(map);
  let drawing: WebGLSync | null = null;
  let begun = 0;
  let asked = false;

  function isBusy(): boolean {
    if (!drawing) return false;
    const late = performance.now() - begun > LONGEST_WAIT;
    if (!late && !gl!.isContextLost() && gl!.getSyncParameter(drawing, gl!.SYNC_STATUS) !== gl!.SIGNALED) return true;
    gl!.deleteSync(drawing);
    drawing = null;
    return false;
  }

  function whenDrawn(): void {
    if (isBusy()) return void setTimeout(whenDrawn, POLL_MS);
    requestAnimationFrame(() => { // just before the map's own
      asked = false;
      before();
    });
    repaint();
  }

  map.on("render", () => {
    // A map of another size is drawn at once, and calls off the frame that was asked for: what it has yet to draw asks anew.
    asked = false;
    if (drawing) gl.deleteSync(drawing);
    drawing = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    begun = performance.now();
  });
  map.triggerRepaint = () => {
    if (asked) return;
    asked = true;
    whenDrawn();
  };
}

/** Another fineness for the next frame, and nothing else: the public way tells of a movement, and stops one that goes on. */
export function setFineness(map: MapLibre, ratio: number): void {
  const inner = map as unknown as { _overridePixelRatio?: number | null; _resizeInternal?: () => void };
  if (!inner._resizeInternal) return map.setPixelRatio(ratio);
  inner._overridePixelRatio = ratio;
  inner._resizeInternal();
}

function contextOf(map: MapLibre): WebGL2RenderingContext | null {
  return map.getCanvas().getContext("webgl2");
}
