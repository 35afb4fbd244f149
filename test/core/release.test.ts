import { describe, expect, test } from 'vitest';
import { partitionsOf } from '../../core/release.ts';
import { now } from './a-job.ts';

describe('the due partitions of a part', () => {
  test('one part has all 64', () => {
    const all = partitionsOf({ part: 0, parts: 1 }, now);
    expect(all).toHaveLength(64);
    expect(all.toSorted().slice(0, 2)).toEqual(['due#00', 'due#01']);
    expect(all.toSorted().at(-1)).toBe('due#63');
  });

  test.each([2, 4, 5, 64])('%d parts share them, none left out and none twice', (parts) => {
    const shared = Array.from({ length: parts }, (_, part) => partitionsOf({ part, parts }, now)).flat();
    expect(new Set(shared).size).toBe(64);
    expect(shared).toHaveLength(64);
  });

  test('another one goes first each minute, and each is first once in a round', () => {
    const firsts = Array.from(
      { length: 16 },
      (_, minute) => partitionsOf({ part: 1, parts: 4 }, now + minute * 60_000)[0],
    );
    expect(new Set(firsts).size).toBe(16);
  });
});
