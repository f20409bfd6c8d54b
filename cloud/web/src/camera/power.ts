/** A node's power as it is drawn: stretches of the charge curve without gaps, and bands of one level of work. Pure. */
import type { components } from "../api";

export type PowerHistory = components["schemas"]["PowerHistory"];
export type PowerHour = components["schemas"]["PowerHour"];
export type SensorStations = components["schemas"]["SensorStations"];
export type SensorStation = components["schemas"]["SensorStation"];
export type Readings = components["schemas"]["Readings"];

const HOUR = 3_600_000;
/** Levels of work as nodes name them, from everything to the floor of fire watch. */
export const LEVELS = ["full", "saving", "low", "floor"] as const;

export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Band {
  readonly from: number;
  readonly to: number;
  readonly level: string;
}

/** The curve in pieces: where an hour is missing nobody knows what was, and no line is drawn through it. */
export function pieces(points: readonly Point[], width: number): Point[][] {
  const found: Point[][] = [];
  for (const point of points) {
    const last = found.at(-1)?.at(-1);
    if (last && point.at - last.at <= 1.5 * width) found.at(-1)!.push(point);
    else found.push([point]);
  }
  return found;
}

export function charge(hours: readonly PowerHour[]): Point[] {
  return hours.flatMap((hour) => (hour.charge === null ? [] : [{ at: Date.parse(hour.at) + HOUR / 2, value: hour.charge }]));
}

/** Hours of one level that follow each other are one band. */
export function bands(hours: readonly PowerHour[]): Band[] {
  const found: { from: number; to: number; level: string }[] = [];
  for (const hour of hours) {
    if (hour.level === null) continue;
    const from = Date.parse(hour.at);
    const last = found.at(-1);
    if (last && last.to === from && last.level === hour.level) last.to = from + HOUR;
    else found.push({ from, to: from + HOUR, level: hour.level });
  }
  return found;
}

/** The hours of the last days, by the newest one or now, whichever the plot ends with. */
export function lastDays(hours: readonly PowerHour[], days: number, now: number): PowerHour[] {
  return hours.filter((hour) => Date.parse(hour.at) >= now - days * 24 * HOUR);
}

/** 1234.5 Wh as a number and its unit: the larger one from a thousand on. */
export function scaled(value: number, small: string, large: string): readonly [value: number, unit: string] {
  return Math.abs(value) >= 1000 ? [value / 1000, large] : [value, small];
}
