/** What the map is drawn with. All of it comes from this service or from the page: no tiles of others, no font server
 * (labels are drawn with the page's fonts). The ground itself is in basemap.ts. */
import type { FeatureCollection } from "geojson";
import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import { TILE_LAYERS } from "./api";
import { cellLayers, HATCH, shadeOf } from "./cells";
import { CLUSTER_IMAGE } from "./clusters";
import type { Theme } from "./state";

/** The page's colours, so that map and page cannot drift apart: they live in styles/base.css. */
export type Palette = (name: `--${string}`) => string;

/** As the page shows them below `.map.<theme>`. */
export function pagePalette(theme: Theme = "dark"): Palette {
  const probe = document.createElement("div");
  probe.className = `map-theme ${theme}`;
  document.body.append(probe);
  const styles = getComputedStyle(probe);
  const kept = new Map<string, string>();
  const read = (name: string) => {
    if (!kept.has(name)) kept.set(name, styles.getPropertyValue(name).trim());
    return kept.get(name)!;
  };
  for (const name of TOKENS) read(name);
  probe.remove();
  return read;
}

/** Read while the probe stands in the page; more are asked for by pictures that are drawn later. */
const TOKENS = [
  "--map-land", "--map-outside", "--map-graticule", "--map-faint-text", "--map-boundary", "--map-zone", "--map-zone-text", "--map-area",
  "--map-track", "--map-station", "--map-water", "--map-river", "--map-water-text", "--map-road", "--map-forest", "--map-building", "--map-contour",
  "--map-place-text", "--text", "--muted", "--line", "--panel", "--focus", "--control", "--fire", "--smoke", "--on-fire", "--drill", "--ok",
  "--attention", "--silent", "--never", "--hatch", "--hatch-ground", "--shade-0", "--shade-1", "--shade-2", "--shade-3", "--shade-4", "--shade-5",
] as const;

/** Without `glyphs` in a style MapLibre draws text with local fonts, each name taken as CSS would take it. */
export const FONT = ["Inter Variable", "Inter", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "Noto Sans SC Variable", "sans-serif"];

const NO_DATA: FeatureCollection = { type: "FeatureCollection", features: [] };
export const SOURCES = [
  "outside", "boundary", "graticule", "zones", "zone-labels", "area", "ground", "sightings", "bearings", "hotspots", "regions",
  "sight-lines", "stations", "flights", "flight-animals", "chosen", "draft", "draft-corners", "picked", "cells",
] as const;
export type SourceName = (typeof SOURCES)[number];

/** Deeper tiles would hold no more than these do. */
const DEEPEST = { cameras: 14, density: 12, hotspots: 12, tracks: 14 } as const;

function sources(): Record<string, SourceSpecification> {
  const own = SOURCES.map((name): [string, SourceSpecification] => [name, { type: "geojson", data: NO_DATA }]);
  // Their address is set as soon as a reserve is open; nothing is asked for while their layers are hidden.
  const tiled = TILE_LAYERS.map((name): [string, SourceSpecification] => [`${name}-tiles`, { type: "vector", tiles: [], maxzoom: DEEPEST[name] }]);
  return Object.fromEntries([...own, ...tiled]);
}

/** Cameras of which it is known whither they look. */
const LOOKS: ExpressionSpecification = ["all", ["!", ["has", "count"]], ["has", "heading"], ["has", "fov"]];

/** All but the land is hidden until there is something to show: from tiles when somebody asks for them, from our own
 * sources when these hold something (sources.ts). */
export function baseStyle(colour: Palette): StyleSpecification {
  const style = whole(colour);
  const hidden = style.layers.map((layer) =>
    "source" in layer ? { ...layer, layout: { ...layer.layout, visibility: "none" } } as LayerSpecification : layer);
  return { ...style, layers: hidden };
}

