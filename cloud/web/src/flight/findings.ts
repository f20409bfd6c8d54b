/** What a flight's answer means for those who look at it. Pure. */
import type { Flight, FlightPoint, Seen } from "./wire";

/** Every picture of a flight is one of these; together they are all that came. */
export interface Looked {
  /** Share no ground with another: animals are counted in these alone. */
  readonly counted: number;
  /** Show ground that an earlier one shows. */
  readonly overlapping: number;
  /** Of which height, aim or lens is not known: nobody knows which ground they show. */
  readonly groundUnknown: number;
}

export function looked({ pictures, with_footprint, apart }: Pick<Flight, "pictures" | "with_footprint" | "apart">): Looked {
  return { counted: apart, overlapping: with_footprint - apart, groundUnknown: pictures - with_footprint };
}

export interface PictureSeen {
  readonly mediaId: string;
  readonly at: string;
  readonly animals: readonly Seen[];
}

/** Pictures with what was seen in each, in the order in which they were taken. */
export function byPicture(seen: readonly Seen[]): PictureSeen[] {
  const pictures = new Map<string, Seen[]>();
  for (const one of seen) {
    if (one.media_id) pictures.set(one.media_id, [...(pictures.get(one.media_id) ?? []), one]);
  }
  return [...pictures].map(([mediaId, animals]) => ({ mediaId, at: animals[0]!.observed_at, animals }))
    .sort((a, b) => a.at.localeCompare(b.at));
}

/** Of the points of a reserve's flights, those of one. */
export function pointsOf(points: readonly FlightPoint[], flight: string): FlightPoint[] {
  return points.filter(({ properties }) => properties.deployment_id === flight);
}

/** What takes its pictures in, to be given at the office. */
export function takeIn(flight: string, zone: string): string {
  return `fieldwatch edge flight /media/CARD/DCIM/100MEDIA --deployment ${flight} --timezone ${zone} --config node.toml`;
}
