/** A species, or the list of all: what it reads, each part for itself, because an estimate takes longer than a count. */
import "../styles/side.css";
import "../styles/species.css";
import type { CreatePage } from "../pages";
import { researchApi } from "../research/api";
import { ask, firstCamera } from "../research/question";
import type { Counted, CountsQuestion, Estimated, Grid, Series } from "../research/wire";
import { reserveBounds } from "../map/features";
import { sideApi } from "../side/api";
import { createReading } from "../side/reading";
import type { BestPicture, SpeciesSeen } from "../side/wire";
import { zoneOf } from "../ui/view";
import { speciesIndex } from "../ui/species/list";
import { speciesPage, type Parts } from "../ui/species/page";
import { hexagonsFor, questionOf, readSpecies, writeSpecies, type SpeciesRoute } from "./question";

export const createPage: CreatePage = (tools) => {
  const { store } = tools;
  let route: SpeciesRoute = readSpecies("");
  let find = "";
  let waits = false;
  const index = createReading<SpeciesSeen[]>(tools);
  const parts: Parts = {
    counted: createReading<Counted>(tools),
    series: createReading<Series>(tools),
    grid: createReading<Grid>(tools),
    activity: createReading<Estimated>(tools),
    pictures: createReading<BestPicture[]>(tools),
  };

  // An area and "all the time" need the zones and cameras, which come after the page.
  store.subscribe((state) => {
    if (waits && state.deployments.features.length > 0) read();
  });

  function read(): void {
    const { state } = store;
    const slug = state.reserve?.slug;
    if (!slug) return;
    waits = route.name !== null && state.deployments.features.length === 0;
    if (!index.value && !index.busy) void index.read(() => sideApi.species(slug));
    if (!route.name || waits) return;
    const { name } = route;
    const asked = ask(questionOf(route, Date.now(), firstCamera(state.deployments)), {
      zones: state.zones, deployments: state.deployments, timezone: zoneOf(state), now: Date.now(),
    });
    if (typeof asked === "string") return Object.values(parts).forEach((one) => one.forget());
    const { language } = state;
    void parts.counted.read(() => researchApi.counts(slug, asked, language));
    void parts.series.read(() => researchApi.series(slug, asked, "month", language));
    void parts.grid.read(() => gridOf(slug, asked));
    void parts.activity.read(() => {
      const { taxa: _, ...rest } = asked;
      return researchApi.estimate(slug, { ...rest, taxon: name, method: "activity", options: {} }, language);
    });
    void parts.pictures.read(() => sideApi.pictures(slug, name));
  }

  function gridOf(slug: string, asked: CountsQuestion): Promise<Grid> {
    const bounds = reserveBounds(store.state);
    return researchApi.grid(slug, asked, { kind: "h3", size: bounds ? hexagonsFor(bounds) : 7 }, store.state.language);
  }

  return {
    follow(hash) {
      route = readSpecies(hash);
      read();
    },
    leave() {
      waits = false;
      index.forget();
      Object.values(parts).forEach((one) => one.forget());
    },
    template: (view) => (route.name
      ? speciesPage(view, route, index, parts, (change) => { location.hash = writeSpecies({ ...route, ...change }); }, read)
      : speciesIndex(view, index, find, (text) => { find = text; tools.redraw(); }, read)),
  };
};
