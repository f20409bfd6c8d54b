/** The calls of the map page, and the addresses of its tiles. */
import type { SensorStations } from "../camera/power";
import { ApiError, call } from "../client";
import { instantsOf, monthsOf } from "./time";
import type { MapState } from "./state";
import type { BaseMap, FlightPoints, FlightSummary, LatestPicture, ListedObservation } from "./wire";

const BASE = "/api/v1";

export const mapApi = {
  basemap: (slug: string) => call<BaseMap>(`/reserves/${slug}/basemap`),
  sensors: (slug: string) => call<SensorStations>(`/reserves/${slug}/sensors`),
  flights: (slug: string) => call<{ items: FlightSummary[] }>(`/reserves/${slug}/flights`),
  flightAnimals: (slug: string) => call<FlightPoints>(`/reserves/${slug}/flights/animals`),
  /** null where the camera has none yet. */
  latestPicture: (deployment: string) =>
    call<LatestPicture>(`/deployments/${deployment}/latest-picture`).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }),
  observations: (slug: string, query: URLSearchParams) =>
    call<{ items: ListedObservation[]; next_cursor: string | null }>(`/reserves/${slug}/observations?${query}`),
};

export const TILE_LAYERS = ["cameras", "density", "hotspots", "tracks"] as const;
export type TileLayer = (typeof TILE_LAYERS)[number];

/** Where a layer's tiles are, for what is on show. The same question has the same address, so that caches answer it. */
export function tileUrl(
  layer: TileLayer, slug: string, { shown, taxon, cells }: Pick<MapState, "shown" | "taxon" | "cells">, now: number, zone: string,
): string {
  const query = {
    cameras: {},
    density: { taxon: taxon ?? "any", ...monthsOf(shown, now, zone), cells },
    hotspots: instantsOf(shown, now, zone),
    tracks: instantsOf(shown, now, zone),
  }[layer];
  const asked = new URLSearchParams(query).toString();
  return `${location.origin}${BASE}/reserves/${slug}/tiles/${layer}/{z}/{x}/{y}.mvt${asked && `?${asked}`}`;
}
