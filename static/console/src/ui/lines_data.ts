/* From samples to what a chart draws. A value is null where there was nothing to measure. */
import type { Sample } from '../lib/live_data';

export type Value = number | null;

export const perMinute = (s: Sample, n: number): Value => (s.spanMs > 0 ? (n * 60_000) / s.spanMs : null);
export const perSecond = (s: Sample, n: number): Value => (s.spanMs > 0 ? (n * 1000) / s.spanMs : null);
export const share = (part: number, whole: number): Value => (whole > 0 ? (100 * part) / whole : null);
export const mean = (sum: number, count: number): Value => (count > 0 ? sum / count : null);

/* The lines of a series in a box of width x height: values stand at the times that they are of, and a
 * line breaks where there is none. A value between two gaps is a dot, that is a line of no length. */
export function pathOf(times: number[], values: Value[], from: number, to: number, most: number, width: number, height: number): string {
  let out = '';
  let open = false;
  values.forEach((value, i) => {
    if (value === null) {
      open = false;
      return;
    }
    const x = to > from ? ((times[i]! - from) / (to - from)) * width : width;
    const y = height - (most > 0 ? Math.min(1, value / most) : 0) * height;
    const at = `${x.toFixed(1)} ${y.toFixed(1)}`;
    out += open ? `L${at}` : `M${at}h0`;
    open = true;
  });
  return out;
}

/* A round number at or above: 1, 2, 5, 10, 20 ... */
export function roundUp(n: number): number {
  if (n <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 5, 10].map((f) => f * unit).find((f) => f >= n * 0.999999)!;
}

export interface Extent {
  now: Value;
  least: Value;
  most: Value;
}

export function extentOf(values: Value[]): Extent {
  const known = values.filter((v): v is number => v !== null);
  if (known.length === 0) return { now: null, least: null, most: null };
  return { now: values[values.length - 1] ?? null, least: Math.min(...known), most: Math.max(...known) };
}
