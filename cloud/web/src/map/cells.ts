/** The cells of a grid of counts: how they look on the map. Pure but for the pattern, which is drawn on a canvas. */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import type { LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { breaks, classOf } from "../research/scale";
import type { Grid } from "../research/wire";
import type { Palette } from "./style";
import { READ_BACK } from "./images";

export const CLASSES = 5;
export const HATCH = "not-observed";

/** Upper limits of the classes of rates that the grid's cells fall into. */
export function limitsOf(grid: Pick<Grid, "features">): number[] {
  return breaks(grid.features.flatMap(({ properties }) => (properties.rate === null ? [] : [properties.rate])), CLASSES);
}

/** Fewer classes than colours: they are spread from the darkest to the lightest. */
export function shadeOf(at: number, classes: number): number {
  return classes <= 1 ? CLASSES : 1 + Math.round(((at - 1) / (classes - 1)) * (CLASSES - 1));
}

export function cellFeatures(grid: Grid | null, chosen: string | null): FeatureCollection<Geometry> {
  const limits = grid ? limitsOf(grid) : [];
  const features = (grid?.features ?? []).map(({ geometry, properties: one }): Feature => {
    const at = one.rate === null ? -1 : classOf(one.rate, limits);
    return {
      type: "Feature", geometry: geometry as Geometry,
      properties: { cell: one.cell, shade: at > 0 ? shadeOf(at, limits.length) : at, chosen: one.cell === chosen },
    };
  });
  return { type: "FeatureCollection", features };
}

/** Below everything that stands on the ground: boundary, zones, cameras. */
export function cellLayers(colour: Palette): LayerSpecification[] {
  const shades = Array.from({ length: CLASSES }, (_, i) => [i + 1, colour(`--shade-${i + 1}`)]).flat();
  return [
    {
      id: "cells", type: "fill", source: "cells", filter: [">=", ["get", "shade"], 0],
      paint: { "fill-color": ["match", ["get", "shade"], 0, colour("--shade-0"), ...shades, colour("--shade-0")] as never, "fill-opacity": 0.92 },
    },
    {
      id: "cells-unseen", type: "fill", source: "cells", filter: ["<", ["get", "shade"], 0],
      paint: { "fill-pattern": HATCH, "fill-opacity": 0.9 },
    },
    {
      id: "cells-line", type: "line", source: "cells", layout: { "line-join": "round" },
      paint: { "line-color": colour("--map-outside"), "line-width": 1 },
    },
    {
      id: "cells-chosen", type: "line", source: "cells", filter: ["get", "chosen"], layout: { "line-join": "round" },
      paint: { "line-color": colour("--focus"), "line-width": 3 },
    },
  ];
}

/** Slanting lines, as they stand on the page's plots for the same thing. */
export function addHatch(map: MapLibre, colour: Palette): void {
  const size = 16;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d", READ_BACK)!;
  pen.strokeStyle = colour("--hatch");
  pen.lineWidth = 3;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
    pen.stroke();
  }
  if (map.hasImage(HATCH)) map.removeImage(HATCH);
  map.addImage(HATCH, pen.getImageData(0, 0, size, size), { pixelRatio: 2 });
}
