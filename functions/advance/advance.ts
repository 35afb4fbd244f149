import type { WorkflowItem } from '../../core/workflow/item.ts';
import { executionName, uniqueKeyAt } from '../../core/workflow/item.ts';
import { decodeNews } from '../../core/workflow/news.ts';
import { Unopenable } from '../keys.ts';
import { type Executions, firstWaitSeconds, goOn, type RestChange, type Workflows } from '../workflows.ts';
import { announce } from './announce.ts';
import { type CarryDeps, carry } from './carry.ts';
import { changedStates, type Loaded, loader } from './load.ts';
import { endOf, restOf } from './rest.ts';
import { type Turn, turn } from './turn.ts';

export interface AdvanceDeps extends CarryDeps {
  workflows: Workflows;
  executions: Executions;
  sleep: (ms: number) => Promise<void>;
}

/** What Step Functions hands in. */
export interface AdvanceInput {
  tenant: string;
  workflow: string;
  /** Of the state that waits for it. */
  token: string;
  /** Name of the execution that asks. */
  execution: string;
  /** How long that state waits before it comes back by itself. */
  waitSeconds: number;
  /** It came back by itself: a wake-up may have been lost. */
  timedOut: boolean;
}

export interface Advanced {
  /** `resting`: the token is stored, and whoever has news hands it back. */
  outcome: 'resting' | 'ended' | 'again' | 'continued' | 'gone';
  rounds: number;
  nodesRead: number;
  stuck: boolean;
}

const longestWaitSeconds = 3_600;
/** So late, or by a tenth of the wait, a deadline may be seen. */
const nearSeconds = 2;
/** An advance that took this part of its state's wait stores no token: clocks differ, and the state began before it. */
const lateAfter = 0.5;
/** Advances of one execution: each leaves some 6 of the 25,000 events that Step Functions keeps of one. */
const advancesPerExecution = 2_000;
/** Many nodes that end at nearly the same time are to cost one advance: with so many running it waits a moment for more. */
const crowd = 8;
const lingerMs = 150;
const longestLingers = 10;
/** So many rounds, overtaken each time by more news, and the rest is left to the next state: a function has its time. */
const mostRounds = 200;

/**
 * Advances a workflow until there is nothing to do but to wait, then stores the task token; or hands it back at
 * once, when the workflow has ended or is to be looked at sooner than the state would wait.
 */
export function advanceWorkflow(deps: AdvanceDeps) {
  const { workflows, executions, now, sleep } = deps;
  const graphs = loader(deps);
  const jobs = carry(deps);
  const tellEnd = announce(deps);

  return async (input: AdvanceInput): Promise<Advanced> => {
    const { tenant, workflow: id, token } = input;
    const begunAt = now();
    let looksAtJobs = input.timedOut;
    let lingers = 0;
    const sum = { rounds: 0, nodesRead: 0, stuck: false };
    let before: WorkflowItem | undefined;
    /** How often the workflow was advanced, as far as this advance knows. */
    let advances: number | undefined;
    let overtaken = false;
    /** Its unique key was taken over before it began: it came late. */
    let isForestalled: boolean | undefined;
    for (;;) {
      if (++sum.rounds > mostRounds) {
        await executions.handBack(token, goOn());
        return { outcome: 'again', ...sum };
      }
      const read = await workflows.get(tenant, id);
      const item = read === undefined ? undefined : carriedOn(before, read);
      if (item === undefined) return done(token, 'gone', sum);
      if (item.status !== 'running') {
        await finish(tenant, item);
        return done(token, 'ended', sum);
      }
      overtaken ||= advances !== undefined && advances !== item.advancesInAll;
      advances = item.advancesInAll;
      const mine = executionName(id, item.execution);
      if (input.execution !== mine) {
        // It went on in another execution, whose start may have been lost with the process.
        await executions.start(mine, { tenant, workflow: id });
        return done(token, 'continued', sum);
      }
      // Not by the retry itself: the end of the round before may still be setting it.
      if (hasRetry(item)) await workflows.expireParts(tenant, id, undefined);
      const loaded = await graphs.load(tenant, id, item).catch(unopenable);
      if (loaded === undefined) {
        // No repeat can open them: without its nodes nothing more can be done but to say so.
        const change = { read: [], set: { ...endOf(item, 'failed', now()), stopped: 'unopenable' as const } };
        await workflows.rest(item, change);
        continue;
      }
      if (item.unique !== undefined && item.advances === 0)
        isForestalled ??= (await workflows.holdKey(uniqueKeyAt(item.unique), id, now())) !== undefined;
      const taken = await turn({ ...deps, jobs }, loaded, { looksAround: looksAtJobs, isForestalled });
      if (taken === undefined || !(await save(loaded))) {
        graphs.forget(tenant, id);
        continue;
      }
      graphs.keep(loaded);
      looksAtJobs = false;
      sum.nodesRead += taken.nodesRead;
      sum.stuck ||= taken.stuck;
      before = { ...loaded.item, phase: taken.phase };
      if (taken.again) {
        // An advance that others have overtaken must not give a job to a node that they have done with, under an id
        // that they never heard of.
        if (await workflows.rest(item, { read: [], set: restOf(loaded, taken) })) advances++;
        const { generations: _, ...carried } = before;
        before = item.generations === undefined ? carried : { ...carried, generations: item.generations };
        continue;
      }
      if (taken.more) {
        await forget(tenant, item);
        continue;
      }
      const running = loaded.states.filter((state) => state === 'running').length;
      if (taken.end === undefined && running >= crowd && lingers < longestLingers) {
        lingers++;
        await sleep(lingerMs);
      }
      const at = now();
      const isLate = overtaken || at - begunAt > input.waitSeconds * lateAfter * 1000;
      const { change, answer } = plan(input, loaded, taken, { isLate, now: at });
      if (!(await workflows.rest(item, change))) {
        await forget(tenant, item);
        continue;
      }
      // The end stands: should this process die here, the repeat of its call finds it and tells.
      if (answer === 'end') await finish(tenant, { ...loaded.item, ...change.set } as WorkflowItem);
      if (answer === 'rest') return { outcome: 'resting', ...sum };
      if (answer === 'continue')
        await executions.start(executionName(id, item.execution + 1), { tenant, workflow: id });
      if (typeof answer === 'string') return done(token, answer === 'end' ? 'ended' : 'continued', sum);
      await executions.handBack(token, goOn(answer.waitSeconds));
      return { outcome: 'again', ...sum };
    }
  };

  /**
   * Takes away the news that the saved states hold, when the round can't end with it: while jobs end faster than an
   * advance comes to its end, the item would grow, and every write of it would cost more. A cancel stays: that it was
   * heard stands on the item alone, and is written by `rest`.
   */
  async function forget(tenant: string, item: WorkflowItem): Promise<void> {
    const taken = [...(item.unread ?? [])].filter((each) => decodeNews(each)?.of !== 'cancel');
    if (taken.length > 0) await workflows.forget(tenant, item.sk, taken);
  }

  /** What follows the end; repeated, it is done once. */
  async function finish(tenant: string, item: WorkflowItem): Promise<void> {
    await tellEnd(tenant, item);
    await workflows.expireParts(tenant, item.sk, item.expiresAt);
    if (item.unique !== undefined && item.expiresAt !== undefined)
      await workflows.expireKey(uniqueKeyAt(item.unique), item.sk, item.expiresAt);
  }

  async function done(
    token: string,
    outcome: 'gone' | 'ended' | 'continued',
    sum: Omit<Advanced, 'outcome'>,
  ): Promise<Advanced> {
    await executions.handBack(token, { done: true, waitSeconds: firstWaitSeconds });
    return { outcome, ...sum };
  }

  /** Only items whose letters changed are written. */
  async function save({ tenant, id, stored, states, rounds }: Loaded): Promise<boolean> {
    const parts = changedStates(stored, states, rounds);
    const saved = await Promise.all(parts.map((part) => workflows.saveStates(tenant, id, part)));
    return saved.every(Boolean);
  }
}

