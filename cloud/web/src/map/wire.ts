/** The shapes of the API's part for the map, by short names. */
import type { components } from "../api";

type Schemas = components["schemas"];

/** What was loaded of the ground, and where it can be read as PMTiles. */
export interface BaseMap {
  url: string | null;
  version: string | number | null;
  max_zoom: number | null;
  layers: { kind: string; name: string; source: string | null }[];
}

export interface LatestPicture {
  media_id: string;
  deployment_id: string;
  observed_at: string;
}

export type ListedObservation = Schemas["Observation"];
