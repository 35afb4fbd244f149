import type { Change, ChangeResult } from '../../core/change.ts';
import type { DedupeItem } from '../../core/dedupe.ts';
import { isFinal } from '../../core/state.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import type { Delivery } from '../../functions/lanes.ts';
import type { Ports } from './ports.ts';
import type { Process } from './process.ts';

/** Ways to plant a bug: each alters what a process reaches the world through. */
export type Alter = (ports: Ports, process: Process) => Ports;

export function altered(alter: (change: Change) => Change): Alter {
  return (ports) => ({
    ...ports,
    store: { ...ports.store, change: (changes) => ports.store.change(changes.map(alter)) },
  });
}

/** Idempotency keys are held with another item. */
export function held(alter: (item: DedupeItem) => DedupeItem): Alter {
  return (ports) => ({
    ...ports,
    dedupe: { ...ports.dedupe, hold: (item, now) => ports.dedupe.hold(alter(item), now) },
  });
}

export const isClaim = ({ set, where }: Change): boolean =>
  set.status === 'running' && where.some(([name]) => name === 'attemptsLeft');

/** The holder moves its lease's end. */
export const isRenewal = ({ set }: Change): boolean =>
  set.status === undefined && set.availableAt !== undefined;

export function without(result: ChangeResult, name: 'owner'): ChangeResult {
  if (!('found' in result) || result.found === undefined) return result;
  const { [name]: _, ...found } = result.found;
  return { ...result, found };
}

/** The pointer that is to follow a write goes ahead of it. */
export function sentBefore(picks: (change: Change) => boolean): Alter {
  return (ports, process) => {
    const sent = new Set<string>();
    const ahead = ({ key, set }: Change, queue: string): Delivery => ({
      queue,
      lane: 'normal',
      pointer: { tenant: tenantOf(key), jobId: key.sk },
      delaySeconds: Math.min(900, Math.max(0, Math.ceil(((set.availableAt ?? 0) - process.now()) / 1000))),
    });
    return {
      ...ports,
      store: {
        ...ports.store,
        change: async (changes) => {
          const picked = changes.filter(picks);
          for (const { key } of picked) sent.add(key.sk);
          const found = await ports.store.get(picked.map(({ key }) => key));
          await ports.lanes.deliver(
            picked.map((each, index) => ahead(each, found[index]?.queue ?? 'default')),
          );
          return ports.store.change(changes);
        },
      },
      lanes: {
        ...ports.lanes,
        deliver: async (deliveries) => {
          const fresh = deliveries.filter((each) => !sent.has(each.pointer.jobId));
          const accepted = await ports.lanes.deliver(fresh);
          return deliveries.map((each) => accepted[fresh.indexOf(each)] ?? true);
        },
      },
    };
  };
}

/** Whatever is dead-lettered is failed, and found so. */
export function buriesUnjudged(ports: Ports, process: Process): Ports {
  const fail = (found: JobRecord): Change => ({
    key: { pk: found.pk, sk: found.sk },
    set: {
      status: 'failed',
      availableAt: process.now(),
      expiresAt: 1,
      attention: 'default#failed#0',
      attentionAt: process.now(),
    },
    remove: ['owner'],
    where: [['availableAt', '=', found.availableAt]],
  });
  return {
    ...ports,
    store: {
      ...ports.store,
      get: async (keys) => {
        const open = (await ports.store.get(keys)).flatMap((each) =>
          each === undefined || each.status === 'void' || isFinal(each.status) ? [] : [fail(each)],
        );
        await ports.store.change(open);
        return ports.store.get(keys);
      },
    },
  };
}
