import { graphOf } from '../../core/workflow/graph.ts';
import { readNews } from '../../core/workflow/news.ts';
import { maxNodesInAll } from '../../core/workflow/request.ts';
import { Unopenable } from '../keys.ts';
import type { Loaded } from './load.ts';
import { contentsOf, type SpecsDeps, withAdded } from './specs.ts';

/**
 * Takes the nodes that jobs have added into the graph, in `loaded`: one item for all of them, whatever their number.
 * Taken in before a retry is heard of, in whose round they are: it never begins them a second time.
 * @returns false when another advance was quicker: nodes stand that are not in `loaded`
 */
export async function takeIn(deps: SpecsDeps, loaded: Loaded): Promise<boolean> {
  const { tenant, id, item } = loaded;
  const parts = new Map<number, number>();
  for (const news of readNews(item.unread ?? []))
    if (news.of === 'added') parts.set(news.node, Math.max(news.parts, parts.get(news.node) ?? 0));
  const names = [...parts].flatMap(([by, count]) => {
    const known = loaded.added.get(by) ?? 0;
    return Array.from({ length: Math.max(0, count - known) }, (_, nth) => ({ by, nth: known + nth }));
  });
  if (names.length === 0) return true;
  // Added by a node that was appended elsewhere, by an advance that could not say so.
  if (names.some(({ by }) => by >= loaded.specs.length)) return false;
  const fail = (cause: string): true => {
    for (const by of parts.keys()) {
      loaded.states[by] = 'failed';
      loaded.item.causes ??= {};
      loaded.item.causes[by] = cause;
    }
    return true;
  };
  const contents = await contentsOf(deps, tenant, id, names).catch(orLost);
  if (contents === undefined) return fail('the nodes that its job added can not be had any more');
  const taken = withAdded(loaded, names, contents);
  // Those who add check for room, each by what it sees: many at once, and maps that expand, may pass what they saw.
  if (taken.specs.length > maxNodesInAll)
    return fail(`with what its job added the workflow would have more than ${maxNodesInAll} nodes`);
  const first = loaded.specs.length;
  const part = { first, count: taken.specs.length - first, added: names };
  if (!(await deps.workflows.append(tenant, id, part))) return false;
  loaded.specs = taken.specs;
  loaded.added = taken.added;
  loaded.graph = graphOf(taken.specs.map(({ node }) => node));
  for (let node = first; node < taken.specs.length; node++) {
    loaded.states.push('waiting');
    loaded.rounds.push(item.round ?? 0);
  }
  return true;
}

/** A key that was revoked since: the nodes that were there have another, perhaps. */
function orLost(error: unknown): undefined {
  if (!(error instanceof Unopenable)) throw error;
}
