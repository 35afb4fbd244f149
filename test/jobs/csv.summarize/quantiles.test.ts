import { describe, expect, it } from 'vitest';
import { newSample, offer, quantiles } from '../../../jobs/csv.summarize/quantiles.ts';

function sampleOf(values: Iterable<number>) {
  const sample = newSample();
  for (const value of values) offer(sample, value);
  return sample;
}

function* range(count: number) {
  for (let n = 1; n <= count; n++) yield n;
}

describe('quantiles', () => {
  // numpy.quantile([...], [0.25, 0.5, 0.75, 0.95]), whose default is type 7
  it.each([
    [[5], [5, 5, 5, 5]],
    [
      [1, 2],
      [1.25, 1.5, 1.75, 1.95],
    ],
    [
      [40, 10, 30, 20],
      [17.5, 25, 32.5, 38.5],
    ],
    [
      [-1.7e308, 1.7e308],
      [-8.5e307, 0, 8.5e307, 1.53e308],
    ],
  ])('of %j are exact', (values, expected) => {
    const found = quantiles(sampleOf(values), [0.25, 0.5, 0.75, 0.95]);
    found.forEach((value, n) => {
      expect(value / (expected[n] || 1)).toBeCloseTo(expected[n] === 0 ? 0 : 1, 10);
    });
  });

  it('are exact up to 4,096 values', () => {
    expect(quantiles(sampleOf(range(4_096)), [0.5, 0.95])).toEqual([2048.5, 3891.25]);
  });

  it('of 100,000 values are off by less than 2.5 points of rank', () => {
    const [p25 = 0, p50 = 0, p75 = 0, p95 = 0] = quantiles(sampleOf(range(100_000)), [0.25, 0.5, 0.75, 0.95]);
    expect(Math.abs(p25 - 25_000)).toBeLessThan(2_500);
    expect(Math.abs(p50 - 50_000)).toBeLessThan(2_500);
    expect(Math.abs(p75 - 75_000)).toBeLessThan(2_500);
    expect(Math.abs(p95 - 95_000)).toBeLessThan(2_500);
  });

  it('keep 4,096 values and take late ones as readily as early ones', () => {
    const { values, seen } = sampleOf(range(100_000));
    expect(values).toHaveLength(4_096);
    expect(seen).toBe(100_000);
    const late = values.filter((value) => value > 90_000).length;
    expect(late).toBeGreaterThan(330); // 410 expected, standard deviation 19
    expect(late).toBeLessThan(490);
  });

  it('are the same for the same values: a retry gives the same answer', () => {
    expect(sampleOf(range(20_000)).values).toEqual(sampleOf(range(20_000)).values);
  });
});
