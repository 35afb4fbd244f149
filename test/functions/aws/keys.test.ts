import { beforeEach, describe, expect, it, vi } from 'vitest';
import { aClock } from '../../support/clock.ts';

/** Stands for the keys table and KMS: a key unwraps to 32 bytes of its own number. */
const aws = vi.hoisted(() => ({
  rows: [] as { pk: string; sk: string; wrapped: Uint8Array }[],
  queries: 0,
  unwraps: [] as unknown[],
  fail: 0,
  async query(tenant: string) {
    aws.queries++;
    if (aws.fail-- > 0) throw new Error('throttled');
    return { Items: aws.rows.filter((each) => each.pk === tenant) };
  },
}));
vi.mock('../../../functions/aws/clients.ts', () => ({
  dynamo: {
    send: ({ input }: { input: { ExpressionAttributeValues: { ':tenant': string } } }) =>
      aws.query(input.ExpressionAttributeValues[':tenant']),
  },
  kms: {
    async send({ input }: { input: { CiphertextBlob: Uint8Array } }) {
      aws.unwraps.push(input);
      if (aws.fail-- > 0) throw new Error('KMS refuses');
      return { Plaintext: new Uint8Array(32).fill(input.CiphertextBlob[0] ?? 0) };
    },
  },
}));
const { tenantKeys } = await import('../../../functions/aws/keys.ts');

const row = (sk: string, byte: number, pk = 'acme') => ({ pk, sk, wrapped: new Uint8Array([byte]) });
const minutes = 60_000;

beforeEach(() => {
  Object.assign(aws, { rows: [row('v1', 1), row('dedupe', 9)], queries: 0, unwraps: [], fail: 0 });
});

function container(make?: (tenant: string) => Promise<void>) {
  const clock = aClock();
  const options = { table: 'keys', masterKey: 'master', now: clock.now };
  return { clock, keys: tenantKeys({ ...options, ...(make === undefined ? {} : { make }) }) };
}

describe('a tenant key', () => {
  it('is unwrapped for its tenant and version alone', async () => {
    const { keys } = container();
    expect(await keys.openingKey('acme', 'v1')).toEqual({ id: 'v1', bytes: new Uint8Array(32).fill(1) });
    expect(aws.unwraps).toEqual([
      {
        CiphertextBlob: new Uint8Array([1]),
        KeyId: 'master',
        EncryptionContext: { app: 'taskq', tenant: 'acme', version: 'v1' },
      },
    ]);
  });

  it('is unwrapped once for callers at the same time, and for the next five minutes', async () => {
    const { keys, clock } = container();
    await Promise.all(Array.from({ length: 10 }, () => keys.openingKey('acme', 'v1')));
    await clock.advance(5 * minutes - 1);
    await keys.sealingKey('acme');
    expect([aws.queries, aws.unwraps.length]).toEqual([1, 1]);
    await clock.advance(1);
    await keys.openingKey('acme', 'v1');
    expect([aws.queries, aws.unwraps.length]).toEqual([2, 2]);
  });

  it('is zeroed a minute after it has expired, and not while a seal may still hold it', async () => {
    const { keys, clock } = container();
    const { bytes } = await keys.openingKey('acme', 'v1');
    await clock.advance(6 * minutes - 1);
    await keys.openingKey('acme', 'v1');
    expect(bytes).toEqual(new Uint8Array(32).fill(1));
    await clock.advance(1);
    await keys.openingKey('acme', 'v1');
    expect(bytes).toEqual(new Uint8Array(32));
  });

  it('that is zeroed is not the one in use', async () => {
    const { keys, clock } = container();
    await keys.openingKey('acme', 'v1');
    await clock.advance(5 * minutes);
    const second = await keys.openingKey('acme', 'v1');
    await clock.advance(1 * minutes);
    await keys.openingKey('acme', 'v1');
    expect(second.bytes).toEqual(new Uint8Array(32).fill(1));
  });

  it('whose load failed is loaded again at the next call', async () => {
    const { keys } = container();
    aws.fail = 1;
    await expect(keys.openingKey('acme', 'v1')).rejects.toThrow('throttled');
    await keys.openingKey('acme', 'v1');
    aws.fail = 1;
    await expect(keys.openingKey('acme', 'dedupe')).rejects.toThrow('KMS refuses');
    expect((await keys.openingKey('acme', 'dedupe')).id).toBe('dedupe');
  });

  it('belongs to its tenant', async () => {
    aws.rows.push(row('v1', 7, 'globex'));
    const { keys } = container();
    const [mine, other] = await Promise.all([keys.openingKey('acme', 'v1'), keys.openingKey('globex', 'v1')]);
    expect([mine.bytes[0], other.bytes[0]]).toEqual([1, 7]);
  });
});

