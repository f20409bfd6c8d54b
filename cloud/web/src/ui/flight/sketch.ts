/** A flight as a drawing: the ground that its pictures show, its line, and each animal where it stood. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { Flight, FlightPoint } from "../../flight/wire";
import { around, planeOf, type Plane } from "../../side/sketch";
import type { Area } from "../../wire";
import { scaleBar } from "../side/small-map";
import type { View } from "../side/view";
import { plainName } from "../side/parts";

const [WIDTH, HEIGHT] = [640, 420];

export function flightSketch(view: View, flight: Flight, points: readonly FlightPoint[]): TemplateResult | typeof nothing {
  const { t, state } = view;
  const footprint = flight.footprint as Area | null;
  const animals = points.map(({ geometry, properties }) => ({ at: geometry.coordinates as [number, number], name: properties.scientific_name }));
  const bounds = around([footprint], [...(flight.track?.coordinates ?? []), ...animals.map(({ at }) => at)], 120);
  if (!bounds) return nothing;
  const plane = planeOf(bounds, WIDTH, HEIGHT, 22);
  const boundary = state.reserve?.boundary as Area | null;
  return html`
    <svg class="small-map flight-map" viewBox=${`0 0 ${plane.width} ${plane.height}`} role="img"
      aria-label=${t("flight.map_label", { name: flight.name, pictures: flight.pictures, animals: animals.length })}>
      ${svg`
        ${boundary ? svg`<path class="land" d=${plane.path(boundary)}></path>` : nothing}
        ${footprint ? svg`<path class="footprint" fill-rule="evenodd" d=${plane.path(footprint)}></path>` : nothing}
        ${boundary ? svg`<path class="boundary" d=${plane.path(boundary)}></path>` : nothing}
        ${flight.track ? line(flight.track.coordinates, plane) : nothing}
        ${animals.map(({ at, name }) => {
          const [x, y] = plane.place(at);
          return svg`<circle class="animal" cx=${x} cy=${y} r="5"><title>${name ? plainName(view, name) : t("type.animal")}</title></circle>`;
        })}
        ${scaleBar(plane)}
      `}
    </svg>
  `;
}

function line(coordinates: readonly [number, number][], plane: Plane) {
  const places = coordinates.map((at) => plane.place(at));
  const [x, y] = places[0]!;
  return svg`<polyline class="flown" points=${places.map((at) => at.join(",")).join(" ")}></polyline>
    <circle class="set-out" cx=${x} cy=${y} r="5"></circle>`;
}
