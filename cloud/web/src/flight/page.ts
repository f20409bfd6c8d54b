/** One flight of a drone, or the list of all: the flight first, then where its animals stood and their pictures. */
import "../styles/side.css";
import "../styles/species.css";
import "../styles/flight.css";
import type { CreatePage } from "../pages";
import { createReading } from "../side/reading";
import { flightIndex } from "../ui/flight/list";
import { flightPage, type FlightParts } from "../ui/flight/page";
import { flightApi } from "./api";
import { readFlight } from "./route";
import type { Flight, FlightPoint, FlightSummary, Seen } from "./wire";

export const createPage: CreatePage = (tools) => {
  const { store } = tools;
  let id: string | null = null;
  const all = createReading<FlightSummary[]>(tools);
  const parts: FlightParts = {
    flight: createReading<Flight>(tools),
    points: createReading<FlightPoint[]>(tools),
    seen: createReading<Seen[]>(tools),
  };

  function read(): void {
    const slug = store.state.reserve?.slug;
    if (!slug) return;
    if (!id) return void all.read(() => flightApi.all(slug));
    const flight = flightApi.one(id);
    void parts.flight.read(() => flight);
    void parts.points.read(async () => flightApi.points(slug, await flight));
    void parts.seen.read(async () => flightApi.seen(slug, await flight));
  }

  function forget(): void {
    all.forget();
    Object.values(parts).forEach((one) => one.forget());
  }

  return {
    follow(hash) {
      id = readFlight(hash);
      forget();
      read();
    },
    leave: forget,
    template: (view) => (id ? flightPage(view, id, parts, read) : flightIndex(view, all, read)),
  };
};
