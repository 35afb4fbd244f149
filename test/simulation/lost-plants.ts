import type { Change } from '../../core/change.ts';
import { ended } from '../../core/settle.ts';
import type { JobRecord } from '../../core/table.ts';
import { altered } from './plant-ports.ts';
import type { Plant } from './plants.ts';

/** Bugs of those who find jobs that nobody holds any more. */
export const lostPlants: Record<string, Plant> = {
  'the third burial in a row fails a job that has attempts left': {
    about: 'claims',
    breaks: ['fails only for a reason'],
    ports: (ports, process) =>
      altered((change) =>
        (change.set.buried ?? 0) >= 3 && change.set.status === undefined
          ? { ...change, set: { ...change.set, ...ended(process.now()), status: 'failed' } }
          : change,
      )(ports, process),
  },
  'who fails a lost lease overlooks a cancel asked for since': {
    about: 'leases',
    breaks: ['a cancel that was heard is obeyed'],
    ports: altered(overlooking),
  },
  'who finds a lost lease overlooks every cancel': {
    about: 'leases',
    breaks: ['a cancel that was heard is obeyed'],
    ports: ({ store, ...ports }, { name }) => ({
      ...ports,
      store: {
        ...store,
        change: async (changes) => {
          const results = await store.change(changes.map(overlooking));
          return results.map((each) => ('found' in each ? { ...each, found: blind(each.found) } : each));
        },
        get: async (keys) => {
          const found = await store.get(keys);
          return name.startsWith('bury') ? found.map(blind) : found;
        },
      },
    }),
  },
};

function overlooking(change: Change): Change {
  return change.set.status === 'failed'
    ? { ...change, where: change.where.filter(([name]) => name !== 'cancelRequestedAt') }
    : change;
}

function blind(record: JobRecord | undefined): JobRecord | undefined {
  const { cancelRequestedAt: _, ...rest } = record ?? {};
  return record && (rest as JobRecord);
}
