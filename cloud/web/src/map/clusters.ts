/** Cameras that stand too close to be told apart: a ring, parted by how many fare how. */
import type { ExpressionSpecification, Map as MapLibre } from "maplibre-gl";
import type { HealthStatus } from "../wire";
import { STATUSES } from "./layers";
import type { Palette } from "./style";
import { READ_BACK } from "./images";

const PARTS = 12; // into which a ring is divided: few pictures serve all clusters
const PREFIX = "cluster";
const TOKENS: Readonly<Record<HealthStatus, `--${string}`>> = {
  ok: "--ok", attention: "--attention", silent: "--silent", never_seen: "--never", ended: "--line",
};

/** "cluster/9/1/2/0/0": twelfths by state, in the order of `STATUSES`. */
export const CLUSTER_IMAGE: ExpressionSpecification = [
  "concat", PREFIX,
  ...STATUSES.flatMap((status) => [
    "/", ["to-string", ["ceil", ["/", ["*", PARTS, ["coalesce", ["get", status], 0]], ["max", 1, ["get", "count"]]]]],
  ]),
] as ExpressionSpecification;

/** Draws a ring when the map first asks for it. What is rare keeps its part: it may be what matters. */
export function drawCluster(map: MapLibre, colour: Palette, id: string): void {
  const [prefix, ...numbers] = id.split("/");
  if (prefix !== PREFIX) return;
  const parts = numbers.map(Number);
  const ratio = 2;
  const size = 40 * ratio;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d", READ_BACK)!;
  const centre = size / 2;
  pen.fillStyle = colour("--map-outside");
  pen.beginPath();
  pen.arc(centre, centre, centre - ratio, 0, 2 * Math.PI);
  pen.fill();
  const all = parts.reduce((sum, one) => sum + one, 0) || 1;
  let from = -Math.PI / 2;
  pen.lineWidth = 5 * ratio;
  parts.forEach((part, i) => {
    const to = from + (part / all) * 2 * Math.PI;
    pen.strokeStyle = colour(TOKENS[STATUSES[i]!]);
    pen.beginPath();
    pen.arc(centre, centre, centre - 4.5 * ratio, from, to);
    if (part > 0) pen.stroke();
    from = to;
  });
  map.addImage(id, pen.getImageData(0, 0, size, size), { pixelRatio: ratio });
}
