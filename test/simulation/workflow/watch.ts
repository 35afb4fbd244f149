import { isFinal } from '../../../core/state.ts';
import type { JobRecord } from '../../../core/table.ts';
import { executionName, type StatesPart, type WorkflowItem } from '../../../core/workflow/item.ts';
import { decodeLink, jobIdOf, type Link } from '../../../core/workflow/link.ts';
import { decodeNews } from '../../../core/workflow/news.ts';
import { callbackType } from '../../../core/workflow/request.ts';
import { decodeRounds, decodeStates, isEnded, type NodeState } from '../../../core/workflow/states.ts';
import type { RestChange } from '../../../functions/workflows.ts';
import type { Process } from '../process.ts';
import type { Written } from '../table.ts';
import type { Expect } from '../watched.ts';
import type { SimulatedExecutions } from './executions.ts';
import { type Flow, graphIn, itemOf, jobOf, newFlow, type Stored, statesOf, tenant } from './flow.ts';
import type { FlowCall } from './ports.ts';
import { watchJobs } from './watch-jobs.ts';
import { watchSignals } from './watch-signals.ts';
import { watchUnique } from './watch-unique.ts';

export interface FlowWatchParts {
  now: () => number;
  stored: Stored;
  executions: () => SimulatedExecutions;
  peek: (jobId: string) => JobRecord | undefined;
  /** Its message is somewhere, a live invocation has it in hand, or SQS lost it: its end will be told. */
  comesBack: (jobId: string) => boolean;
  /** A call of a person, or the watch, is under way. */
  busy: () => boolean;
  expect: Expect;
}

/** Between being invoked and its first read, seldom that long. */
const tardyMs = 1_000;

/** A wait as short as this needs no waking. */
const soonSeconds = 10;

/** From which states a node comes to a state within one round; begun anew it may come to any. */
const comesFrom: Record<NodeState, readonly NodeState[]> = {
  waiting: [],
  running: ['waiting'],
  completed: ['waiting', 'running', 'compensation_failed'],
  failed: ['waiting', 'running'],
  cancelled: ['waiting', 'running'],
  skipped: ['waiting'],
  compensating: ['waiting', 'running', 'completed', 'compensation_failed'],
  compensated: ['waiting', 'running', 'completed', 'compensating', 'compensation_failed'],
  compensation_failed: ['waiting', 'running', 'completed', 'compensating'],
};

