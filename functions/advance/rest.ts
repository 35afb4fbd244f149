import { keptMs } from '../../core/settle.ts';
import type { Step, WorkflowEnd } from '../../core/workflow/advance.ts';
import type { WorkflowItem } from '../../core/workflow/item.ts';
import { countStates } from '../../core/workflow/states.ts';
import type { Loaded } from './load.ts';
import type { Turn } from './turn.ts';

/** What every advance leaves on the workflow. */
export function restOf({ item, specs, states }: Loaded, { phase, stuck }: Turn): Partial<WorkflowItem> {
  return {
    phase,
    nodes: specs.length,
    counts: countStates(states),
    advances: item.advances + 1,
    advancesInAll: item.advancesInAll + 1,
    ...(stuck || item.stuck === true ? { stuck } : {}),
    ...(item.stopped === undefined ? {} : { stopped: item.stopped }),
    ...filled('generations', item.generations),
    ...filled('deadlines', item.deadlines),
    ...filled('causes', item.causes && someOf(item.causes)),
  };
}

/** What ends it: a workflow that was stopped was cancelled, or ran out of time, which is a failure. */
export function endOf(
  item: WorkflowItem,
  end: Exclude<Step['end'], undefined>,
  now: number,
): Partial<WorkflowItem> {
  const status: WorkflowEnd =
    end === 'stopped' ? (item.stopped === 'cancelled' ? 'cancelled' : 'failed') : end;
  return { status, finishedAt: now, expiresAt: Math.ceil((now + keptMs) / 1000) };
}

/** DynamoDB takes 400 KB an item, and each kilobyte of it costs a unit in every write of the workflow. */
const mostCauseBytes = 30_000;

/** Those of the first nodes: thousands may fail before they begin, and mostly for one reason. */
function someOf(causes: Readonly<Record<string, string>>): Record<string, string> {
  let room = mostCauseBytes;
  return Object.fromEntries(
    Object.entries(causes).filter(([node, cause]) => {
      room -= node.length + Buffer.byteLength(cause);
      return room >= 0;
    }),
  );
}

function filled<K extends string, V extends object>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined || Object.keys(value).length === 0
    ? {}
    : ({ [name]: value } as Partial<Record<K, V>>);
}
