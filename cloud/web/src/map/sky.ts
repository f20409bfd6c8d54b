/** No sky over a flat map. MapLibre draws one over the whole canvas in every frame, also where the style names none and
 * the map lies flat: transparent, and for a machine without a graphics card the dearest of all that it draws (a third of
 * the time of a frame, and one more program to link before the first). Its public interface has no way to leave it out. */
import type { Map as MapLibre } from "maplibre-gl";

export function withoutSky(map: MapLibre): void {
  leaveOut(map);
  map.on("webglcontextrestored", () => leaveOut(map)); // by then it has another painter
}

function leaveOut(map: MapLibre): void {
  const { painter } = map as unknown as { painter?: { drawFunctions?: { sky?: unknown } } };
  // Another version of MapLibre may have none, or call it otherwise: then it is drawn as before.
  if (painter?.drawFunctions?.sky) painter.drawFunctions = { ...painter.drawFunctions, sky: () => {} };
}