/** Looks at every write to a workflow, and, whenever nobody is about to do anything for it, at what it waits for. */
export function watchFlows({ now, stored, executions, peek, comesBack, busy, expect }: FlowWatchParts) {
  const flows = new Map<string, Flow>();
  /** Every final status that a job ever had. */
  const ends = new Map<string, Set<string>>();
  const stirred = new Set<string>();
  const of = (id: string): Flow => {
    const flow = flows.get(id) ?? newFlow(id);
    flows.set(id, flow);
    stirred.add(id);
    return flow;
  };
  const jobs = watchJobs({ stored, peek, of, expect });
  const signals = watchSignals({ now, stored, expect });
  const unique = watchUnique({ stored, expect });
  let before: WorkflowItem | undefined;

  /** When each advance began, until its first read. */
  const begun = new Map<Process, number>();
  /** Advances that came to read late: another may have used the token that they were given. */
  const tardy = new Set<Process>();

  function called({ name, id, args, answer, by, how }: FlowCall): void {
    if (name === 'get' && now() - (begun.get(by) ?? now()) > tardyMs) tardy.add(by);
    if (name === 'get') begun.delete(by);
    if (id === '' || name === 'get') return;
    const flow = of(id);
    const late = how !== 'sent';
    // Also in vain: it has ended by then, for it looked by itself.
    if (name === 'raise') raised(flow, args[2] as string[]);
    const taken = name === 'raise' ? (answer as { token?: string } | undefined)?.token : undefined;
    if (taken !== undefined) {
      flow.wakers.set(taken, by);
      if (late) flow.troubled = true;
    }
    // The answer of the first send, with the token, was lost.
    if (name === 'raise' && how === 'again') flow.troubled = true;
    if (name === 'handBack') flow.wakers.delete(args[0] as string);
    if (name === 'saveStates' && answer === true) saved(flow, args[2] as StatesPart);
    if (name === 'rest' && answer === true) rested(flow, args[1] as RestChange, by, late);
    const item = itemOf(stored, id);
    if (name === 'create') unique.stored(id, by.name);
    if (before === undefined || item === undefined || before.status === item.status) return;
    expect(
      before.status === 'running' || (name === 'reopen' && item.status === 'running'),
      'an end is final until a retry',
      () => `the workflow went from ${before?.status} to ${item.status} by ${by.name}`,
    );
    if (item.status === 'running') return;
    jobs.ended(flow);
    signals.ended(flow);
  }

  /** What is told of a job is true of it, or was. */
  function raised(flow: Flow, told: readonly string[]): void {
    for (const text of told) {
      const news = decodeNews(text);
      if (news?.of !== 'job') continue;
      const jobId = jobIdOf(tenant, { workflow: flow.id, ...news });
      flow.untold.delete(jobId);
      expect(
        ends.get(jobId)?.has(news.status) ?? false,
        'only an end is told',
        () => `the workflow is told that ${jobId} is ${news.status}; it is ${peek(jobId)?.status}`,
      );
    }
  }

  function saved(flow: Flow, { index, letters, rounds }: StatesPart): void {
    const old = letter.get(`${flow.id} ${index}`);
    const states = decodeStates(letters);
    const begun = rounds === undefined ? states.map(() => 0) : decodeRounds(rounds);
    letter.set(`${flow.id} ${index}`, { states, begun });
    const { specs } = graphIn(stored, flow);
    const all = statesOf(stored, flow).states;
    for (const [place, state] of states.entries()) {
      const node = index * 512 + place;
      const was = old?.states[place] ?? 'waiting';
      const again = (begun[place] ?? 0) - (old?.begun[place] ?? 0);
      const key = specs[node]?.key;
      expect(
        again > 0 || (again === 0 && (state === was || comesFrom[state].includes(was))),
        'a node goes forward',
        () => `node ${key} went from ${was} to ${state}${again === 0 ? '' : `, ${again} rounds on`}`,
      );
      const { signal } = specs[node] ?? {};
      if (signal !== undefined && state === 'completed' && was !== state)
        signals.opened(flow, node, signal.name);
      if ((state !== 'running' && state !== 'completed') || state === was) continue;
      // What is heard of late may stand in one write with the undoing of what was before it.
      const open = specs[node]?.node.dependsOn.find(
        ({ on }) => all[on] !== 'compensating' && !isEnded(all[on] ?? 'waiting'),
      );
      expect(
        open === undefined,
        'a node waits for what it depends on',
        () => `node ${key} is ${state} while ${specs[open?.on ?? 0]?.key} is ${all[open?.on ?? 0]}`,
      );
    }
  }
  const letter = new Map<string, { states: NodeState[]; begun: number[] }>();

  function rested(flow: Flow, { set }: RestChange, by: Process, late: boolean): void {
    const item = itemOf(stored, flow.id);
    if (late || item === undefined || set.token === undefined) return;
    const waits = executions().waitsWith(executionName(flow.id, item.execution));
    if (waits?.token === set.token) flow.troubled = false;
    else if (tardy.has(by)) flow.troubled = true;
  }

  /** Nobody is about to do anything: then all that happened was taken in, and what it waits for will come. */
  function lookAt(flow: Flow): boolean {
    const item = itemOf(stored, flow.id);
    // It was slow, and its function ended before it could hand the token back: telling holds up nobody for long.
    for (const [token, by] of flow.wakers) if (!by.alive && flow.wakers.delete(token)) flow.troubled = true;
    if (item === undefined || item.status !== 'running') return true;
    if (!executions().rests(flow.id) || flow.wakers.size > 0 || busy()) return false;
    for (const [jobId, by] of flow.untold)
      expect(
        by.alive || by.died || flow.troubled || comesBack(jobId) || !/^(work|bury)/.test(by.name),
        'an end is told',
        () => `${jobId} is ${peek(jobId)?.status} by ${by.name}, and nobody will tell its workflow`,
      );
    if (flow.troubled) return true;
    const name = executionName(flow.id, item.execution);
    if (executions().isGone(name)) return true;
    const waits = executions().waitsWith(name);
    // It will look by itself before anyone minds.
    if ((waits?.waitSeconds ?? 0) <= soonSeconds) return false;
    const unread = [...(item.unread ?? [])];
    expect(
      unread.length === 0,
      'a wake-up is not lost',
      () => `the workflow rests and has not read ${unread.join(', ')}`,
    );
    expect(
      waits !== undefined && waits.token === item.token,
      'a wake-up is not lost',
      () => `the execution waits with token ${waits?.token}, and whoever has news will find ${item.token}`,
    );
    whatFor(flow, item);
    return true;
  }

  function whatFor(flow: Flow, item: WorkflowItem): void {
    const { states, rounds } = statesOf(stored, flow);
    const { specs } = graphIn(stored, flow);
    let waits = false;
    for (const [node, state] of states.entries()) {
      const kind = specs[node]?.node.kind;
      if (state !== 'running' && state !== 'compensating') continue;
      if (kind !== 'map') waits = true;
      if (kind !== 'job') continue;
      const { id } = jobOf(flow, item, rounds, node, state === 'compensating');
      const status = peek(id)?.status;
      expect(
        status !== undefined && (!isFinal(status) || flow.untold.has(id)),
        'a node agrees with its job',
        () => `the workflow rests, node ${specs[node]?.key} is ${state} and its job ${status}`,
      );
    }
    expect(waits, 'a workflow says what it waits for', () => 'the workflow rests; nothing runs in it');
  }

  return {
    of,
    signals,
    unique,
    called,
    /** A job was told that nodes of these keys are added. */
    added(jobId: string, keys: readonly string[]): void {
      const { workflow, node } = decodeLink(peek(jobId)?.workflow ?? '') as Link;
      const { added } = of(workflow);
      added.set(node, new Set([...(added.get(node) ?? []), ...keys]));
    },
    invoked: (advance: Process): void => void begun.set(advance, now()),
    /** Just before a call is carried out. */
    calling({ id }: Pick<FlowCall, 'id'>): void {
      before = id === '' ? undefined : structuredClone(itemOf(stored, id));
    },
    written(each: Written): void {
      const { before, after } = each;
      if (before === undefined && after.type === callbackType) jobs.calledBack(after);
      if (after.workflow === undefined) return;
      if (isFinal(after.status)) ends.set(after.sk, (ends.get(after.sk) ?? new Set()).add(after.status));
      jobs.written(each);
      const link = decodeLink(after.workflow);
      if (before === undefined && after.status !== 'void' && link?.undo === false)
        unique.begins(itemOf(stored, link.workflow) as WorkflowItem);
    },
    trouble(ids: Iterable<string>): void {
      for (const id of ids) {
        const flow = flows.get(id);
        if (flow !== undefined) flow.troubled = true;
      }
    },
    moved: (id: string): void => void of(id),
    lookAfter(): void {
      for (const id of stirred) if (lookAt(of(id))) stirred.delete(id);
    },
    over: (): boolean =>
      [...flows.values()].every(({ id, accepted, calledBack }) => {
        const item = itemOf(stored, id);
        const ended = item !== undefined && item.status !== 'running';
        return !accepted || (ended && (item.callback !== true || calledBack.has(item.round ?? 0)));
      }),
    /** Long after the last fault. */
    allEnded(): void {
      for (const flow of flows.values()) {
        const item = itemOf(stored, flow.id);
        if (!flow.accepted) continue;
        expect(
          item !== undefined && item.status !== 'running',
          'ends in time',
          () => `workflow ${flow.id} is ${item?.status ?? 'lost'} long after the last fault`,
        );
        if (item?.callback !== true || item.status === 'running') continue;
        expect(
          flow.calledBack.has(item.round ?? 0),
          'an end calls back once',
          () => `nobody was told that the workflow is ${item.status}`,
        );
      }
    },
  };
}
