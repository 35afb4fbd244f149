import type { Graph, GraphNode } from './graph.ts';
import { isEnded, type NodeState } from './states.ts';
import { undo } from './undo.ts';

/**
 * Where a workflow goes:
 * - `forward`: nodes start as what they depend on ends.
 * - `stopping`: cancelled by a person, or out of time: nothing starts, what runs is told to stop.
 * - `compensating`: a failure that asks for it: as stopping, then what was completed is undone.
 */
export const phases = ['forward', 'stopping', 'compensating'] as const;
export type Phase = (typeof phases)[number];

export const workflowEnds = [
  'completed',
  'failed',
  'cancelled',
  'compensated',
  'compensation_failed',
] as const;
export type WorkflowEnd = (typeof workflowEnds)[number];

export interface Progress {
  graph: Graph;
  /** One for each node of the graph. */
  states: readonly NodeState[];
  phase: Phase;
  /** Of conditional nodes that were asked about: did their condition hold. */
  conditions: ReadonlyMap<number, boolean>;
}

/** What to do next, and the states once it is done. Lists are in the nodes' order. */
export interface Step {
  phase: Phase;
  states: NodeState[];
  /** Now `running`: enqueue a job, expand a map, or wait for a signal. */
  start: number[];
  /** Everything they wait for has ended: their condition is to be judged, then advance again. */
  ask: number[];
  /** They run: their jobs are to be cancelled. */
  stop: number[];
  /** Now `compensating`: enqueue their compensation. */
  undo: number[];
  /** Nothing runs and nothing can start. */
  end?: Exclude<WorkflowEnd, 'cancelled'> | 'stopped';
  /** Nothing runs, nothing can start, and yet it is not over: never, unless the graph or the code is broken. */
  stuck: boolean;
}

/**
 * One step of a workflow, from the states of its nodes alone. Called again with the same input it answers the
 * same, so that a step that was only half carried out is simply taken again.
 */
export function advance({ graph, states: before, phase: was, conditions }: Progress): Step {
  const states = [...before];
  endMaps(graph, states);
  const phase = was === 'forward' && wantsCompensation(graph, states) ? 'compensating' : was;
  const step: Step = { phase, states, start: [], ask: [], stop: [], undo: [], stuck: false };
  if (phase === 'forward') goForward(graph, step, conditions);
  else stopAll(graph, step);
  endMaps(graph, states);
  if (phase === 'forward' && wantsCompensation(graph, states)) {
    // What only now came to have failed, a map or a sub-workflow, turns it round before anything of this step begins.
    for (const index of step.start) states[index] = 'waiting';
    return advance({ graph, states, phase: 'compensating', conditions });
  }

  const live = states.some((state) => state === 'running' || state === 'compensating');
  if (live || step.ask.length > 0) return step;
  if (phase === 'compensating') return undo(graph, step);
  if (states.includes('waiting')) return { ...step, stuck: true };
  return { ...step, end: phase === 'stopping' ? 'stopped' : endOf(graph, states) };
}

/** Starts, skips, cancels: in rounds, because what is skipped or cancelled lets others move. */
function goForward(graph: Graph, step: Step, conditions: ReadonlyMap<number, boolean>): void {
  const { states } = step;
  const room = roomOf(graph, states);
  const broken = brokenMaps(graph, states);
  /** Maps that begin in this step: how many elements they have is not known yet. */
  const fresh = new Set<number>();
  let looking = states.flatMap((state, index) => (state === 'waiting' ? [index] : []));
  while (looking.length > 0) {
    const moved: number[] = [];
    for (const index of looking) {
      if (states[index] !== 'waiting') continue;
      const move = moveOf(graph, states, index, conditions, broken);
      if (move === 'wait') continue;
      if (move === 'ask') {
        step.ask.push(index);
        continue;
      }
      const { kind, elementOf } = graph.nodes[index] as GraphNode;
      if (elementOf !== undefined && fresh.has(elementOf)) continue;
      if (move === 'start' && elementOf !== undefined) {
        const free = room.get(elementOf) ?? 0;
        if (free <= 0) continue;
        room.set(elementOf, free - 1);
      }
      states[index] = move === 'start' ? (kind === 'join' ? 'completed' : 'running') : move;
      if (move === 'start' && kind === 'map') fresh.add(index);
      if (states[index] === 'running') step.start.push(index);
      else moved.push(index);
    }
    if (moved.length === 0) moved.push(...endMaps(graph, states));
    looking = [
      ...new Set(
        moved.flatMap((index) => [...(graph.dependants[index] ?? []), ...(graph.elements.get(index) ?? [])]),
      ),
    ];
  }
  step.start.sort(ascending);
  step.ask = [...new Set(step.ask)].sort(ascending);
}

type Move = 'wait' | 'ask' | 'start' | 'skipped' | 'cancelled' | 'failed';

