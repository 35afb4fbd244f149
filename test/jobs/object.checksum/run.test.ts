import { describe, expect, it } from 'vitest';
import run from '../../../jobs/object.checksum/run.ts';
import { jobContext, rejection } from '../context.ts';

/** SHA-256 of "abc", of FIPS 180-2. */
const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a');
  yield Buffer.from('bc');
}

const reads = (overrides = {}) => jobContext({ read: async () => chunks(), ...overrides });

describe('object.checksum', () => {
  it.each([
    ['nothing', undefined],
    ['the right', { sha256: abc, bytes: 3 }],
  ])('with %s expected: size and SHA-256', async (_, expected) => {
    expect(await run({ key: 'a.bin', expected }, reads())).toEqual({ bytes: 3, sha256: abc });
  });

  it('tells how far it is, where the size is known', async () => {
    const told: unknown[] = [];
    const progress = (...each: unknown[]) => void told.push(each);
    await run({ key: 'a.bin', expected: { bytes: 3 } }, reads({ progress }));
    expect(told).toEqual([
      [(1 / 3) * 100, '0 MiB read'],
      [100, '0 MiB read'],
    ]);
  });

  it.each([
    [{ bytes: 4 }, 'the object has 3 bytes, and not 4'],
    [{ sha256: '0'.repeat(64) }, `the object's SHA-256 is ${abc}, and not ${'0'.repeat(64)}`],
  ])('fails for good when it expected %j', async (expected, message) => {
    const error = await rejection(run({ key: 'a.bin', expected }, reads()));
    expect(error).toMatchObject({ name: 'PermanentError', message });
  });

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    const progress = () => controller.abort(new Error('cancelled'));
    const error = await rejection(run({ key: 'a.bin' }, reads({ signal: controller.signal, progress })));
    expect(error.message).toBe('cancelled');
  });
});