describe('which key', () => {
  it('seals: the newest version by number; the dedupe key never', async () => {
    aws.rows.push(row('v9', 3), row('v10', 4), row('v2', 5));
    expect((await container().keys.sealingKey('acme')).id).toBe('v10');
  });

  it('opens: the one that is named, and none besides', async () => {
    aws.rows.push(row('v2', 5));
    expect((await container().keys.openingKey('acme', 'v1')).id).toBe('v1');
  });

  it('dedupes: the tenant’s own, which does not rotate', async () => {
    expect(await container().keys.dedupeKey('acme')).toEqual({
      id: 'dedupe',
      bytes: new Uint8Array(32).fill(9),
    });
  });
});

describe('a version that is not in the cached list', () => {
  it('is looked up once more: it may have been made since', async () => {
    const { keys } = container();
    await keys.openingKey('acme', 'v1');
    aws.rows.push(row('v2', 5));
    const opened = await Promise.all(Array.from({ length: 10 }, () => keys.openingKey('acme', 'v2')));
    expect(opened.map((each) => each.bytes[0])).toEqual(opened.map(() => 5));
    expect(aws.queries).toBe(2);
  });

  it('and is not there either, was revoked', async () => {
    const { keys } = container();
    await keys.openingKey('acme', 'v1');
    await expect(keys.openingKey('acme', 'v2')).rejects.toMatchObject({
      name: 'Unopenable',
      message: 'tenant "acme" has no key "v2": it was revoked or shredded',
    });
    expect(aws.queries).toBe(2);
  });

  it('that is revoked later is used for five minutes at most', async () => {
    const { keys, clock } = container();
    await keys.openingKey('acme', 'v1');
    aws.rows = [row('dedupe', 9)];
    await clock.advance(5 * minutes);
    await expect(keys.openingKey('acme', 'v1')).rejects.toThrow('revoked');
  });
});

describe('a tenant without keys', () => {
  it('gets its first from who may ask for them, once', async () => {
    aws.rows = [];
    const asked: string[] = [];
    const { keys } = container(async (tenant) => {
      asked.push(tenant);
      aws.rows.push(row('v1', 1), row('dedupe', 9));
    });
    const [sealing, dedupe] = await Promise.all([keys.sealingKey('acme'), keys.dedupeKey('acme')]);
    expect([sealing.id, dedupe.id]).toEqual(['v1', 'dedupe']);
    expect(asked).toEqual(['acme']);
  });

  it('that got only one of them, gets the other', async () => {
    aws.rows = [row('v1', 1)];
    const { keys } = container(async () => void aws.rows.push(row('dedupe', 9)));
    expect((await keys.dedupeKey('acme')).id).toBe('dedupe');
  });

  it('gets none from who may not', async () => {
    aws.rows = [];
    const { keys } = container();
    await expect(keys.sealingKey('acme')).rejects.toThrow('tenant "acme" has no key to seal with');
    await expect(keys.dedupeKey('acme')).rejects.toThrow('tenant "acme" has no key "dedupe"');
  });
});
