import type { Change, JobStore } from '../../core/change.ts';
import type { Plants } from './ports.ts';

/** Bugs, each one small switch at a port. The simulation must find every one of them. */
const altered =
  (alter: (change: Change) => Change): Plants['table'] =>
  (store: JobStore) => ({ ...store, change: (changes) => store.change(changes.map(alter)) });

export const plants = {
  'a claim takes running jobs': {
    table: altered((change) =>
      change.set.status === 'running' && change.where.some(([name]) => name === 'attemptsLeft')
        ? { ...change, where: [['attemptsLeft', '>', 0]] }
        : change,
    ),
  },
  'the fence falls with a refund': {
    table: altered((change) =>
      change.add?.attempt === -1 ? { ...change, add: { ...change.add, fence: -1 } } : change,
    ),
  },
  'a settle by id alone': {
    table: altered((change) =>
      ['completed', 'failed', 'retrying'].includes(change.set.status ?? '')
        ? { ...change, where: change.where.filter(([name]) => name !== 'fence') }
        : change,
    ),
  },
  'a claim removes the entry': {
    table: altered((change) =>
      change.set.status === 'running'
        ? { ...change, remove: [...(change.remove ?? []), 'attention', 'attentionAt'] }
        : change,
    ),
  },
  'a pointer is lost without a word': {
    lanes: (lanes) => ({
      ...lanes,
      deliver: async (deliveries) => {
        await lanes.deliver(deliveries.filter((each) => each.lane !== 'quarantine'));
        return deliveries.map(() => true);
      },
    }),
  },
} satisfies Record<string, Plants>;