/**
 * A workflow as it was read again after a round that could not end: with what that round found out and only `rest`
 * writes. Unless another advance has come to an end in between: then what it left holds.
 */
function carriedOn(before: WorkflowItem | undefined, item: WorkflowItem): WorkflowItem {
  const same = before?.advancesInAll === item.advancesInAll && before.execution === item.execution;
  if (before === undefined || !same || item.status !== 'running') return item;
  const { phase, stopped, generations, deadlines, causes } = before;
  return {
    ...item,
    phase,
    ...(stopped === undefined ? {} : { stopped }),
    ...(generations === undefined ? {} : { generations }),
    ...(deadlines === undefined ? {} : { deadlines }),
    ...(causes === undefined ? {} : { causes }),
  };
}

function hasRetry({ unread = new Set() }: WorkflowItem): boolean {
  return [...unread].some((each) => decodeNews(each)?.of === 'retry');
}

function unopenable(error: unknown): undefined {
  if (!(error instanceof Unopenable)) throw error;
}

type Answer = 'rest' | 'end' | 'continue' | { waitSeconds: number };

/** What is written at the end of a round, and what Step Functions is told. */
function plan(
  input: AdvanceInput,
  loaded: Loaded,
  taken: Turn,
  { isLate, now }: { isLate: boolean; now: number },
): { change: RestChange; answer: Answer } {
  const { item } = loaded;
  const rest = restOf(loaded, taken);
  const change = (set: Partial<WorkflowItem>, lookAfterSeconds = firstWaitSeconds): RestChange => ({
    read: [...(item.unread ?? [])],
    set: { ...rest, lookAt: now + lookAfterSeconds * 1000, ...set },
  });
  if (taken.end !== undefined) return { change: change(endOf(loaded.item, taken.end, now)), answer: 'end' };
  if (item.advances + 1 >= advancesPerExecution)
    return { change: change({ execution: item.execution + 1, advances: 0 }), answer: 'continue' };
  const wanted =
    taken.until === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil((taken.until - now) / 1000));
  const waitSeconds = Math.min(
    wanted,
    input.timedOut ? Math.min(input.waitSeconds * 2, longestWaitSeconds) : input.waitSeconds,
  );
  // The state's own wait was set before this advance: another one takes a new state. So does one that is late: its
  // state may have ended before it, and a token that nobody waits with would stand over that of the next advance. Not
  // for a second or two: what is left of a deadline is always a little less than what the state was given, and it
  // would go round until then.
  const tooLate = input.waitSeconds - waitSeconds;
  if (isLate || tooLate < 0 || tooLate > Math.max(nearSeconds, waitSeconds / 10))
    return { change: change({}, waitSeconds), answer: { waitSeconds } };
  return { change: change({ token: input.token }, input.waitSeconds), answer: 'rest' };
}
