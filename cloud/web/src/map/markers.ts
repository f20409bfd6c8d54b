/** The few things on the map that are page elements: fires (buttons, so that keys reach them), pulses, a popup. */
import { Marker, Popup, type Map as MapLibre } from "maplibre-gl";
import { render } from "lit-html";
import { translator } from "../i18n";
import type { LonLat } from "../geo";
import { isOpen, type State, type Store } from "../store";
import { fireIcon } from "../ui/icons";
import { deploymentCard } from "../ui/cameras";
import { waitsForAnswer } from "../desk/calls";
import type { Incident } from "../wire";
import { latestReports, lonLat } from "./features";
import { toneOf } from "./fires";

const FIRE_OFFSET = 36; // px along the bearing, so that the camera's own icon stays readable

/** The function that it returns shows the fires of a state, or none while their layer is off. */
export function attachIncidents(map: MapLibre, chosen: (id: string) => void): (state: State, visible: boolean) => void {
  const shown = new Map<string, { marker: Marker; button: HTMLButtonElement }>();

  return (state, visible) => {
    const t = translator(state.language);
    const wanted = new Set<string>();
    for (const incident of visible ? onMap(state) : []) {
      for (const { key, at, offset, place } of marksOf(state, incident)) {
        wanted.add(key);
        const entry = shown.get(key) ?? add(key, incident.id, at);
        entry.marker.setLngLat(at).setOffset(offset);
        const words = t("fire.marker", { kind: t(`fire.kind.${incident.kind}`), place });
        entry.button.setAttribute("aria-label", incident.drill ? `${t("fire.drill")}: ${words}` : words);
        Object.assign(entry.button.dataset, { tone: toneOf(incident), state: incident.state });
        entry.button.classList.toggle("selected", incident.id === state.selectedIncident);
        entry.button.classList.toggle("calling", waitsForAnswer(incident));
        render(fireIcon(incident.kind), entry.button);
      }
    }
    for (const [key, { marker }] of shown) {
      if (wanted.has(key)) continue;
      marker.remove();
      shown.delete(key);
    }
  };

  function add(key: string, incidentId: string, at: LonLat) {
    const button = document.createElement("button");
    button.className = "fire-marker";
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      chosen(incidentId);
    });
    const entry = { marker: new Marker({ element: button }).setLngLat(at).addTo(map), button };
    shown.set(key, entry);
    return entry;
  }
}

/** The fires that stand on the map. */
export function onMap(state: State): Incident[] {
  return state.incidents.filter((one) => isOpen(one) || one.id === state.selectedIncident);
}

/** One mark where the fire is; while that is not known, one beside each camera, towards the fire. */
export function marksOf(state: State, incident: Incident): { key: string; at: LonLat; offset: [number, number]; place: string }[] {
  const reports = latestReports(incident);
  const names = [...new Set(reports.map((one) => placeOf(state, one.deployment_id)))].join(", ");
  const told = incident.reports.find((one) => one.location ?? one.standpoint);
  const known = incident.place?.location ?? (reports.length === 0 ? (told?.location ?? told?.standpoint ?? null) : null);
  if (known) return [{ key: incident.id, at: lonLat(known), offset: [0, 0], place: names || witnesses(state, incident) }];
  return reports.map((one) => ({
    key: `${incident.id} ${one.deployment_id}`, at: lonLat(one.location), offset: offsetAlong(one.bearing_deg),
    place: placeOf(state, one.deployment_id),
  }));
}

/** Who saw a fire that no camera did: people by name, else the satellite. */
export function witnesses({ language }: Pick<State, "language">, { reports, hotspots }: Pick<Incident, "reports" | "hotspots">): string {
  const people = [...new Set(reports.map((one) => one.account))];
  const satellites = [...new Set(hotspots.map((one) => one.satellite))];
  return (people.length > 0 ? people : satellites).join(language === "zh" ? "、" : ", ");
}

function offsetAlong(bearing: number | null): [number, number] {
  if (bearing === null) return [0, -FIRE_OFFSET];
  const angle = (bearing * Math.PI) / 180;
  return [Math.sin(angle) * FIRE_OFFSET, -Math.cos(angle) * FIRE_OFFSET];
}

export function placeOf(state: State, deploymentId: string): string {
  const found = state.deployments.features.find((one) => one.properties.id === deploymentId);
  return found?.properties.location_name ?? deploymentId.slice(0, 8);
}

/** On a narrow screen a popup would hide the map: the card then stands in the panel (../ui/cameras). */
export function isNarrow(): boolean {
  return matchMedia("(max-width: 860px)").matches;
}

/** One popup for the chosen deployment; it follows the state while it is open. */
export function attachPopup(map: MapLibre, store: Store, closed: () => void): (state: State) => void {
  let popup: Popup | null = null;
  let shownFor: string | null = null;
  const content = document.createElement("div");

  return (state) => {
    const id = state.selectedDeployment;
    const found = state.deployments.features.find((one) => one.properties.id === id);
    if (!found || isNarrow()) {
      shownFor = null;
      popup?.remove();
      popup = null;
      return;
    }
    render(deploymentCard(found.properties, { state, t: translator(state.language), store }, closed), content);
    if (shownFor === id) return;
    popup?.remove();
    shownFor = id;
    popup = new Popup({ closeButton: false, closeOnClick: false, maxWidth: "300px", offset: 16 })
      .setLngLat(lonLat(found.geometry))
      .setDOMContent(content)
      .addTo(map);
  };
}
