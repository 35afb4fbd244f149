import type { Aws } from './aws.ts';

/** What a workflow took, counted: its own lines in the log, its execution's history. */
export interface WorkflowCost {
  advances: number;
  /** Turns of all advances: one more each time that something came in between. */
  rounds: number;
  nodesReadPerAdvance: number;
  /** Calls: its item, its states, its graph where it is not known, records of nodes. */
  readsPerAdvance: number;
  transitionsPerAdvance: number;
  /** Above the three of each job: its start, its news, its advances, its end. */
  writeUnitsPerNode: number;
}

/** Each job takes three by itself: insert, claim, settle. */
const unitsOfJob = 3;

/**
 * @param since when it was started, ms since the epoch: nothing else may have run
 * @param jobs how many ran for it, each of them once
 */
export async function costOf(
  aws: Aws,
  id: string,
  { since, nodes, jobs }: { since: number; nodes: number; jobs: number },
): Promise<WorkflowCost> {
  const lines = await Promise.all(
    ['advance', 'work-default', 'work-webhooks', 'workflows'].map((name) => aws.invocations(name, since)),
  );
  const [advances = []] = lines;
  const own = advances.filter(({ workflow }) => workflow === id);
  const units = sum(lines.flat(), 'write_units');
  return {
    advances: own.length,
    rounds: sum(own, 'rounds'),
    nodesReadPerAdvance: rounded(sum(own, 'WorkflowNodesRead') / own.length),
    readsPerAdvance: rounded(sum(own.map(readsIn), 'reads') / own.length),
    transitionsPerAdvance: rounded((await aws.transitions(id)) / own.length),
    writeUnitsPerNode: rounded((units - unitsOfJob * jobs) / nodes),
  };
}

function sum(lines: readonly Record<string, unknown>[], name: string): number {
  return lines.reduce((all, line) => all + Number(line[name] ?? 0), 0);
}

/** From `GetItem:1 Query:1 …`. */
function readsIn({ calls }: Record<string, unknown>): { reads: number } {
  const counts = [...String(calls).matchAll(/\b(?:GetItem|Query|BatchGetItem):(\d+)/g)];
  return { reads: counts.reduce((all, [, count]) => all + Number(count), 0) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
