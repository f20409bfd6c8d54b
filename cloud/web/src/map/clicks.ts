/** What lies under the pointer: a click chooses it, and the pointer tells of it. */
import type { Map as MapLibre } from "maplibre-gl";
import { fullTime } from "../format";
import type { LonLat } from "../geo";
import { translator } from "../i18n";
import type { Store } from "../store";
import { commonName } from "../taxa";

export interface ClickEvents {
  deploymentChosen(id: string | null): void;
  /** A cell of a grid of counts; null beside them. */
  cellChosen(cell: string | null): void;
  /** The place for which the page asked. */
  placeChosen(at: LonLat): void;
  /** A ring that stands for several cameras. */
  opened(at: LonLat): void;
}

export function attachClicks(map: MapLibre, store: Store, events: ClickEvents): void {
  const canvas = map.getCanvas();
  map.on("click", (event) => {
    if (store.state.drawing) return;
    if (store.state.desk.picking) return events.placeChosen([event.lngLat.lng, event.lngLat.lat]);
    const { x, y } = event.point;
    const { page, research } = store.state;
    if (page === "counts" && research.route.section === "map") {
      const [cell] = map.queryRenderedFeatures([x, y], { layers: ["cells", "cells-unseen"] });
      return events.cellChosen((cell?.properties["cell"] as string | undefined) ?? null);
    }
    const [hit] = map.queryRenderedFeatures([[x - 8, y - 8], [x + 8, y + 8]], { layers: ["cameras", "camera-clusters"] });
    if (hit && hit.properties["count"] !== undefined && hit.geometry.type === "Point") {
      return events.opened(hit.geometry.coordinates as LonLat);
    }
    const [animal] = hit ? [] : map.queryRenderedFeatures([[x - 8, y - 8], [x + 8, y + 8]], { layers: ["flight-animals"] });
    if (animal?.properties["media"]) return showAnimal(store, animal.properties);
    events.deploymentChosen((hit?.properties["id"] as string | undefined) ?? null);
  });
  for (const layer of ["cameras", "camera-clusters"]) {
    map.on("mousemove", layer, () => {
      if (!store.state.drawing) canvas.style.cursor = "pointer";
    });
    map.on("mouseleave", layer, () => {
      if (!store.state.drawing) canvas.style.cursor = "";
    });
  }
}

/** The picture in which a drone saw it. */
function showAnimal(store: Store, of: Readonly<Record<string, unknown>>): void {
  const { language, reserve } = store.state;
  const name = of["taxon"] as string | undefined;
  const said = name ? commonName(name, language) ?? name : translator(language)("layer.flights");
  const caption = `${said}, ${fullTime(Date.parse(of["at"] as string), reserve?.timezone ?? "UTC", language)}`;
  store.set({ picture: { mediaId: of["media"] as string, caption, box: null } });
}
