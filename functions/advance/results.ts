import type { JobStore } from '../../core/change.ts';
import type { SealedAs } from '../../core/envelope.ts';
import { type JobRecord, jobKey, type Stored } from '../../core/table.ts';
import { partNames } from '../../core/workflow/item.ts';
import { jobIdOf, type Link } from '../../core/workflow/link.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
import { Unopenable } from '../keys.ts';
import type { Vault } from '../vault.ts';
import type { Workflows } from '../workflows.ts';
import { type Loaded, signalSealedAs } from './load.ts';

export interface ResultsDeps {
  store: JobStore;
  vault: Vault;
  workflows: Workflows;
}

/** Times that a node may be begun anew within one round. */
const perRound = 1_000;

/** How often a node, or its undoing, was begun anew: by retries, and within its round. */
export function generationOf({ item, rounds }: Loaded, node: number, undo = false): number {
  return (rounds[node] ?? 0) * perRound + (item.generations?.[generationKey(node, undo)] ?? 0);
}

export function generationKey(node: number, undo: boolean): string {
  return undo ? `u${node}` : String(node);
}

/** The id of a node's job as it runs now. */
export function nodeJobId(loaded: Loaded, node: number, undo = false): string {
  return jobIdOf(loaded.tenant, linkOf(loaded, node, undo));
}

export function linkOf(loaded: Loaded, node: number, undo: boolean): Link {
  return { workflow: loaded.id, node, generation: generationOf(loaded, node, undo), undo };
}

/** What is sealed, opened; undefined when it is gone, or no repeat can open it. */
export async function openOrLost(vault: Vault, stored: Stored, as: SealedAs): Promise<unknown> {
  try {
    return await vault.open(stored, as);
  } catch (error) {
    if (error instanceof Unopenable) return undefined;
    throw error;
  }
}

/** Reads results of nodes, opened, each once in an advance. */
export function resultsOf({ store, vault, workflows }: ResultsDeps, loaded: Loaded) {
  const { tenant, id, item } = loaded;
  // Nodes that are named stand from the start. States, and elements, change while a turn goes on: they are read anew.
  const byKey = new Map(loaded.specs.map(({ key }, index) => [key, index]));
  const opened = new Map<number, unknown>();
  /** Nodes that had a result which is not to be had any more: nothing may be built on its absence. */
  const lost = new Set<number>();
  let read = 0;

  /** The results of these nodes are at hand afterwards. */
  async function fetch(keys: readonly string[]): Promise<void> {
    const nodes = keys.flatMap((key) => byKey.get(key) ?? []).filter((node) => !opened.has(node));
    const jobs = nodes
      .flatMap((node) => [node, ...(loaded.graph.elements.get(node) ?? [])])
      .filter((node) => hasJobResult(node));
    const records = await store.get(jobs.map((node) => jobKey(tenant, nodeJobId(loaded, node))));
    read += jobs.length;
    await Promise.all(
      jobs.map(async (node, index) => opened.set(node, await resultOf(node, records[index]))),
    );
    for (const node of nodes) {
      const spec = loaded.specs[node] as NodeSpec;
      if (spec.node.kind === 'map')
        opened.set(
          node,
          (loaded.graph.elements.get(node) ?? []).map((each) => opened.get(each) ?? null),
        );
      if (spec.signal !== undefined) opened.set(node, await signalOf(spec.signal.name));
    }
  }

  function hasJobResult(node: number): boolean {
    return (
      loaded.specs[node]?.node.kind === 'job' && loaded.states[node] === 'completed' && !opened.has(node)
    );
  }

  /** A job and its result are kept 30 days; a workflow that waits may be older, and a key be revoked. */
  async function resultOf(node: number, record: JobRecord | undefined): Promise<unknown> {
    if (record !== undefined && record.result === undefined) return undefined;
    const result =
      record?.result === undefined
        ? undefined
        : await openOrLost(vault, record.result, {
            tenant,
            jobId: record.sk,
            field: 'result',
            fence: record.fence,
          });
    if (result === undefined) lost.add(node);
    return result;
  }

  async function signalOf(name: string): Promise<unknown> {
    const sealed = await workflows.part(tenant, id, partNames.signal(name, item));
    return sealed === undefined ? undefined : openOrLost(vault, sealed, signalSealedAs(tenant, item, name));
  }

  return {
    fetch,
    /** Of a node that was fetched; undefined if it has none. */
    of: (key: string): unknown => opened.get(byKey.get(key) ?? -1),
    /** Of nodes that were fetched: the first whose result is not to be had any more. */
    lostOf: (keys: readonly string[]): string | undefined =>
      keys.find((key) => {
        const node = byKey.get(key) ?? -1;
        return [node, ...(loaded.graph.elements.get(node) ?? [])].some((each) => lost.has(each));
      }),
    stateOf: (key: string): string => loaded.states[byKey.get(key) ?? -1] ?? 'waiting',
    /** Nodes whose jobs were read. */
    read: () => read,
  };
}

export type Results = ReturnType<typeof resultsOf>;
