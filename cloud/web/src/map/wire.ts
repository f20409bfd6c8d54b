/** The shapes of the API's part for the map, by short names. */
import type { components } from "../api";

type Schemas = components["schemas"];

/** What was loaded of the ground, and where it can be read as PMTiles. */
export type BaseMap = Schemas["Basemap"];
/** Drones' flights: the line from picture to picture, and animals where they stood. */
export type FlightSummary = Schemas["FlightSummary"];
export type FlightPoints = Schemas["FlightPoints"];
export type LatestPicture = Schemas["LatestPicture"];
export type ListedObservation = Schemas["Observation"];
