import { graphOf } from '../../core/workflow/graph.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
import type { Workflows } from '../workflows.ts';
import type { Loaded } from './load.ts';
import { elementSpec } from './specs.ts';

/**
 * Appends elements of a map, in `loaded` and where the workflow is stored.
 * @returns false when another advance was quicker
 */
export async function appendElements(
  { workflows }: { workflows: Pick<Workflows, 'append'> },
  loaded: Loaded,
  map: number,
  count: number,
): Promise<boolean> {
  const part = { first: loaded.specs.length, count, elementOf: map };
  if (!(await workflows.append(loaded.tenant, loaded.id, part))) return false;
  const spec = loaded.specs[map] as NodeSpec;
  const known = loaded.graph.elements.get(map) ?? [];
  const added = Array.from({ length: count }, (_, index) => elementSpec(spec, map, known.length + index));
  loaded.specs = [...loaded.specs, ...added];
  loaded.graph = graphOf(loaded.specs.map(({ node }) => node));
  loaded.states.push(...added.map(() => 'waiting' as const));
  loaded.rounds.push(...added.map(() => loaded.rounds[map] ?? 0));
  return true;
}
