/** The base map: nothing is loaded from anywhere, not even a font (labels use the machine's own). */
import type { FeatureCollection } from "geojson";
import type { DataDrivenPropertyValueSpecification, StyleSpecification } from "maplibre-gl";
import { cellLayers } from "./cells";

/** The page's colours, so that map and page cannot drift apart: they live in styles/base.css. */
export type Palette = (name: `--${string}`) => string;

export function pagePalette(): Palette {
  const styles = getComputedStyle(document.documentElement);
  return (name) => styles.getPropertyValue(name).trim();
}

/** Without `glyphs` in a style MapLibre draws text with local fonts, each name taken as CSS would take it. */
export const FONT = ["Inter", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];

const NO_DATA: FeatureCollection = { type: "FeatureCollection", features: [] };
export const SOURCES = [
  "outside", "boundary", "graticule", "zones", "zone-labels", "area", "ground", "cones", "bearings", "hotspots", "regions",
  "sight-lines", "cameras", "draft", "draft-corners", "picked", "cells",
] as const;
export type SourceName = (typeof SOURCES)[number];

export function baseStyle(colour: Palette): StyleSpecification {
  const label = { "text-font": FONT, "text-size": 12 } as const;
  const tone = [
    "match", ["get", "tone"], "fire", colour("--fire"), "smoke", colour("--smoke"), "drill", colour("--drill"), colour("--muted"),
  ] as DataDrivenPropertyValueSpecification<string>;
  const halo = { "text-halo-color": colour("--map-land"), "text-halo-width": 1.6 } as const;
  return {
    version: 8,
    sources: Object.fromEntries(SOURCES.map((name) => [name, { type: "geojson", data: NO_DATA }])),
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour("--map-land") } },
      { id: "outside", type: "fill", source: "outside", paint: { "fill-color": colour("--map-outside"), "fill-antialias": false } },
      ...cellLayers(colour),
      {
        id: "graticule", type: "line", source: "graticule", filter: ["==", ["geometry-type"], "LineString"],
        paint: { "line-color": colour("--map-graticule"), "line-width": 1 },
      },
      {
        id: "boundary-glow", type: "line", source: "boundary",
        paint: { "line-color": colour("--map-boundary"), "line-width": 14, "line-blur": 14, "line-opacity": 0.35 },
      },
      {
        id: "zones", type: "line", source: "zones",
        paint: { "line-color": colour("--map-zone"), "line-width": 1.2, "line-dasharray": [4, 3] },
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
      {
        id: "zone-labels", type: "symbol", source: "zone-labels",
        layout: { ...label, "text-field": ["get", "name"], "text-letter-spacing": 0.08, "text-anchor": "top", "text-offset": [0, 0.5] },
        paint: { ...halo, "text-color": colour("--map-zone-text") },
      },
      { id: "area-fill", type: "fill", source: "area", paint: { "fill-color": colour("--map-area"), "fill-opacity": 0.14 } },
      {
        id: "area-line", type: "line", source: "area", layout: { "line-join": "round" },
        paint: { "line-color": colour("--map-area"), "line-width": 2 },
      },
      { id: "ground", type: "fill", source: "ground", paint: { "fill-color": colour("--ok"), "fill-opacity": 0.07 } },
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
        id: "cones", type: "symbol", source: "cones",
        layout: {
          "icon-image": ["get", "icon"], "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map",
          "icon-allow-overlap": true, "icon-ignore-placement": true,
        },
        paint: { "icon-opacity": ["case", ["get", "ended"], 0.25, 1] },
      },
      {
        id: "cameras", type: "symbol", source: "cameras",
        layout: {
          ...label, "icon-image": ["concat", "camera-", ["get", "status"]], "icon-allow-overlap": true,
          "symbol-sort-key": ["get", "order"],
          "text-field": ["get", "name"], "text-anchor": "top", "text-offset": [0, 1.1], "text-optional": true,
        },
        paint: {
          ...halo, "text-color": colour("--text"),
          "icon-opacity": ["case", ["get", "ended"], 0.4, 1], "text-opacity": ["case", ["get", "ended"], 0.5, 1],
        },
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