function whole(colour: Palette): StyleSpecification {
  const zoneName: ExpressionSpecification = ["format", ["get", "name"], { "font-scale": 1.05 }];
  const label = { "text-font": FONT, "text-size": 12 } as const;
  const tone = [
    "match", ["get", "tone"], "fire", colour("--fire"), "smoke", colour("--smoke"), "drill", colour("--drill"), colour("--muted"),
  ] as DataDrivenPropertyValueSpecification<string>;
  const halo = { "text-halo-color": colour("--map-land"), "text-halo-width": 1.6 } as const;
  return {
    version: 8,
    sources: sources(),
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour("--map-land") } },
      { id: "outside", type: "fill", source: "outside", paint: { "fill-color": colour("--map-outside"), "fill-antialias": false } },
      ...cellLayers(colour),
      ...densityLayers(colour),
      {
        id: "graticule", type: "line", source: "graticule", filter: ["==", ["geometry-type"], "LineString"],
        paint: { "line-color": colour("--map-graticule"), "line-width": 1 },
      },
      {
        id: "zones", type: "line", source: "zones",
        paint: { "line-color": colour("--map-zone"), "line-width": 1.2, "line-dasharray": [4, 3] },
      },
      {
        id: "boundary-glow", type: "line", source: "boundary",
        paint: { "line-color": colour("--map-boundary"), "line-width": 14, "line-blur": 14, "line-opacity": 0.35 },
      },
      {
        id: "boundary", type: "line", source: "boundary", layout: { "line-join": "round" },
        paint: { "line-color": colour("--map-boundary"), "line-width": 1.8 },
      },
      {
        id: "graticule-labels", type: "symbol", source: "graticule", filter: ["==", ["geometry-type"], "Point"],
        layout: {
          ...label, "text-field": ["get", "label"], "text-size": 10.5,
          "text-anchor": ["get", "anchor"], "text-offset": ["get", "offset"],
        },
        paint: { ...halo, "text-color": colour("--map-faint-text"), "text-halo-color": colour("--map-outside") },
      },
      { id: "area-fill", type: "fill", source: "area", paint: { "fill-color": colour("--map-area"), "fill-opacity": 0.14 } },
      {
        id: "area-line", type: "line", source: "area", layout: { "line-join": "round" },
        paint: { "line-color": colour("--map-area"), "line-width": 2 },
      },
      ...trackLayers(colour, label, halo),
      {
        // To scale: what the camera can see is this large on the ground.
        id: "ground", type: "fill", source: "ground", minzoom: 12,
        paint: { "fill-color": colour("--ok"), "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0.08, 16, 0.28] },
      },
      {
        id: "ground-line", type: "line", source: "ground", minzoom: 14,
        paint: { "line-color": colour("--ok"), "line-width": 1.2, "line-opacity": ["interpolate", ["linear"], ["zoom"], 14, 0, 15.5, 0.8] },
      },
      ...hotspotLayers(colour),
      ...flightLayers(colour),
    ...stationLayers(colour, label, halo),
      {
        id: "bearings", type: "fill", source: "bearings",
        paint: {
          "fill-color": tone,
          "fill-opacity": ["match", ["get", "tone"], "held", 0.008, 0.028], "fill-antialias": false,
        },
      },
      { id: "hotspots", type: "fill", source: "hotspots", paint: { "fill-color": tone, "fill-opacity": 0.16 } },
      {
        id: "hotspots-line", type: "line", source: "hotspots",
        paint: { "line-color": tone, "line-width": 1.2, "line-dasharray": [1, 1.5] },
      },
      {
        // A sector is a direction and stays faint; an ellipse is a place.
        id: "regions", type: "fill", source: "regions",
        paint: { "fill-color": tone, "fill-opacity": ["case", ["!", ["get", "point"]], 0.05, ["==", ["get", "tone"], "held"], 0.1, 0.26] },
      },
      {
        id: "regions-line", type: "line", source: "regions", filter: ["!=", ["get", "tone"], "drill"], layout: { "line-join": "round" },
        paint: {
          "line-color": tone, "line-width": ["case", ["get", "selected"], 3, 1.6],
          "line-opacity": ["case", ["!", ["get", "point"]], 0.35, ["==", ["get", "tone"], "held"], 0.5, 1],
        },
      },
      {
        id: "regions-drill", type: "line", source: "regions", filter: ["==", ["get", "tone"], "drill"],
        paint: { "line-color": tone, "line-width": 2.4, "line-dasharray": [2, 1.4] },
      },
      { id: "sight-lines", type: "line", source: "sight-lines", paint: { "line-color": tone, "line-width": 1.2, "line-opacity": 0.75 } },
      {
        id: "cones", type: "symbol", source: "cameras-tiles", "source-layer": "cameras", filter: LOOKS, minzoom: 8,
        layout: {
          "icon-image": ["concat", "cone-", ["to-string", ["max", 5, ["min", 360, ["*", 5, ["round", ["/", ["get", "fov"], 5]]]]]]],
          "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map",
          "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.35, 11, 1],
          "icon-allow-overlap": true, "icon-ignore-placement": true,
        },
        paint: {
          // Where the sector on the ground has become larger than this sign of it, the sign goes.
          "icon-opacity": [
            "interpolate", ["linear"], ["zoom"], 15, ["case", ["to-boolean", ["get", "ended"]], 0.25, 1],
            16.2, ["case", ["has", "distance"], 0, ["to-boolean", ["get", "ended"]], 0.25, 1],
          ],
        },
      },
      {
        id: "sightings", type: "circle", source: "sightings",
        paint: {
          "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "observations"]], 1, 14, 12, 34],
          "circle-color": colour("--map-area"), "circle-opacity": 0.28, "circle-stroke-color": colour("--map-area"), "circle-stroke-width": 1.6,
        },
      },
      { id: "chosen", type: "circle", source: "chosen", paint: { "circle-radius": 18, "circle-opacity": 0, "circle-stroke-color": colour("--focus"), "circle-stroke-width": 3 } },
      {
        id: "cameras", type: "symbol", source: "cameras-tiles", "source-layer": "cameras", filter: ["!", ["has", "count"]],
        layout: {
          ...label, "icon-image": ["concat", "camera-", ["get", "status"]], "icon-allow-overlap": true,
          "icon-size": ["interpolate", ["linear"], ["zoom"], 7, 0.62, 11, 1],
          // What is wrong is drawn above what is well.
          "symbol-sort-key": ["match", ["get", "status"], "attention", 4, "silent", 3, "never_seen", 2, "ok", 1, 0],
          "text-field": ["get", "name"], "text-anchor": "top", "text-offset": [0, 1.1], "text-optional": true,
          "text-padding": ["interpolate", ["linear"], ["zoom"], 11, 22, 13, 2], // many cameras from far away: some names, not a carpet of them
        },
        paint: {
          ...halo, "text-color": colour("--text"),
          "icon-opacity": ["case", ["to-boolean", ["get", "ended"]], 0.4, 1], "text-opacity": ["case", ["to-boolean", ["get", "ended"]], 0.5, 1],
        },
      },
      {
        id: "zone-labels", type: "symbol", source: "zone-labels",
        layout: {
          ...label, "text-letter-spacing": 0.06, "text-max-width": 16, "text-line-height": 1.3,
          "text-padding": 0, "text-variable-anchor-offset": ["top", [0, 0.5], "top", [0, 2.4], "top", [0, 4.2]], // down into the zone
          // From far away names alone: the rings of many cameras leave no room for more.
          "text-field": ["step", ["zoom"], zoneName, 9.8, ["format", ...zoneName.slice(1), ["get", "duty"], { "font-scale": 0.9, "text-color": colour("--text") }]],
        },
        paint: { ...halo, "text-color": colour("--map-zone-text") },
      },
      // Above the names of zones, which make way for what is above them.
      {
        id: "camera-clusters", type: "symbol", source: "cameras-tiles", "source-layer": "cameras", filter: ["has", "count"],
        layout: { "icon-image": CLUSTER_IMAGE, "icon-allow-overlap": true, "icon-padding": 0, "icon-size": ["interpolate", ["linear"], ["get", "count"], 2, 0.8, 200, 1.25] },
      },
      {
        id: "camera-cluster-counts", type: "symbol", source: "cameras-tiles", "source-layer": "cameras", filter: ["has", "count"],
        layout: { ...label, "text-field": ["to-string", ["get", "count"]], "text-size": 11.5, "text-allow-overlap": true, "text-ignore-placement": true },
        paint: { "text-color": colour("--text") },
      },
      {
        id: "sightings-counts", type: "symbol", source: "sightings",
        layout: { ...label, "text-field": ["to-string", ["get", "observations"]], "text-size": 12, "text-offset": [0, -1.5], "text-allow-overlap": true },
        paint: { ...halo, "text-color": colour("--map-area") },
      },
      {
        id: "draft-fill", type: "fill", source: "draft", filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": colour("--map-area"), "fill-opacity": 0.12 },
      },
      {
        id: "draft-line", type: "line", source: "draft", layout: { "line-join": "round", "line-cap": "round" },
        paint: { "line-color": colour("--map-area"), "line-width": 2, "line-dasharray": [2, 2] },
      },
      {
        id: "draft-corners", type: "circle", source: "draft-corners",
        paint: {
          "circle-radius": ["case", ["get", "first"], 7, 5], "circle-color": colour("--map-land"),
          "circle-stroke-color": colour("--map-area"), "circle-stroke-width": 2.5,
        },
      },
      {
        id: "picked", type: "circle", source: "picked",
        paint: { "circle-radius": 8, "circle-color": colour("--map-area"), "circle-stroke-color": colour("--map-land"), "circle-stroke-width": 3 },
      },
    ],
  };
}

