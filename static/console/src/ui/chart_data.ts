export const HOUR = 3600 * 1000;

/* How many times fall into each of the last 24 hours, the present one last. */
export function perHour(times: number[], now = Date.now()): number[] {
  const out = new Array<number>(24).fill(0);
  const last = Math.floor(now / HOUR);
  for (const time of times) {
    const at = 23 - (last - Math.floor(time / HOUR));
    if (at >= 0 && at < 24) out[at]!++;
  }
  return out;
}
