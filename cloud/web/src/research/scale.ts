/** Scales of plots and maps: where ticks stand, which class a number falls in. Pure. */

/** Round steps from 0 that reach `most`: [0, 5, 10, 15] for 12.3. At most `count` + 2 of them. */
export function ticks(most: number, count = 4): number[] {
  if (!(most > 0) || !Number.isFinite(most)) return [0, 1];
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999)!;
  const steps = Math.ceil(most / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Of a logarithmic axis round 1, for ratios: 0.25, 0.5, 1, 2, 4, reaching both ends. */
export function ratioTicks(low: number, high: number): number[] {
  const reach = Math.max(2, high, 1 / low);
  const base = reach > 64 ? 10 : reach > 8 ? 4 : 2;
  const steps = Math.min(6, Math.ceil(Math.log(reach) / Math.log(base) - 1e-9));
  return Array.from({ length: 2 * steps + 1 }, (_, i) => base ** (i - steps));
}

/** Where a value lies between the ends, in per cent of the way, kept within. */
export function share(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100));
}

/** Upper limits of at most `classes` classes of positive numbers, each with about as many of them; rounded to two
 * digits, so that a legend can be read. The last is the largest. */
export function breaks(values: readonly number[], classes = 5): number[] {
  const sorted = values.filter((one) => one > 0).sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  const limits = Array.from({ length: classes }, (_, i) => {
    const at = sorted[Math.max(0, Math.ceil(((i + 1) / classes) * sorted.length) - 1)]!;
    return roundUp(at);
  });
  return [...new Set(limits)];
}

function roundUp(value: number): number {
  const power = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / power - 1e-9) * power).toPrecision(6));
}

/** 0 for nothing seen, then 1 to the number of classes. */
export function classOf(value: number, limits: readonly number[]): number {
  if (value <= 0) return 0;
  const at = limits.findIndex((limit) => value <= limit);
  return at < 0 ? limits.length : at + 1;
}

/** Which of `n` labels stand below an axis that has room for `room` of them: every second, third, ... */
export function everyNth(n: number, room: number): number {
  return Math.max(1, Math.ceil(n / room));
}
