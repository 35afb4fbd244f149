import { createHash, randomBytes } from 'node:crypto';
import {
  ivBytes,
  open,
  packSealed,
  refuseUnknown,
  type SealedAs,
  seal,
  unpackSealed,
} from '../core/envelope.ts';
import type { Place } from '../core/placement.ts';
import type { Elsewhere, Sealed, Stored } from '../core/table.ts';
import { coalesce, sameTurn } from './coalesce.ts';
import { type Keys, Unopenable } from './keys.ts';

/** A sealed value with an item of its own. */
export interface NamedItem {
  jobId: string;
  name: string;
  sealed: Sealed;
}

/** The port to sealed values that lie outside their record. */
export interface SealedStore {
  putItems(items: readonly NamedItem[]): Promise<void>;
  /** In order; undefined where there is none. */
  getItems(names: readonly { jobId: string; name: string }[]): Promise<(Sealed | undefined)[]>;
  /** All items of a job whose name starts so, in the order of their names. */
  listItems(jobId: string, prefix: string): Promise<Sealed[]>;
  putObject(key: string, body: Uint8Array): Promise<void>;
  getObject(key: string): Promise<Uint8Array | undefined>;
}

/** Seals, places, fetches and opens values. */
export interface Vault {
  seal(plain: Uint8Array, as: SealedAs): Promise<Sealed>;
  /** Stores a sealed value outside its record and returns what the record says instead. Done before the record is written. */
  putElsewhere(sealed: Sealed, as: SealedAs, place: Exclude<Place, 'record'>): Promise<Elsewhere>;
  putError(sealed: Sealed, as: SealedAs): Promise<void>;
  /** What each failed attempt threw, as `run` the fence that it had. */
  listErrors(tenant: string, jobId: string): Promise<unknown[]>;
  /** The JSON value; undefined when it lies elsewhere and is gone. Throws `Unopenable` for what no repeat can open. */
  open(stored: Stored, as: SealedAs): Promise<unknown>;
}

/** Items of one turn share calls: BatchWriteItem takes 25, BatchGetItem 100. */
export function vault(keys: Keys, store: SealedStore): Vault {
  const putItem = coalesce(
    async (items: NamedItem[]) => {
      await store.putItems(items);
      return items.map(() => undefined);
    },
    25,
    sameTurn,
  );
  const getItem = coalesce(
    (names: { jobId: string; name: string }[]) => store.getItems(names),
    100,
    sameTurn,
  );
  const opened = async (sealed: Sealed, as: SealedAs): Promise<unknown> => {
    // Not `Unopenable`: after a rollback, the newer release will open it.
    refuseUnknown(sealed);
    const key = await keys.openingKey(as.tenant, sealed.key_id);
    return JSON.parse(orUnopenable(() => Buffer.from(open(sealed, as, key.bytes)).toString()));
  };
  const fetched = async (stored: Elsewhere, jobId: string): Promise<Sealed | undefined> => {
    if (stored.at === 'item') return getItem({ jobId, name: stored.where });
    const packed = await store.getObject(stored.where);
    return packed === undefined ? undefined : orUnopenable(() => unpackSealed(packed));
  };
  return {
    async seal(plain, as) {
      const key = await keys.sealingKey(as.tenant);
      return seal(plain, as, key, randomBytes(ivBytes));
    },
    async putElsewhere(sealed, as, place) {
      // The random part keeps a late writer from touching what a record names.
      const part = randomBytes(9).toString('base64url');
      const where =
        place === 'item' ? `${as.field}#${part}` : `sealed/${as.tenant}/${as.jobId}/${as.field}-${part}`;
      if (place === 'item') await putItem({ jobId: as.jobId, name: where, sealed });
      else await store.putObject(where, packSealed(sealed));
      return { v: 1, at: place, where, bytes: sealed.data.length, hash: hashOf(sealed) };
    },
    async putError(sealed, as) {
      const name = `error#${String(as.fence).padStart(6, '0')}`;
      await putItem({ jobId: as.jobId, name, sealed: { ...sealed, fence: as.fence } as Sealed });
    },
    async listErrors(tenant, jobId) {
      const items = (await store.listItems(jobId, 'error#')) as (Sealed & { fence: number })[];
      return Promise.all(
        items.map(async (each) => ({
          ...((await opened(each, { tenant, jobId, field: 'error', fence: each.fence })) as object),
          run: each.fence,
        })),
      );
    },
    async open(stored, as) {
      const sealed = 'at' in stored ? checked(await fetched(stored, as.jobId), stored) : stored;
      return sealed === undefined ? undefined : opened(sealed, as);
    },
  };
}

/** The record names one ciphertext: another under the same name is refused before it is opened. */
function checked(sealed: Sealed | undefined, stored: Elsewhere): Sealed | undefined {
  if (sealed !== undefined && !hashOf(sealed).equals(Buffer.from(stored.hash)))
    throw new Unopenable(`what lies at ${stored.at} is not what the record names`);
  return sealed;
}

function orUnopenable<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw new Unopenable('a sealed value does not open with its key', { cause });
  }
}

function hashOf(sealed: Sealed): Buffer {
  return createHash('sha256').update(sealed.data).digest();
}
