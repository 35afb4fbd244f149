import type { JobStore } from '../../core/change.ts';
import { isFinal } from '../../core/state.ts';
import { type JobRecord, jobKey, never } from '../../core/table.ts';
import { judgeWalked, walkAgeMs, walkedChange } from '../../core/walk.ts';
import type { Phase } from '../../core/workflow/advance.ts';
import { partNames } from '../../core/workflow/item.ts';
import { applyNews, readNews } from '../../core/workflow/news.ts';
import { restart } from '../../core/workflow/retry.ts';
import type { Workflows } from '../workflows.ts';
import type { Loaded } from './load.ts';
import { generationKey, generationOf, nodeJobId } from './results.ts';

export interface HearDeps {
  store: JobStore;
  workflows: Workflows;
  now: () => number;
}

/** Takes in all news of a workflow, in `loaded`. @returns the phase it is in now */
export function hearNews(loaded: Loaded): Phase {
  let { phase } = loaded.item;
  for (const news of readNews(loaded.item.unread ?? [])) {
    switch (news.of) {
      case 'added':
        // Taken in already (`take-in.ts`).
        break;
      case 'retry':
        Object.assign(loaded, restart(loaded.graph, loaded, news));
        break;
      case 'job':
        applyNews(loaded.states, news, {
          phase,
          generationOf: (node) => generationOf(loaded, node, news.undo),
        });
        break;
      case 'signal':
        // By the time it was sent: `hearSignals`.
        break;
      case 'cancel':
        if (phase !== 'forward') break;
        phase = 'stopping';
        loaded.item.stopped = 'cancelled';
    }
  }
  return phase;
}

/** What became of a signal node. */
export interface Verdict {
  node: number;
  state: 'completed' | 'failed';
  /** It has a deadline: another advance, by its own clock, may find otherwise. */
  isContestable: boolean;
}

/**
 * Finds the signal nodes whose signal has come or whose deadline has passed. A signal counts by when it was sent. Read
 * are those told of; one whose deadline has passed, whose news may be on their way; and all, when a wake-up may have
 * been lost.
 */
export async function hearSignals(
  { workflows, now }: Pick<HearDeps, 'workflows' | 'now'>,
  { tenant, id, item, specs, states }: Loaded,
  looksAround: boolean,
): Promise<Verdict[]> {
  const at = now();
  // Sent while a retry began everything anew: it stands in no item that is looked at any more.
  const told = new Set(
    readNews(item.unread ?? []).flatMap((news) =>
      news.of === 'signal' && news.from === item.signalsFrom ? [news.name] : [],
    ),
  );
  const awaited = specs.flatMap(({ signal }, node) =>
    signal === undefined || states[node] !== 'running'
      ? []
      : [{ node, signal, name: signal.name, deadline: item.deadlines?.[node] ?? never }],
  );
  const wanted = awaited.filter(({ name, deadline }) => looksAround || told.has(name) || deadline <= at);
  const kept = new Map(
    await Promise.all(
      [...new Set(wanted.map(({ name }) => name))].map(
        async (name) => [name, await workflows.part(tenant, id, partNames.signal(name, item))] as const,
      ),
    ),
  );
  return awaited.flatMap(({ node, name, signal, deadline }) => {
    const sent = kept.get(name);
    if (sent === undefined && deadline > at) return [];
    const isInTime = sent !== undefined && (sent.storedAt ?? 0) <= deadline;
    return [
      {
        node,
        state: isInTime ? ('completed' as const) : ('failed' as const),
        isContestable: signal.timeoutSeconds !== undefined,
      },
    ];
  });
}

/**
 * Looks by itself, for a wake-up may have been lost: reads the job of every node that should have a live one. What
 * ended unheard is heard of now; a node whose job is not there begins again; and a job that has long waited gets an
 * entry that `release` watches: its id is as old as the workflow, so the walk has long passed it by.
 */
export async function lookAtJobs({ store, now }: HearDeps, loaded: Loaded, phase: Phase): Promise<void> {
  const { states, specs, tenant } = loaded;
  const live = states.flatMap((state, node) => {
    if (specs[node]?.node.kind !== 'job') return [];
    if (state === 'running') return [{ node, undo: false }];
    return state === 'compensating' ? [{ node, undo: true }] : [];
  });
  const records = await store.get(
    live.map(({ node, undo }) => jobKey(tenant, nodeJobId(loaded, node, undo))),
  );
  for (const [index, { node, undo }] of live.entries()) {
    const status = records[index]?.status;
    const generation = generationOf(loaded, node, undo);
    if (status === undefined || status === 'void') states[node] = undo ? 'completed' : 'waiting';
    else if (isFinal(status))
      applyNews(
        states,
        { of: 'job', node, generation, undo, status },
        { phase, generationOf: () => generation },
      );
    if (status === 'void') {
      const key = generationKey(node, undo);
      loaded.item.generations ??= {};
      loaded.item.generations[key] = (loaded.item.generations[key] ?? 0) + 1;
    }
  }
  const watched = records.flatMap((record) => (record === undefined ? [] : watchChange(record, now())));
  if (watched.length > 0) await store.change(watched);
}

/** The entry of a job that has waited, or run, for as long as the walk waits. */
function watchChange(record: JobRecord, now: number) {
  const since = record.status === 'running' ? (record.startedAt ?? now) : record.availableAt;
  if (now - since < walkAgeMs) return [];
  const decision = judgeWalked(record, now, () => undefined);
  if (decision.do === 'leave') return [];
  // A pointer is for `release` to send: it does so when the entry is due.
  return [walkedChange(record, { do: 'enter', to: decision.do === 'send' ? now : decision.to })];
}
