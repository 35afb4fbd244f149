import { isFinal } from '../../core/state.ts';
import { advance as decide, type Phase, type Step } from '../../core/workflow/advance.ts';
import { mayHaveBegun } from '../../core/workflow/begun.ts';
import { partNames } from '../../core/workflow/item.ts';
import { applyNews } from '../../core/workflow/news.ts';
import { maxNodesInAll } from '../../core/workflow/request.ts';
import type { NodeSpec } from '../../core/workflow/spec.ts';
import type { NodeState } from '../../core/workflow/states.ts';
import { appendElements } from './append-elements.ts';
import { bounded } from './bounded.ts';
import type { carry, Handed } from './carry.ts';
import { hearNews, hearSignals, lookAtJobs } from './hear.ts';
import type { Loaded } from './load.ts';
import { generationKey, generationOf, type ResultsDeps, resultsOf } from './results.ts';
import { listOf, takenBy } from './start.ts';
import { takeIn } from './take-in.ts';

export interface TurnDeps extends ResultsDeps {
  jobs: ReturnType<typeof carry>;
  now: () => number;
}

/** What a turn came to; the loaded workflow has the states and the item as they are to be stored. */
export interface Turn {
  phase: Phase;
  end: Step['end'];
  stuck: boolean;
  /** When it must be looked at again at the latest, ms; undefined: when something happens. */
  until?: number;
  nodesRead: number;
  /** More could start than one turn takes, or follows from what is to be saved first: save, then take the next. */
  more: boolean;
  /** Nodes begin anew under another id: that is to be stored before it is used. */
  again: boolean;
}

const mostConditionMs = 1_000;
const tooLong = {
  fault: `the condition was not judged in the time it has: ${mostConditionMs} ms at the most`,
};

/** Jobs that one turn starts: what it has done is saved before it has taken long, and news do not pile up meanwhile. */
const mostStarts = 1_000;

/** Soon enough for what AWS would not take, late enough for it to have calmed. */
const tryAgainMs = 5_000;

/**
 * Takes in what happened, and does all that follows from it: starts, skips, asks, expands, stops, undoes, until there
 * is nothing left to do but to wait.
 * `looksAround`: a wake-up may have been lost: jobs and signals are looked at. `isForestalled`: another has its unique
 * key, and nothing of it has begun.
 * @returns undefined when another advance was quicker: what was loaded is old
 */
