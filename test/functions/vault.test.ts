import { describe, expect, it } from 'vitest';
import type { SealedAs } from '../../core/envelope.ts';
import type { Elsewhere } from '../../core/table.ts';
import { aJobId } from '../support/a-job.ts';
import { aWorld } from '../support/world.ts';

const as = (fields: Partial<SealedAs> = {}): SealedAs => ({
  tenant: 'acme',
  jobId: '01a202b2-c500-7000-8000-000000000101',
  field: 'payload',
  ...fields,
});
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('a sealed value', () => {
  it.each(['item', 's3'] as const)(
    'kept apart (%s) comes back, and its record says where, how much and what',
    async (place) => {
      const { vault, sealed } = aWorld();
      const value = await vault.seal(bytes({ a: 1 }), as());
      const stored = await vault.putElsewhere(value, as(), place);
      expect(stored).toMatchObject({ v: 1, at: place, bytes: 7, hash: expect.any(Uint8Array) });
      expect(sealed.names()).toEqual([
        expect.stringMatching(
          place === 'item'
            ? /^01a202b2-c500-7000-8000-000000000101\/payload#[\w-]{12}$/
            : /^sealed\/acme\/01a202b2-c500-7000-8000-000000000101\/payload-[\w-]{12}$/,
        ),
      ]);
      expect(await vault.open(stored, as())).toEqual({ a: 1 });
    },
  );

  it('put twice lies in two places: a late writer touches nothing that a record names', async () => {
    const { vault, sealed } = aWorld();
    const value = await vault.seal(bytes(1), as());
    await vault.putElsewhere(value, as(), 'item');
    await vault.putElsewhere(value, as(), 's3');
    await vault.putElsewhere(value, as(), 'item');
    expect(new Set(sealed.names()).size).toBe(3);
  });

  it.each([
    ['another tenant', { tenant: 'globex' }],
    ['another job', { jobId: aJobId() }],
    ['another field', { field: 'result' as const }],
    ['a fence', { fence: 1 }],
  ])('does not open for %s', async (_, fields) => {
    const { vault } = aWorld();
    const value = await vault.seal(bytes('secret'), as());
    await expect(vault.open(value, as(fields))).rejects.toMatchObject({ name: 'Unopenable' });
  });

  it('replaced by another under its name is refused before it is opened', async () => {
    const { vault, sealed } = aWorld();
    const stored = await vault.putElsewhere(await vault.seal(bytes('mine'), as()), as(), 'item');
    const other = await vault.seal(bytes('other'), as());
    await sealed.putItems([{ jobId: as().jobId, name: stored.where, sealed: other }]);
    await expect(vault.open(stored, as())).rejects.toMatchObject({
      name: 'Unopenable',
      message: 'what lies at item is not what the record names',
    });
  });

  it('of a newer release’s format is not given up: no key is asked for, and it is not called unopenable', async () => {
    const { vault, faults } = aWorld();
    const value = { ...(await vault.seal(bytes(1), as())), v: 2 as 1 };
    const before = faults.calls.length;
    await expect(vault.open(value, as())).rejects.toMatchObject({
      name: 'Error',
      message: expect.stringContaining('this release opens 1'),
    });
    expect(faults.calls.slice(before)).toEqual([]);
  });

  it.each(['item', 's3'] as const)('that is gone (%s) is undefined', async (at) => {
    const gone: Elsewhere = { v: 1, at, where: 'nowhere', bytes: 1, hash: new Uint8Array(32) };
    expect(await aWorld().vault.open(gone, as())).toBeUndefined();
  });
});

it('items of one turn share calls: 25 to write, 100 to read', async () => {
  const { vault, faults } = aWorld();
  const names = Array.from({ length: 30 }, () => as({ jobId: aJobId() }));
  const stored = await Promise.all(
    names.map(async (each) => vault.putElsewhere(await vault.seal(bytes(each.jobId), each), each, 'item')),
  );
  expect(await Promise.all(stored.map((each, index) => vault.open(each, names[index]!)))).toEqual(
    names.map((each) => each.jobId),
  );
  expect(faults.calls.filter((each) => each.includes('Items'))).toEqual([
    'putItems 25',
    'putItems 5',
    'getItems 30',
  ]);
});
