/** Curves as SVG paths over a square of one by one, y upwards. Pure. */
export type Point = readonly [number, number];

/** Pieces between points that are null: nobody looked there. */
export function pieces(points: readonly (Point | null)[]): Point[][] {
  const found: Point[][] = [];
  let open = false;
  for (const point of points) {
    if (point === null) open = false;
    else if (open) found.at(-1)!.push(point);
    else {
      found.push([point]);
      open = true;
    }
  }
  return found;
}

export function line(points: readonly (Point | null)[]): string {
  return pieces(points).map((piece) => piece.map(([x, y], i) => `${i ? "L" : "M"}${short(x)} ${short(1 - y)}`).join("")).join("");
}

/** The area between two curves over the same points. */
export function band(low: readonly (Point | null)[], high: readonly (Point | null)[]): string {
  const both = low.map((point, i) => (point && high[i] ? ([point, high[i]!] as const) : null));
  const runs: (readonly [Point, Point])[][] = [];
  let open = false;
  for (const pair of both) {
    if (!pair) open = false;
    else if (open) runs.at(-1)!.push(pair);
    else {
      runs.push([pair]);
      open = true;
    }
  }
  return runs.map((run) => {
    const there = run.map(([lower]) => lower);
    const back = run.map(([, upper]) => upper).reverse();
    return `${[...there, ...back].map(([x, y], i) => `${i ? "L" : "M"}${short(x)} ${short(1 - y)}`).join("")}Z`;
  }).join("");
}

/** Where an hour of the day lies on a clock of 24 hours with midnight on top; `radius` from its middle. */
export function onClock(hour: number, radius: number): Point {
  const angle = (hour / 24) * 2 * Math.PI;
  return [radius * Math.sin(angle), -radius * Math.cos(angle)];
}

/** A closed curve round the clock. */
export function roundPath(hours: readonly number[], radii: readonly number[]): string {
  return `${hours.map((hour, i) => {
    const [x, y] = onClock(hour, radii[i]!);
    return `${i ? "L" : "M"}${short(x)} ${short(y)}`;
  }).join("")}Z`;
}

function short(value: number): string {
  return String(Number(value.toFixed(4)));
}
