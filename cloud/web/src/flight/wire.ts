/** The shapes of the flights' part of the API, by short names. */
import type { components } from "../api";

type Schemas = components["schemas"];

export type FlightSummary = Schemas["FlightSummary"];
export type Flight = Schemas["FlightAnswer"];
export type FlightTaxon = Schemas["FlightTaxon"];
export type FlightPoint = Schemas["FlightPoint"];
export type Seen = Schemas["Observation"];
