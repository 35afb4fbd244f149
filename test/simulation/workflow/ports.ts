import type { SignalContract } from '../../../core/define.ts';
import { partNames } from '../../../core/workflow/item.ts';
import type { Mark } from '../../../core/workflow/watch.ts';
import type { Executions, Workflows } from '../../../functions/workflows.ts';
import type { WorkflowRows, workflowRows } from '../../support/memory-workflows.ts';
import type { How, Process } from '../process.ts';
import type { SimulatedExecutions } from './executions.ts';

/** What a process reaches workflows through. */
export interface FlowPorts {
  workflows: Workflows;
  executions: Executions;
  /** Those that are declared. */
  signals: readonly SignalContract[];
}

/** A call that was carried out. */
export interface FlowCall {
  name: keyof Workflows | 'start' | 'handBack';
  /** The workflow's id. */
  id: string;
  args: readonly unknown[];
  answer: unknown;
  by: Process;
  how: How;
}

export interface FlowPortParts {
  stored: ReturnType<typeof workflowRows>;
  executions: SimulatedExecutions;
  signals: readonly SignalContract[];
  /** What each partition of marks was last seen to hold: a stale read shows it again. */
  seenMarks: Map<string, Mark[]>;
  /** Just before a call is carried out, and just after. */
  onCall: (call: Omit<FlowCall, 'answer'>) => void;
  onCalled: (call: FlowCall) => void;
}

/** Workflows and executions as a process reaches them: every call may go wrong, and may find it dead. */
export function flowPorts(process: Process, parts: FlowPortParts): FlowPorts {
  const { stored, executions } = parts;
  const { rows } = stored;
  const carryOut = (
    call: Pick<FlowCall, 'name' | 'id' | 'args'>,
    how: How,
    perform: () => unknown,
  ): unknown => {
    parts.onCall({ ...call, by: process, how });
    const answer = perform();
    parts.onCalled({ ...call, answer, by: process, how });
    return answer;
  };
  const reach = (name: FlowCall['name'], id: string, args: readonly unknown[], perform: () => unknown) =>
    process.call(name, [id], (how) => carryOut({ name, id, args }, how, perform)) as Promise<never>;
  const ofOne =
    <Name extends keyof WorkflowRows>(
      name: Name,
      idOf: (...args: Parameters<WorkflowRows[Name]>) => string,
    ) =>
    (...args: Parameters<WorkflowRows[Name]>): Promise<never> =>
      reach(name, idOf(...args), args, () => (rows[name] as (...given: unknown[]) => unknown)(...args));
  const second = (_tenant: unknown, id: string): string => id;
  return {
    signals: parts.signals,
    workflows: {
      /** As on AWS: read, the parts whatever stands, then the workflow if none stands. */
      async create(item, nodes) {
        const tenant = item.pk.split('#')[1] ?? '';
        const standing = await ofOne('get', second)(tenant, item.sk);
        if (standing !== undefined) return standing;
        await process.call('put parts', [item.sk], () => {
          const name = `${tenant}/${item.sk}`;
          const own = stored.parts.get(name) ?? new Map<string, unknown>();
          stored.parts.set(name, own);
          for (const part of nodes) own.set(partNames.nodes(part.first), structuredClone(part));
        });
        return ofOne('create', (each) => each.sk)(item, []);
      },
      get: ofOne('get', second),
      nodes: ofOne('nodes', second),
      append: ofOne('append', second),
      addNodes: ofOne('addNodes', second),
      added: ofOne('added', second),
      states: ofOne('states', second),
      saveStates: ofOne('saveStates', second),
      part: ofOne('part', second),
      keepPart: ofOne('keepPart', second),
      holdKey: ofOne('holdKey', (_key, id) => id),
      expireKey: ofOne('expireKey', (_key, id) => id),
      raise: ofOne('raise', second),
      returnToken: ofOne('returnToken', second),
      rest: ofOne('rest', (seen) => seen.sk),
      forget: ofOne('forget', second),
      mark: ofOne('mark', ({ workflow }) => workflow),
      unmark: ofOne('unmark', ({ workflow }) => workflow),
      async marks(partition, until) {
        // Most partitions of most minutes hold nothing: no call is simulated for them.
        const due = rows.marks(partition, until);
        if (due.length === 0) return [];
        return process.call('marks', [], () => {
          const seen = process.strikes('stale') ? (parts.seenMarks.get(partition) ?? []) : due;
          parts.seenMarks.set(partition, due);
          return seen;
        });
      },
      revive: ofOne('revive', (seen) => seen.sk),
      expireParts: ofOne('expireParts', second),
      reopen: ofOne('reopen', (seen) => seen.sk),
      newest: async () => [],
    },
    executions: {
      start: (name, input) => reach('start', input.workflow, [name], () => executions.start(name, input)),
      handBack: (token, answer) =>
        reach('handBack', token.slice(0, 36), [token], () => executions.handBack(token, answer)),
    },
  };
}

/** Of a process in a history that has workflows. */
export function flowsOf({ flows }: { flows?: FlowPorts }): FlowPorts {
  if (flows === undefined) throw new Error('this history has no workflows');
  return flows;
}
