/**
 * Quantiles of a stream in bounded memory: a uniform sample of at most 4,096 values (Vitter's algorithm R).
 * Up to that many values they are exact. Beyond, the rank of an answer is off by a standard deviation of at
 * most sqrt(0.25 / 4096) = 0.8 percentage points: "p50" lies between the true p48 and p52 in 99 % of files.
 * The seed is fixed, so that a retry of the job gives the same answer.
 */
const sampleSize = 4_096;

export interface Sample {
  values: number[];
  seen: number;
  seed: number;
}

export function newSample(): Sample {
  return { values: [], seen: 0, seed: 0x7a5c_0b17 };
}

/** Shows the sample one more value; it may take it, in place of another. */
export function offer(sample: Sample, value: number): void {
  sample.seen++;
  if (sample.values.length < sampleSize) {
    sample.values.push(value);
    return;
  }
  const place = Math.floor(nextRandom(sample) * sample.seen);
  if (place < sampleSize) sample.values[place] = value;
}

/**
 * Values at the given fractions (0 to 1), interpolated linearly between neighbours: type 7 of Hyndman and Fan
 * (1996), which numpy, pandas and spreadsheets use. The sample must hold at least one value.
 */
export function quantiles(sample: Sample, fractions: readonly number[]): number[] {
  const sorted = Float64Array.from(sample.values).sort();
  return fractions.map((fraction) => {
    const at = (sorted.length - 1) * fraction;
    const below = sorted[Math.floor(at)] ?? Number.NaN;
    const above = sorted[Math.ceil(at)] ?? Number.NaN;
    const weight = at - Math.floor(at);
    const step = above - below;
    return Number.isFinite(step) ? below + weight * step : below * (1 - weight) + above * weight;
  });
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, passes gjrand; 0 inclusive to 1 exclusive. */
function nextRandom(sample: Sample): number {
  sample.seed = (sample.seed + 0x6d2b_79f5) | 0;
  let t = Math.imul(sample.seed ^ (sample.seed >>> 15), sample.seed | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
