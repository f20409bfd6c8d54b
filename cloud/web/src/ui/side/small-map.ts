/** A small map of a reserve that needs no map library: boundary, zones, cells of a count, cameras, fires. */
import { nothing, svg, html, type TemplateResult } from "lit-html";
import { sector, type LonLat } from "../../geo";
import { limitsOf, shadeOf } from "../../map/cells";
import { hasEnded } from "../../map/features";
import { classOf } from "../../research/scale";
import type { Grid } from "../../research/wire";
import { around, gathered, planeOf, type Plane } from "../../side/sketch";
import { FIRE_SHAPES, HEALTH_SHAPES } from "../../shapes";
import type { Area, Deployment, Deployments, HealthStatus, Reserve, Zones } from "../../wire";
import type { View } from "./view";

const [WIDTH, HEIGHT] = [480, 340];
const CROWDED = 16; // px: cameras nearer than this are drawn as one
const WORST_FIRST: readonly HealthStatus[] = ["attention", "silent", "never_seen", "ok", "ended"];

export interface Shown {
  readonly reserve: Pick<Reserve, "boundary">;
  readonly zones?: Zones;
  readonly deployments?: Deployments;
  readonly grid?: Grid | null;
  readonly fires?: readonly { readonly id: string; readonly kind: "smoke" | "fire"; readonly at: LonLat }[];
  /** This camera alone, with its field of view and its neighbours. */
  readonly camera?: string;
}

export function smallMap(view: View, shown: Shown, label: string): TemplateResult | typeof nothing {
  const cameras = standing(view, shown);
  const one = cameras.find(({ properties }) => properties.id === shown.camera);
  const cells = shown.grid?.features ?? [];
  const bounds = one
    ? around([], [place(one)], reach(one.properties) * 2.2)
    : around([shown.reserve.boundary, ...cells.map(({ geometry }) => geometry as Area)], cameras.map(place));
  if (!bounds) return nothing;
  const plane = planeOf(bounds, WIDTH, HEIGHT);
  return html`
    <svg class="small-map" viewBox=${`0 0 ${plane.width} ${plane.height}`} role="group" aria-label=${label}>
      ${svg`
        ${shown.reserve.boundary ? svg`<path class="land" d=${plane.path(shown.reserve.boundary as Area)}></path>` : nothing}
        ${shown.grid ? cells.map((cell) => cellPath(view, cell, plane, limitsOf(shown.grid!))) : nothing}
        ${(shown.zones?.features ?? []).map(({ geometry }) => svg`<path class="zone" d=${plane.path(geometry as Area)}></path>`)}
        ${shown.reserve.boundary ? svg`<path class="boundary" d=${plane.path(shown.reserve.boundary as Area)}></path>` : nothing}
        ${one ? fieldOfView(one, plane) : nothing}
        ${gathered(cameras, (each) => plane.place(place(each)), one ? 1 : CROWDED).map((spot) => marker(view, spot, shown.camera))}
        ${(shown.fires ?? []).map((fire) => fireMark(view, fire, plane))}
        ${scaleBar(plane)}
      `}
    </svg>
  `;
}

type Feature = Deployments["features"][number];

function standing({ state }: View, { deployments, camera }: Shown): Feature[] {
  return (deployments?.features ?? []).filter(({ properties }) => properties.id === camera || !hasEnded(properties, state.now));
}

function place({ geometry }: Feature): LonLat {
  return [geometry.coordinates[0]!, geometry.coordinates[1]!];
}

function reach(one: Deployment): number {
  return Math.min(4000, Math.max(250, one.detection_distance_m ?? 250));
}

/** Hatched where nobody looked; the darkest where they looked and saw none. */
function cellPath({ t }: View, { geometry, properties: one }: Grid["features"][number], plane: Plane, limits: readonly number[]) {
  const at = one.rate === null ? -1 : classOf(one.rate, limits);
  const look = at < 0 ? "unseen" : `shade-${at > 0 ? shadeOf(at, limits.length) : 0}`;
  const words = one.rate === null ? t("count.not_observed") : `${one.rate.toFixed(1)} ${t("species.rate")}`;
  return svg`<path class=${`cell ${look}`} d=${plane.path(geometry as Area)}><title>${words}</title></path>`;
}

function marker({ t }: View, { at: [x, y], of }: { at: [number, number]; of: Feature[] }, chosen?: string) {
  const worst = WORST_FIRST.find((status) => of.some(({ properties }) => properties.health.status === status))!;
  const { outline, mark } = HEALTH_SHAPES[worst];
  const alone = of.length === 1 ? of[0]!.properties : null;
  const size = alone ? (alone.id === chosen ? 1.1 : 0.62) : 0.62 + Math.min(0.4, of.length / 60);
  const words = alone ? `${alone.location_name}: ${t(`health.${worst}`)}` : t("overview.map_many", { n: of.length });
  const drawn = svg`<g class=${`health ${worst}`} transform=${`translate(${x - 12 * size} ${y - 12 * size}) scale(${size})`}>
    <title>${words}</title><path class="halo" d="M12 -2a14 14 0 1 0 0 28a14 14 0 1 0 0-28Z"></path>
    <path class="outline" fill-rule="evenodd" d=${outline}></path><path class="mark" d=${mark}></path></g>`;
  if (alone && alone.id === chosen) return drawn;
  return svg`<a href=${alone ? `#camera/${alone.id}` : "#camera"} aria-label=${words}>${drawn}</a>`;
}

function fieldOfView({ geometry, properties: one }: Feature, plane: Plane) {
  if (one.heading_deg === null) return nothing;
  const at: LonLat = [geometry.coordinates[0]!, geometry.coordinates[1]!];
  return svg`<path class="view" d=${plane.path(sector(at, one.heading_deg, one.field_of_view_deg ?? 30, reach(one)))}></path>`;
}

function fireMark({ t }: View, { id, kind, at }: { id: string; kind: "smoke" | "fire"; at: LonLat }, plane: Plane) {
  const [x, y] = plane.place(at);
  return svg`<a href=${`#fire/incidents/${id}`} aria-label=${t(`fire.kind.${kind}`)}>
    <circle class="fire-halo" cx=${x} cy=${y} r="17"></circle>
    <path class=${kind} transform=${`translate(${x - 12} ${y - 12})`} d=${FIRE_SHAPES[kind]}></path></a>`;
}

/** About a quarter of the width, in round kilometres or metres. */
export function scaleBar(plane: Plane) {
  const steps = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000];
  const metres = steps.filter((one) => plane.length(one) <= plane.width / 4).at(-1);
  if (!metres) return nothing;
  const [right, foot] = [plane.width - 12, plane.height - 10];
  return svg`<g class="scale"><path d=${`M${right - plane.length(metres)} ${foot - 4}v4H${right}v-4`}></path>
    <text x=${right} y=${foot - 7} text-anchor="end">${metres >= 1000 ? `${metres / 1000} km` : `${metres} m`}</text></g>`;
}
