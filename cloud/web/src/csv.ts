/** The count table as CSV (RFC 4180), with its query beside every row, so that no number travels without it. */
import type { Counts, CountsQuery } from "./wire";

const COLUMNS = [
  "from", "to", "area_km2", "cameras_in_area", "cameras_looked", "camera_days", "status",
  "scientific_name", "observation_type", "individuals", "events", "observations", "max_count",
  "rate_per_100_camera_days", "rate_low", "rate_high", "rate_level",
] as const;

export function countsCsv(counts: Counts, query: CountsQuery): string {
  const shared = [
    query.from, query.to, counts.area_km2, counts.deployments.in_area, counts.deployments.looked,
    counts.effort.camera_days, counts.status,
  ];
  // A species that nobody looked for has no number, not even zero: its cells stay empty.
  const species = counts.species?.length ? counts.species : [null];
  const rows = species.map((one) => [
    ...shared,
    one?.scientific_name, one?.observation_type, one?.individuals, one?.events, one?.observations, one?.max_count,
    one?.rate_per_100_camera_days?.estimate, one?.rate_per_100_camera_days?.low,
    one?.rate_per_100_camera_days?.high, one?.rate_per_100_camera_days?.level,
  ]);
  return [COLUMNS, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/** A word that begins like a formula gets an apostrophe: a spreadsheet would run it, and names come from the field.
 * Numbers stay numbers. */
function cell(value: string | number | null | undefined): string {
  const formula = typeof value === "string" && /^[=+\-@\t\r]/.test(value);
  const text = (formula ? "'" : "") + String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