/** Sequential, and never in fire's colours. The classes come with `densityPaint`. */
function densityLayers(colour: Palette): LayerSpecification[] {
  const from = { source: "density-tiles", "source-layer": "density" } as const;
  const unseen: ExpressionSpecification = ["==", ["get", "status"], "not_observed"];
  return [
    { id: "density", type: "fill", ...from, filter: ["!", unseen], paint: { "fill-color": colour("--shade-0"), "fill-opacity": 0.78 } },
    { id: "density-unseen", type: "fill", ...from, filter: unseen, paint: { "fill-pattern": HATCH, "fill-opacity": 0.9 } },
    { id: "density-line", type: "line", ...from, layout: { "line-join": "round" }, paint: { "line-color": colour("--map-outside"), "line-width": 1 } },
  ];
}

/** The colour of a rate: 0, then one for each class up to its limit. */
export function densityPaint(colour: Palette, limits: readonly number[]): ExpressionSpecification | string {
  if (limits.length === 0) return colour("--shade-0");
  const rate: ExpressionSpecification = ["to-number", ["get", "rate"]];
  const classes = limits.slice(0, -1).flatMap((limit, i) => [["<=", rate, limit], colour(`--shade-${shadeOf(i + 1, limits.length)}`)]);
  return ["case", ["<=", rate, 0], colour("--shade-0"), ...classes, colour(`--shade-${shadeOf(limits.length, limits.length)}`)] as ExpressionSpecification;
}

