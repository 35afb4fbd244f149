import { isDeepStrictEqual } from 'node:util';
import { type KeptPart, partNames, type WorkflowItem } from '../../../core/workflow/item.ts';
import { clocksMs, type Expect } from '../watched.ts';
import { type Flow, graphIn, itemOf, type Stored, statesOf, tenant } from './flow.ts';

/** A call that sends a signal, as things stood when it began. */
export interface Sent {
  flow: Flow;
  name: string;
  round: number | undefined;
  from: number | undefined;
  /** All that waited for it had done so for too long, and it had not come. */
  isLate: boolean;
}

/** Looks at signals: which are taken, which refused, and what becomes of those who wait for them. */
export function watchSignals({ now, stored, expect }: { now: () => number; stored: Stored; expect: Expect }) {
  const keptOf = (flow: Flow, name: string, item: WorkflowItem): KeptPart | undefined =>
    stored.parts.get(`${tenant}/${flow.id}`)?.get(partNames.signal(name, item)) as KeptPart | undefined;
  /** What was taken, by workflow, name and round of the last retry of all. */
  const taken = new Map<string, unknown>();

  return {
    sends(flow: Flow, name: string): Sent | undefined {
      const item = itemOf(stored, flow.id);
      if (item === undefined) return undefined;
      const { states } = statesOf(stored, flow);
      const waits = graphIn(stored, flow).specs.flatMap(({ signal }, node) =>
        signal?.name === name ? [{ state: states[node], deadline: item.deadlines?.[node] }] : [],
      );
      const isLate =
        keptOf(flow, name, item) === undefined &&
        waits.length > 0 &&
        waits.every(
          ({ state, deadline }) =>
            ['running', 'failed'].includes(state ?? '') && (deadline ?? now()) < now() - clocksMs,
        );
      return { flow, name, round: item.round, from: item.signalsFrom, isLate };
    },
    /** It was answered that it counts. */
    accepted({ flow, name, round, from, isLate }: Sent, payload: unknown): void {
      const item = itemOf(stored, flow.id);
      if (item === undefined || item.round !== round) return;
      expect(
        !isLate,
        'a late signal is refused',
        () => `signal ${name} was taken after the deadline of all that waited for it`,
      );
      const place = `${flow.id} ${name} ${from}`;
      const first = taken.has(place) ? taken.get(place) : payload;
      taken.set(place, first);
      expect(
        isDeepStrictEqual(first, payload),
        'a signal counts once',
        () => `signal ${name} was taken with ${JSON.stringify(first)} and with ${JSON.stringify(payload)}`,
      );
      if (item.status === 'running' && keptOf(flow, name, item) !== undefined) flow.signals.add(name);
    },
    /** A node that waited has completed. */
    opened(flow: Flow, node: number, name: string): void {
      const item = itemOf(stored, flow.id);
      if (item === undefined) return;
      const kept = keptOf(flow, name, item);
      const deadline = item.deadlines?.[node] ?? Number.POSITIVE_INFINITY;
      expect(
        kept !== undefined && (kept.storedAt ?? 0) <= deadline,
        'a late signal is refused',
        () =>
          `a node is opened by signal ${name}, ${kept === undefined ? 'which has not come' : `${(kept.storedAt ?? 0) - deadline} ms late`}`,
      );
    },
    /** The round is over: what was taken has opened whoever it came in time for. */
    ended(flow: Flow): void {
      const { states } = statesOf(stored, flow);
      const { specs } = graphIn(stored, flow);
      for (const name of flow.signals) {
        const waited = specs.flatMap(({ signal }, node) => (signal?.name === name ? [states[node]] : []));
        expect(
          waited.some((state) => state !== 'failed'),
          'a signal counts once',
          () => `signal ${name} was taken, and every node that waited for it has failed`,
        );
      }
      flow.signals.clear();
    },
  };
}
