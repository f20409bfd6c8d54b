/** The calls of the page of flights. */
import { call } from "../client";
import type { Observations } from "../side/wire";
import { pointsOf } from "./findings";
import type { Flight, FlightPoint, FlightSummary, Seen } from "./wire";

const MOST_PER_TAXON = 200;
const MOST = 1000;
const UNNAMED = "Animalia"; // as the answer calls those whom nobody could name

export const flightApi = {
  all: async (slug: string) => (await call<{ items: FlightSummary[] }>(`/reserves/${slug}/flights`)).items,
  one: (id: string) => call<Flight>(`/deployments/${id}/flight`),
  /** Animals where they stood. */
  points: async (slug: string, { id, started_at, ended_at }: Flight): Promise<FlightPoint[]> => {
    if (!started_at || !ended_at) return [];
    const span = new URLSearchParams({ from: started_at, to: new Date(Date.parse(ended_at) + 1000).toISOString() });
    return pointsOf((await call<{ features: FlightPoint[] }>(`/reserves/${slug}/flights/animals?${span}`)).features, id);
  },
  /** What the detector saw; asked species by species, for most of a flight's pictures are empty, and each has a record. */
  seen: async (slug: string, { id, animals }: Flight): Promise<Seen[]> => {
    const ask = async (more: Record<string, string>) =>
      (await call<Observations>(`/reserves/${slug}/observations?${new URLSearchParams({ deployment: id, ...more })}`)).items;
    const answers = await Promise.all(animals.map(({ scientific_name: taxon }) => (taxon === UNNAMED
      ? ask({ limit: String(MOST) }).then((all) => all.filter((one) => one.observation_type === "animal" && !one.scientific_name))
      : ask({ taxon, limit: String(MOST_PER_TAXON) }))));
    return answers.flat();
  },
};