function trackLayers(colour: Palette, label: object, halo: object): LayerSpecification[] {
  const from = { source: "tracks-tiles", "source-layer": "tracks" } as const;
  const round = { "line-join": "round", "line-cap": "round" } as const;
  return [
    { id: "tracks-casing", type: "line", ...from, layout: round, paint: { "line-color": colour("--map-land"), "line-width": 5, "line-opacity": 0.7 } },
    { id: "tracks", type: "line", ...from, layout: round, paint: { "line-color": colour("--map-track"), "line-width": 2.4 } },
    {
      id: "tracks-labels", type: "symbol", ...from, minzoom: 10,
      layout: { ...label, "symbol-placement": "line", "text-field": ["coalesce", ["get", "name"], ""], "text-size": 11, "text-offset": [0, -0.9] },
      paint: { ...halo, "text-color": colour("--map-track") },
    },
  ];
}

/** Where drones flew, and the animals that they saw, each at its own place. */
function flightLayers(colour: Palette): LayerSpecification[] {
  return [
    {
      id: "flights", type: "line", source: "flights", layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": colour("--map-track"), "line-width": 1.6, "line-dasharray": [1, 2] },
    },
    {
      id: "flight-animals", type: "circle", source: "flight-animals",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 2.5, 15, 6], "circle-color": colour("--map-area"),
        "circle-stroke-width": 1.2, "circle-stroke-color": colour("--map-land"),
      },
    },
  ] as LayerSpecification[];
}

/** Nodes with sensors: a ring around the camera's own symbol, newest values beside it, an arrow as the wind blows. */
function stationLayers(colour: Palette, label: object, halo: object): LayerSpecification[] {
  return [
    {
      id: "stations", type: "circle", source: "stations",
      paint: {
        "circle-radius": 15, "circle-opacity": 0, "circle-stroke-width": 2,
        "circle-stroke-color": ["case", ["get", "old"], colour("--muted"), colour("--map-station")],
      },
    },
    {
      id: "stations-wind", type: "symbol", source: "stations", filter: ["has", "wind"],
      layout: {
        "icon-image": "wind", "icon-rotate": ["get", "wind"], "icon-rotation-alignment": "map", "icon-allow-overlap": true,
        "icon-offset": [0, -26],
      },
      paint: { "icon-opacity": ["case", ["get", "old"], 0.4, 1] },
    },
    {
      id: "stations-values", type: "symbol", source: "stations", minzoom: 9,
      layout: {
        ...label, "text-field": ["get", "words"], "text-anchor": "left", "text-justify": "left", "text-offset": [1.6, 0], "text-max-width": 20,
        "text-line-height": 1.25, "text-allow-overlap": true,
      },
      paint: { ...halo, "text-color": colour("--map-zone-text"), "text-opacity": ["case", ["get", "old"], 0.6, 1] },
    },
  ] as LayerSpecification[];
}

/** What satellites saw, whether or not it belongs to an incident. */
function hotspotLayers(colour: Palette): LayerSpecification[] {
  const from = { source: "hotspots-tiles", "source-layer": "hotspots" } as const;
  return [
    { id: "satellite", type: "fill", ...from, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour("--fire"), "fill-opacity": 0.16, "fill-outline-color": colour("--fire") } },
    {
      id: "satellite-core", type: "circle", ...from, filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 3, 12, 6], "circle-color": colour("--fire"),
        "circle-stroke-color": colour("--fire"), "circle-stroke-width": 6, "circle-stroke-opacity": 0.22,
      },
    },
  ];
}
