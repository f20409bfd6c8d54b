/** What the sensors of a camera's node say: newest values, and a week of each in a small plot. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Point, Readings, SensorStation } from "../../camera/power";
import { compassWords, significant } from "../../format";
import type { Key } from "../../i18n";
import type { Reading } from "../../side/reading";
import { card, failed } from "../side/parts";
import { ago, fullTime, type View } from "../side/view";
import { HEIGHT, numberWords, plot, range, WIDTH } from "./plot";

export const SENSOR_DAYS = 7;
const DAY = 86_400_000;
const UNITS: Readonly<Record<string, string>> = {
  temperature_c: "°C", humidity_percent: "%", wind_speed_ms: "m/s", wind_direction_deg: "°", rain_mm: "mm", pressure_hpa: "hPa",
  solar_w_m2: "W/m²", water_level_m: "m", soil_moisture_percent: "%",
};
/** Of arrows, more would lie upon each other. */
const MOST_ARROWS = 28;

export interface NodeSensors {
  readonly station: SensorStation;
  readonly week: readonly Readings[];
}

/** null: the node has none, and nothing need be said of it. */
export function sensorsCard(view: View, reading: Reading<NodeSensors | null>, again: () => void): TemplateResult | typeof nothing {
  const { t, state } = view;
  const found = reading.value;
  if (!found && !reading.failure) return nothing;
  return card(t("sensors.heading"), html`
    ${failed(view, reading.failure, again)}
    ${found ? html`
      <dl>${found.station.newest.map((one) => html`
        <dt>${t(`sensors.${one.quantity}` as Key)}${several(found.station, one.quantity) ? html` <span class="muted">${one.sensor}</span>` : nothing}</dt>
        <dd>${valueWords(view, one.quantity, one.value)} <time class="muted small" datetime=${one.observed_at} title=${fullTime(view, one.observed_at)}>${ago(view, one.observed_at)}</time></dd>`)}</dl>
      ${found.week.flatMap((one) => one.series.map((series) => {
        const points = series.spans.map((span) => ({ at: Date.parse(span.at) + one.width_s * 500, value: span.mean }));
        const arrows = one.quantity === "wind_direction_deg";
        const bars = one.quantity === "rain_mm";
        const apart = (SENSOR_DAYS * DAY) / MOST_ARROWS;
        const alone = (point: Point, n: number) => n === 0 || Math.floor(point.at / apart) !== Math.floor(points[n - 1]!.at / apart);
        const [least, most] = range(points, bars ? 0 : Infinity);
        const name = `${t(`sensors.${one.quantity}` as Key)}, ${UNITS[one.quantity]} · ${series.sensor}`;
        return html`<figure class="sensor-plot"><figcaption>${name}</figcaption>
          <svg class="small-plot" role="img" aria-label=${name} viewBox=${`0 0 ${WIDTH} ${HEIGHT}`}>
            ${plot(view, {
              points: arrows ? points.filter(alone) : points, width: one.width_s * 1000,
              from: state.now - SENSOR_DAYS * DAY, to: state.now, least, most, arrows, bars, words: numberWords(view),
            })}
          </svg></figure>`;
      }))}
      <p><a class="button" download href=${csvHref(found.station.node, state.now)}>${t("sensors.csv")}</a></p>` : nothing}
  `, nothing, "sensors");
}

export function valueWords({ t, state }: Pick<View, "t" | "state">, quantity: string, value: number): string {
  if (quantity === "wind_direction_deg") return `${value.toFixed(0)}°, ${compassWords(value, t)}`;
  return `${significant(value, state.language)} ${UNITS[quantity] ?? ""}`;
}

function several(station: SensorStation, quantity: string): boolean {
  return station.newest.filter((one) => one.quantity === quantity).length > 1;
}

function csvHref(node: string, now: number): string {
  const span = new URLSearchParams({ from: new Date(now - 365 * DAY).toISOString(), to: new Date(now).toISOString() });
  return `/api/v1/nodes/${encodeURIComponent(node)}/readings.csv?${span}`;
}
