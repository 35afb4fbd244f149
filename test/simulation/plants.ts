import type { SQSRecord } from 'aws-lambda';
import type { Change } from '../../core/change.ts';
import { lostPlants } from './lost-plants.ts';
import { operationPlants } from './operation-plants.ts';
import type { About } from './plan.ts';
import {
  type Alter,
  altered,
  buriesUnjudged,
  held,
  isClaim,
  isRenewal,
  sentBefore,
  without,
} from './plant-ports.ts';
import type { PromiseName } from './promises.ts';
import { flowPlants } from './workflow/plants.ts';

/** A bug, as one small switch where something passes. */
export interface Plant {
  /** The promises that it may break first. */
  breaks: readonly PromiseName[];
  /** What it takes several faults at once to show is looked for where these are frequent. */
  about?: About;
  /** Alters what a process reaches the world through. */
  ports?: Alter;
  /** Leases are renewed on the event loop that a handler may block. */
  oneLoop?: true;
  /** Alters what Lambda hands over; what is left out counts as done. */
  received?: (records: readonly SQSRecord[]) => readonly SQSRecord[];
}

/** Bugs, most of them of PROTOCOL's list. The simulation must find and name every one of them. */
export const plants: Record<string, Plant> = {
  'the fence is the attempt: a refund lowers it': {
    breaks: ['the fence never falls'],
    ports: altered((change) =>
      change.add?.attempt === -1 ? { ...change, add: { ...change.add, fence: -1 } } : change,
    ),
  },
  'its own claim, its answer lost, is taken for another': {
    breaks: ['an attempt is spent on a start or a death'],
    ports: (ports) => {
      const change = async (changes: readonly Change[]) => {
        const results = await ports.store.change(changes);
        return results.map((each) => without(each, 'owner'));
      };
      return { ...ports, store: { ...ports.store, change } };
    },
  },
  'pointer before record on a retry by a person': {
    breaks: ['brought back only after trouble'],
    ports: sentBefore((change) => change.set.attempt === 0),
  },
  'send before settle': {
    breaks: ['looked after', 'brought back only after trouble'],
    ports: sentBefore(
      ({ set }) => ['retrying', 'pending'].includes(set.status ?? '') && set.attempt === undefined,
    ),
  },
  'a pointer to nothing is dropped without a tombstone': {
    about: 'claims',
    breaks: ['looked after'],
    ports: (ports, process) => ({
      ...ports,
      store: {
        ...ports.store,
        insert: async (records) =>
          process.name.startsWith('work')
            ? records.map(() => ({ inserted: true }))
            : ports.store.insert(records),
      },
    }),
  },
  'a claim takes running jobs': {
    breaks: ['a live lease is respected', 'one owner'],
    ports: altered((change) =>
      isClaim(change)
        ? {
            ...change,
            where: [
              ['status', 'in', ['scheduled', 'pending', 'retrying', 'running']],
              ['attemptsLeft', '>', 0],
            ],
          }
        : change,
    ),
  },
  'leases are renewed on the event loop that a handler blocks': {
    breaks: ['one owner', 'an attempt is spent on a start or a death'],
    oneLoop: true,
  },
  'a renewal asks for the fence alone': {
    about: 'leases',
    // Late, it shortens a lease as well.
    breaks: ['one owner', 'a live lease is respected', 'an attempt is spent on a start or a death'],
    ports: altered((change) =>
      isRenewal(change)
        ? { ...change, where: change.where.filter(([name]) => name !== 'availableAt') }
        : change,
    ),
  },
  'trust is counted from the last send': {
    about: 'leases',
    breaks: ['one owner'],
    ports: (ports, process) => ({
      ...ports,
      store: {
        ...ports.store,
        change: async (changes) => {
          const sentAt = process.monotonic();
          const results = await ports.store.change(changes);
          if (changes.some((each) => isClaim(each) || isRenewal(each)))
            process.lag(process.monotonic() - sentAt);
          return results;
        },
      },
    }),
  },
  'quarantine claims what it saw over without looking again': {
    about: 'leases',
    breaks: ['one owner', 'a live lease is respected'],
    ports: altered((change) =>
      change.set.status === 'running' && !isClaim(change)
        ? { ...change, where: change.where.filter(([name]) => name !== 'availableAt') }
        : change,
    ),
  },
  'a lease ends before a blocked event loop does': {
    breaks: ['one owner', 'an attempt is spent on a start or a death'],
    ports: (ports, process) =>
      altered((change) =>
        change.set.status === 'running'
          ? { ...change, set: { ...change.set, availableAt: process.now() + 20_000 } }
          : change,
      )(ports, process),
  },
  'a pointer is lost without a word': {
    breaks: ['looked after'],
    ports: (ports) => ({
      ...ports,
      lanes: {
        ...ports.lanes,
        deliver: async (deliveries) => {
          await ports.lanes.deliver(deliveries.filter((each) => each.lane !== 'quarantine'));
          return deliveries.map(() => true);
        },
      },
    }),
  },
  'bury fails jobs without judging them': {
    breaks: ['fails only for a reason', 'a live lease is respected'],
    ports: (ports, process) => (process.name.startsWith('bury') ? buriesUnjudged(ports, process) : ports),
  },
  'messages are hidden until tomorrow': {
    breaks: ['nothing hides for long'],
    ports: (ports) => ({
      ...ports,
      lanes: {
        ...ports.lanes,
        hide: (hidings) => ports.lanes.hide(hidings.map((each) => ({ ...each, seconds: 43_000 }))),
      },
    }),
  },
  'a payload is not written, and its record is': {
    breaks: ['a value stands before its record'],
    ports: (ports, process) => ({
      ...ports,
      vault: {
        ...ports.vault,
        putElsewhere: async (value, as) => ({
          v: 1,
          at: 'item',
          where: `${as.field}/${process.name}`,
          bytes: value.data.length,
          hash: new Uint8Array(1),
        }),
      },
    }),
  },
  'a key is read, and then written': {
    breaks: ['one key, one job'],
    ports: (ports) => ({
      ...ports,
      dedupe: {
        ...ports.dedupe,
        hold: async (item, now) => {
          await ports.dedupe.hold({ ...item, expiresAt: 0 }, now);
          return ports.dedupe.hold(item, Number.POSITIVE_INFINITY);
        },
      },
    }),
  },
  'an idempotency key holds for an hour': {
    about: 'keys',
    breaks: ['one key, one job'],
    ports: held((item) => ({ ...item, expiresAt: Math.ceil(item.at / 1000) + 3_600 })),
  },
  'an idempotency key is never free again': {
    about: 'keys',
    breaks: ['a key is free again'],
    ports: held((item) => ({ ...item, expiresAt: 2 * item.expiresAt })),
  },
  'a settle by id alone': {
    breaks: ['a late attempt leaves nothing'],
    ports: altered((change) =>
      ['completed', 'failed', 'retrying'].includes(change.set.status ?? '')
        ? { ...change, where: change.where.filter(([name]) => name !== 'fence') }
        : change,
    ),
  },
  'an open record keeps its expiry': {
    breaks: ['an open record does not expire'],
    ports: altered((change) => ({
      ...change,
      remove: change.remove?.filter((name) => name !== 'expiresAt') ?? [],
    })),
  },
  'a claim removes the entry': {
    breaks: ['an entry stays until the end'],
    ports: altered((change) =>
      change.set.status === 'running'
        ? { ...change, remove: [...(change.remove ?? []), 'attention', 'attentionAt'] }
        : change,
    ),
  },
  'a long job is inserted without an entry': {
    breaks: ['a long job is watched'],
    ports: (ports) => ({
      ...ports,
      store: {
        ...ports.store,
        insert: (records) => ports.store.insert(records.map(({ attention, attentionAt, ...rest }) => rest)),
      },
    }),
  },
  'a claim leaves the entry where a long wait has put it': {
    breaks: ['a long job is watched'],
    ports: altered((change) => {
      if (change.set.status !== 'running') return change;
      const { attention, attentionAt, ...set } = change.set;
      return { ...change, set };
    }),
  },
  'folded messages are acknowledged with the first': {
    about: 'claims',
    breaks: ['looked after'],
    received: (records) => [...new Map(records.map((each) => [each.body, each])).values()],
  },
  'a look takes what is tried again for ended': {
    about: 'waiters',
    breaks: ['a job waits for what it names'],
    ports: (ports, { name }) => ({
      ...ports,
      store: {
        ...ports.store,
        get: async (keys) =>
          (await ports.store.get(keys)).map((each) =>
            each?.status === 'retrying' && name.startsWith('work') ? { ...each, status: 'completed' } : each,
          ),
      },
    }),
  },
  'a job is handed over whatever has become of it': {
    about: 'waiters',
    breaks: ['a late attempt leaves nothing', 'final stays final'],
    ports: altered((change) =>
      change.where.some(([name, , value]) => name === 'status' && value === 'waiting_dependencies')
        ? { ...change, where: [] }
        : change,
    ),
  },
  ...lostPlants,
  ...operationPlants,
  ...flowPlants,
};

/** Bugs of PROTOCOL's list that are not planted, and why. */
export const notYet: Record<string, string> = {
  'gate opened between check and park': 'no gate is built: parking comes with tenants and limits',
};
