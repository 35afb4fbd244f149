import { type AddedNodes, placed } from '../../core/workflow/added.ts';
import type { AddedName } from '../../core/workflow/item.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
import { Unopenable } from '../keys.ts';
import type { Vault } from '../vault.ts';
import type { Workflows } from '../workflows.ts';

export interface SpecsDeps {
  workflows: Workflows;
  vault: Pick<Vault, 'open'>;
}

/** The nodes of a workflow, and of each node how many parts of what its job added are in. */
export interface Specs {
  specs: readonly NodeSpec[];
  added: ReadonlyMap<number, number>;
}

/** @param known what was read before: only what was appended since is read */
export async function specsOf(
  { workflows, vault }: SpecsDeps,
  tenant: string,
  id: string,
  known: Specs = { specs: [], added: new Map() },
): Promise<{ specs: NodeSpec[]; added: Map<number, number> }> {
  const parts = await workflows.nodes(tenant, id, known.specs.length);
  const names = parts.flatMap((part) => ('added' in part ? part.added : []));
  const contents = await contentsOf({ workflows, vault }, tenant, id, names);
  let read = { specs: [...known.specs], added: new Map(known.added) };
  for (const part of parts) {
    if ('sealed' in part)
      read.specs.push(...((await vault.open(part.sealed, sealedAs(tenant, id, part.first))) as NodeSpec[]));
    else if ('added' in part) read = withAdded(read, part.added, contents);
    else {
      const { elementOf, count } = part;
      const map = read.specs[elementOf] as NodeSpec;
      const before = read.specs.filter(({ node }) => node.elementOf === elementOf).length;
      for (let each = 0; each < count; each++) read.specs.push(elementSpec(map, elementOf, before + each));
    }
  }
  return read;
}

/**
 * What jobs have added, opened, in its order. A job's is asked for by itself, of several jobs all at once. Throws
 * `Unopenable` for what no repeat can open.
 * @param names of what is wanted; without `nth` all of this job's
 */
export async function contentsOf(
  { workflows, vault }: SpecsDeps,
  tenant: string,
  id: string,
  names: readonly (Pick<AddedName, 'by'> & Partial<AddedName>)[],
): Promise<Map<string, AddedNodes>> {
  if (names.length === 0) return new Map();
  const jobs = new Set(names.map(({ by }) => by));
  const wanted = new Set(names.map(nameOf));
  const parts = await workflows.added(tenant, id, jobs.size === 1 ? [...jobs][0] : undefined);
  return new Map(
    await Promise.all(
      parts
        .filter((part) => wanted.has(nameOf(part)) || wanted.has(nameOf({ by: part.by })))
        .map(async (part) => {
          const opened = await vault.open(part.sealed, addedSealedAs(tenant, id, part));
          if (opened === undefined) throw new Unopenable('nodes that a job added are no longer stored');
          return [nameOf(part), opened as AddedNodes] as const;
        }),
    ),
  );
}

/** The nodes with these parts behind them. Throws when one of them is not there: parts are never taken away. */
export function withAdded(
  { specs, added }: Specs,
  names: readonly AddedName[],
  contents: ReadonlyMap<string, AddedNodes>,
): { specs: NodeSpec[]; added: Map<number, number> } {
  const all = [...specs];
  const taken = new Map(added);
  const places = new Map(all.map(({ key }, index) => [key, index]));
  for (const name of names) {
    const content = contents.get(nameOf(name));
    const by = all[name.by];
    if (content === undefined || by === undefined)
      throw new Error(`part ${name.nth} of what node ${name.by} added is not there`);
    const found = { index: name.by, key: by.key };
    for (const spec of placed(content, found, all.length, (key) => places.get(key)))
      places.set(spec.key, all.push(spec) - 1);
    taken.set(name.by, name.nth + 1);
  }
  return { specs: all, added: taken };
}

function nameOf({ by, nth }: { by: number; nth?: number }): string {
  return `${by}#${nth ?? ''}`;
}

/** What the nodes from `first` on are sealed as. */
export function sealedAs(tenant: string, id: string, first: number) {
  return { tenant, jobId: id, field: 'nodes', name: String(first) } as const;
}

/** What a part of nodes that a job added is sealed as. */
export function addedSealedAs(tenant: string, id: string, { by, nth }: AddedName) {
  return { tenant, jobId: id, field: 'nodes', name: `added-${by}-${nth}` } as const;
}

/** An element of a map: its job, by itself. */
export function elementSpec(map: NodeSpec, mapIndex: number, index: number): NodeSpec {
  const { over: _, when: _when, names: _names, ...rest } = map;
  const { maxConcurrency: _most, ...node } = map.node;
  return {
    ...rest,
    key: `${map.key}[${index}]`,
    node: {
      ...node,
      kind: 'job',
      dependsOn: [],
      onFailure: 'cancel',
      conditional: false,
      elementOf: mapIndex,
    },
  };
}
