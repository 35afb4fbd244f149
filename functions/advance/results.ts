import type { JobStore } from '../../core/change.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import { partNames } from '../../core/workflow/item.ts';
import { jobIdOf, type Link } from '../../core/workflow/link.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
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

/** Reads results of nodes, opened, each once in an advance. */
export function resultsOf({ store, vault, workflows }: ResultsDeps, loaded: Loaded) {
  const { tenant, id, item } = loaded;
  // Nodes that are named stand from the start. States, and elements, change while a turn goes on: they are read anew.
  const byKey = new Map(loaded.specs.map(({ key }, index) => [key, index]));
  const opened = new Map<number, unknown>();
  let read = 0;

  /** The results of these nodes are at hand afterwards. */
  async function fetch(keys: readonly string[]): Promise<void> {
    const nodes = keys.flatMap((key) => byKey.get(key) ?? []).filter((node) => !opened.has(node));
    const jobs = nodes
      .flatMap((node) => [node, ...(loaded.graph.elements.get(node) ?? [])])
      .filter((node) => hasJobResult(node));
    const records = await store.get(jobs.map((node) => jobKey(tenant, nodeJobId(loaded, node))));
    read += jobs.length;
    await Promise.all(jobs.map(async (node, index) => opened.set(node, await resultOf(records[index]))));
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

  async function resultOf(record: JobRecord | undefined): Promise<unknown> {
    if (record?.result === undefined) return undefined;
    return vault.open(record.result, { tenant, jobId: record.sk, field: 'result', fence: record.fence });
  }

  async function signalOf(name: string): Promise<unknown> {
    const sealed = await workflows.part(tenant, id, partNames.signal(name, item));
    return sealed === undefined ? undefined : vault.open(sealed, signalSealedAs(tenant, item, name));
  }

  return {
    fetch,
    /** Of a node that was fetched; undefined if it has none. */
    of: (key: string): unknown => opened.get(byKey.get(key) ?? -1),
    stateOf: (key: string): string => loaded.states[byKey.get(key) ?? -1] ?? 'waiting',
    /** Nodes whose jobs were read. */
    read: () => read,
  };
}

export type Results = ReturnType<typeof resultsOf>;
