import { expect, it } from 'vitest';
import { makeFirstKeys } from '../../../functions/keys/keys.ts';

/** A keys table, and KMS that wraps every key another way. */
function aTable() {
  const stored = new Map<string, number>();
  const steps: string[] = [];
  let wrapped = 0;
  const make = makeFirstKeys({
    register: async (tenant) => void steps.push(`register ${tenant}`),
    wrap: async (tenant, version) => {
      wrapped++;
      expect([tenant, version]).toEqual(['acme', expect.stringMatching(/^(v1|dedupe)$/)]);
      return new Uint8Array([wrapped]);
    },
    storeOnce: async (tenant, version, [key = 0]) => {
      const name = `${tenant}/${version}`;
      if (stored.has(name)) return false;
      stored.set(name, key);
      steps.push(`store ${name}`);
      return true;
    },
  });
  return { make, stored, steps };
}

it('a tenant’s first keys are a sealing key and a dedupe key', async () => {
  const { make, stored } = aTable();
  expect(await make('acme')).toEqual(['v1', 'dedupe']);
  expect([...stored.keys()]).toEqual(['acme/v1', 'acme/dedupe']);
});

it('the tenant is known before it has a key', async () => {
  const { make, steps } = aTable();
  await make('acme');
  expect(steps).toEqual(['register acme', 'store acme/v1', 'store acme/dedupe']);
});

it('a repeat makes none and changes none', async () => {
  const { make, stored } = aTable();
  await make('acme');
  const before = new Map(stored);
  expect(await make('acme')).toEqual([]);
  expect(stored).toEqual(before);
});

it('two at once keep the first of each', async () => {
  const { make, stored } = aTable();
  const made = await Promise.all([make('acme'), make('acme')]);
  expect(made.flat().sort()).toEqual(['dedupe', 'v1']);
  expect(stored.get('acme/v1')).toBe(1);
});

it('one that stands alone gets its other', async () => {
  const { make, stored } = aTable();
  stored.set('acme/v1', 100);
  expect(await make('acme')).toEqual(['dedupe']);
  expect(stored.get('acme/v1')).toBe(100);
});