function moveOf(
  { nodes, ends }: Graph,
  states: readonly NodeState[],
  index: number,
  conditions: ReadonlyMap<number, boolean>,
  broken: ReadonlySet<number>,
): Move {
  const node = nodes[index] as GraphNode;
  if (node.elementOf !== undefined) return moveOfElement(states[node.elementOf], broken.has(node.elementOf));
  if (ends.has(index)) return moveOfEnd(node, states);
  const adder = node.addedBy === undefined ? undefined : states[node.addedBy];
  // A retry began its adder anew, or kept it from running: what that one added goes with it.
  if (adder === 'skipped' || adder === 'cancelled') return adder;
  let waits = adder === 'waiting';
  let skips = false;
  for (const { on, onFailure, takes } of node.dependsOn) {
    const state = states[on] as NodeState;
    if ((state === 'failed' || state === 'cancelled') && onFailure !== 'continue') return 'cancelled';
    if (!isEnded(state)) waits = true;
    if (state === 'skipped' && takes) skips = true;
  }
  if (waits) return 'wait';
  if (skips) return 'skipped';
  if (!node.conditional) return 'start';
  const holds = conditions.get(index);
  return holds === undefined ? 'ask' : holds ? 'start' : 'skipped';
}

/** A sub-workflow ends with the last of its nodes: failed if one of them failed that it does not let pass. */
function moveOfEnd({ dependsOn }: GraphNode, states: readonly NodeState[]): Move {
  if (dependsOn.some(({ on }) => !isEnded(states[on] as NodeState))) return 'wait';
  const left = new Set(
    dependsOn.flatMap(({ on, onFailure }) => (onFailure === 'continue' ? [] : states[on])),
  );
  if (left.has('failed')) return 'failed';
  if (left.has('cancelled')) return 'cancelled';
  // Its start is the one that it takes from.
  return dependsOn.some(({ on, takes }) => takes && states[on] === 'skipped') ? 'skipped' : 'start';
}

/** An element begins when its map runs. Left over from an earlier, longer list, it ends as its map does. */
function moveOfElement(map: NodeState | undefined, isBroken: boolean): Move {
  if (map === 'waiting') return 'wait';
  if (map === 'running') return isBroken ? 'cancelled' : 'start';
  return map === 'completed' || map === 'skipped' ? 'skipped' : 'cancelled';
}

/** Maps of which an element failed: the list can't be had any more, so what has not started is not started. */
function brokenMaps({ elements }: Graph, states: readonly NodeState[]): Set<number> {
  return new Set(
    [...elements].flatMap(([map, own]) =>
      own.some((each) => states[each] === 'failed' || states[each] === 'cancelled') ? [map] : [],
    ),
  );
}

/** For each map, how many of its elements may start now. */
function roomOf({ nodes, elements }: Graph, states: readonly NodeState[]): Map<number, number> {
  return new Map(
    [...elements].map(([map, own]) => {
      const running = own.filter((each) => states[each] === 'running').length;
      return [map, (nodes[map]?.maxConcurrency ?? Number.POSITIVE_INFINITY) - running];
    }),
  );
}

/** A map ends with its last element: completed if none of them failed. Returns those that ended. */
function endMaps({ elements }: Graph, states: NodeState[]): number[] {
  const ended: number[] = [];
  for (const [map, own] of elements) {
    // Running without elements: it was started and is not yet expanded.
    if (states[map] !== 'running' || own.length === 0) continue;
    if (own.some((each) => !isEnded(states[each] as NodeState))) continue;
    const failed = own.some((each) => states[each] === 'failed');
    const cancelled = own.some((each) => states[each] === 'cancelled');
    states[map] = failed ? 'failed' : cancelled ? 'cancelled' : 'completed';
    ended.push(map);
  }
  return ended;
}

/** Whatever became of those that depend on it: they are cancelled by the same step, which may be taken again. */
function wantsCompensation({ nodes }: Graph, states: readonly NodeState[]): boolean {
  return nodes.some(
    (node, index) =>
      (states[index] === 'failed' && node.onFailure === 'compensate') ||
      node.dependsOn.some(({ on, onFailure }) => onFailure === 'compensate' && states[on] === 'failed'),
  );
}

/** Nothing starts any more; jobs that run are told so, and awaited. What has no job ends here, a map with its elements. */
function stopAll({ nodes, elements }: Graph, { states, stop }: Step): void {
  for (const [index, state] of states.entries()) {
    if (state === 'waiting') states[index] = 'cancelled';
    if (state !== 'running') continue;
    if (nodes[index]?.kind === 'job') stop.push(index);
    else if ((elements.get(index) ?? []).length === 0) states[index] = 'cancelled';
  }
}

/** A failure that its node lets pass, or the map or sub-workflow it is in, fails nothing; what was cancelled because of another fails with that one. */
function endOf({ nodes }: Graph, states: readonly NodeState[]): 'completed' | 'failed' {
  const passes = (index: number | undefined): boolean => {
    const node = index === undefined ? undefined : nodes[index];
    return node !== undefined && (node.onFailure === 'continue' || passes(inside(nodes, node)));
  };
  const counts = states.some(
    (state, index) => (state === 'failed' || state === 'cancelled') && !passes(index),
  );
  return counts ? 'failed' : 'completed';
}

/** The map or sub-workflow that a node is in. What was added stands where the node stands whose job did so. */
function inside(nodes: readonly GraphNode[], node: GraphNode): number | undefined {
  // By hand and not by recursion: one may have added the next ten thousand times.
  for (let at: GraphNode | undefined = node; at !== undefined; ) {
    const own = at.elementOf ?? at.partOf;
    if (own !== undefined) return own;
    at = at.addedBy === undefined ? undefined : nodes[at.addedBy];
  }
  return undefined;
}

function ascending(one: number, other: number): number {
  return one - other;
}