export async function turn(
  deps: TurnDeps,
  loaded: Loaded,
  { looksAround, isForestalled = false }: { looksAround: boolean; isForestalled?: boolean | undefined },
): Promise<Turn | undefined> {
  const { item } = loaded;
  const generations = { ...item.generations };
  const deadlines = { ...item.deadlines };
  const causes = { ...item.causes };
  loaded.item = { ...item, generations, deadlines, causes };
  if (!(await takeIn(deps, loaded))) return undefined;
  let phase = hearNews(loaded);
  if (looksAround) await lookAtJobs(deps, loaded, phase);
  const verdicts = await hearSignals(deps, loaded, looksAround);
  if (phase === 'forward' && item.timeoutAt !== undefined && item.timeoutAt <= deps.now()) {
    phase = 'stopping';
    loaded.item.stopped = 'timeout';
  }

  if (phase === 'forward' && isForestalled) {
    phase = 'stopping';
    loaded.item.stopped = 'cancelled';
  }

  const results = resultsOf(deps, loaded);
  const conditions = new Map<number, boolean>();
  const later: { node: number; state: NodeState }[] = [];
  const sealed = new Set<number>();
  let room = mostStarts;
  // Each that takes too long leaves the next half the time: thousands of them are no more than seconds.
  let conditionMs = mostConditionMs;
  let more = false;
  let again = false;
  for (const { node, state, isContestable } of verdicts) settle(node, state, isContestable);
  for (;;) {
    const step = decide({ graph: loaded.graph, states: loaded.states, phase, conditions });
    const begun = mayHaveBegun(loaded.graph, loaded.states, step.states).filter((node) => !sealed.has(node));
    if (begun.length > 0) {
      // Elements of a map, appended elsewhere and not heard of here, may have begun too.
      if (!loaded.isFresh || !(await sealOff(begun, step.phase))) return undefined;
      continue;
    }
    loaded.states = step.states;
    phase = step.phase;
    await judge(step.ask);
    const expanded = await begin(step.start);
    if (expanded === undefined) return undefined;
    const undone = await deps.jobs.undo(loaded, step.undo);
    take(undone, true);
    const stopped = await deps.jobs.stop(loaded, step.stop);
    for (const node of stopped.cancelled) loaded.states[node] = 'cancelled';
    const moved = expanded + undone.failed.length + stopped.cancelled.length;
    if (step.ask.length + moved > 0) continue;
    for (const { node, state } of later) loaded.states[node] = state;
    boundSignals();
    return {
      phase,
      end: later.length > 0 ? undefined : step.end,
      stuck: step.stuck && later.length === 0,
      nodesRead: results.read(),
      more,
      again,
      ...untilOf(stopped.again),
    };
  }

  /**
   * The end of a signal node. One that another advance may find otherwise is saved before anything follows from it: it
   * is refused then, or reads it, when it finds what this one has sealed.
   */
  function settle(node: number, state: NodeState, isContestable: boolean): void {
    if (!isContestable) loaded.states[node] = state;
    else {
      later.push({ node, state });
      more = true;
    }
  }

  /** Nodes that are to be cancelled, and have a job that was not heard of yet: it runs, or has ended. */
  async function sealOff(nodes: readonly number[], towards: Phase): Promise<boolean> {
    // An advance that is late appends its elements where this one is: it is refused, and reads what became of the map.
    for (const node of nodes) {
      const isUnbegun =
        loaded.specs[node]?.node.kind === 'map' && (loaded.graph.elements.get(node) ?? []).length === 0;
      if (isUnbegun && !(await appendElements(deps, loaded, node, 1))) return false;
    }
    const jobs = nodes.filter((node) => loaded.specs[node]?.node.kind === 'job');
    for (const { node, status } of await deps.jobs.sealOff(loaded, jobs)) {
      const generation = generationOf(loaded, node);
      if (!isFinal(status)) loaded.states[node] = 'running';
      else
        applyNews(
          loaded.states,
          { of: 'job', node, generation, undo: false, status },
          { phase: towards, generationOf: () => generation },
        );
    }
    for (const node of nodes) sealed.add(node);
    return true;
  }

  async function judge(ask: readonly number[]): Promise<void> {
    if (ask.length === 0) return;
    // CEL is a fifth of a cold start, and few workflows have conditions.
    const { judgeCondition, readCondition } = await import('../../core/workflow/condition.ts');
    for (const node of ask) {
      const { when = '', names = {} } = loaded.specs[node] as NodeSpec;
      await results.fetch(Object.values(names));
      const condition = readCondition(when);
      const used = 'uses' in condition ? condition.uses.flatMap((each) => names[each] ?? []) : [];
      if (failWithout(node, used)) continue;
      const seen = Object.entries(names);
      const given = {
        results: Object.fromEntries(
          seen.flatMap(([name, key]) => (results.of(key) === undefined ? [] : [[name, results.of(key)]])),
        ),
        states: Object.fromEntries(seen.map(([name, key]) => [name, results.stateOf(key)])),
      };
      const holds = bounded(() => judgeCondition(when, given), conditionMs) ?? tooLong;
      if (holds === tooLong) conditionMs = Math.ceil(conditionMs / 2);
      if (typeof holds === 'boolean') conditions.set(node, holds);
      else fail(node, holds.fault);
    }
  }

  /** @returns how many nodes moved on at once; undefined when another advance was quicker */
  async function begin(start: readonly number[]): Promise<number | undefined> {
    const kindOf = (node: number) => loaded.specs[node]?.node.kind;
    const startable = start.filter((node) => kindOf(node) === 'job');
    const jobNodes = startable.slice(0, room);
    room -= jobNodes.length;
    for (const node of startable.slice(jobNodes.length)) {
      later.push({ node, state: 'waiting' });
      more = true;
    }
    const maps = start.filter((node) => kindOf(node) === 'map');
    const signals = start.filter((node) => kindOf(node) === 'signal');
    await results.fetch([...new Set([...jobNodes, ...maps].flatMap((node) => takenBy(loaded, node)))]);
    const unable = [...jobNodes, ...maps].filter((node) => failWithout(node, takenBy(loaded, node)));
    for (const map of maps) if (!unable.includes(map) && !(await expand(map))) return undefined;
    const able = jobNodes.filter((node) => !unable.includes(node));
    let moved = maps.length + jobNodes.length - able.length;
    for (const node of signals) moved += await awaitSignal(node);
    if (able.length === 0) return moved;
    const handed = await deps.jobs.start(loaded, able, results);
    take(handed, false);
    return moved + handed.failed.length;
  }

  async function expand(map: number): Promise<boolean> {
    const list = listOf(loaded, map, results);
    if (list === undefined) {
      fail(map, 'what the map goes over is no list');
      return true;
    }
    if (list.length > maxElements) {
      fail(map, `the list has ${list.length} elements; at most ${maxElements} are taken`);
      return true;
    }
    if (list.length === 0) loaded.states[map] = 'completed';
    // Some stand already: an advance before this one appended them and died, or the map was retried.
    const known = loaded.graph.elements.get(map) ?? [];
    for (const surplus of known.slice(list.length)) loaded.states[surplus] = 'skipped';
    const count = list.length - known.length;
    if (count <= 0) return true;
    if (loaded.specs.length + count > maxNodesInAll) {
      fail(map, `with its ${count} elements the workflow would have more than ${maxNodesInAll} nodes`);
      return true;
    }
    return appendElements(deps, loaded, map, count);
  }

  /** A signal may have come before it was awaited. @returns 1 when it has, and ended the node */
  async function awaitSignal(node: number): Promise<number> {
    const { name = '', timeoutSeconds } = (loaded.specs[node] as NodeSpec).signal ?? {};
    const has = await deps.workflows.part(loaded.tenant, loaded.id, partNames.signal(name, item));
    if (has === undefined) return 0;
    settle(node, 'completed', timeoutSeconds !== undefined);
    return timeoutSeconds === undefined ? 1 : 0;
  }

  /** By state, not by what this turn started: an advance that started some may have died before it could write their deadlines. */
  function boundSignals(): void {
    for (const [node, { signal }] of loaded.specs.entries())
      if (signal?.timeoutSeconds !== undefined && loaded.states[node] === 'running')
        deadlines[node] ??= deps.now() + signal.timeoutSeconds * 1000;
  }

  function take(handed: Handed, undo: boolean): void {
    for (const { node, cause } of handed.failed) {
      loaded.states[node] = undo ? 'compensation_failed' : 'failed';
      causes[generationKey(node, undo)] = cause;
    }
    for (const node of handed.again) {
      const key = generationKey(node, undo);
      generations[key] = (generations[key] ?? 0) + 1;
      later.push({ node, state: undo ? 'completed' : 'waiting' });
      again = true;
    }
    for (const node of handed.later) later.push({ node, state: undo ? 'completed' : 'waiting' });
  }

  /** @returns true if one of these results is lost, and the node has failed by that */
  function failWithout(node: number, keys: readonly string[]): boolean {
    const lost = results.lostOf(keys);
    if (lost !== undefined) fail(node, `the result of "${lost}" can not be had any more`);
    return lost !== undefined;
  }

  function fail(node: number, cause: string): void {
    loaded.states[node] = 'failed';
    causes[node] = cause;
  }

  function untilOf(soon: boolean): { until?: number } {
    const times = [
      ...(soon || later.length > 0 ? [deps.now() + tryAgainMs] : []),
      ...Object.entries(deadlines).flatMap(([node, at]) =>
        loaded.states[Number(node)] === 'running' ? [at] : [],
      ),
      ...(phase === 'forward' && item.timeoutAt !== undefined ? [item.timeoutAt] : []),
    ];
    return times.length === 0 ? {} : { until: Math.min(...times) };
  }
}

/** A map's elements are nodes like others. */
const maxElements = 10_000;
