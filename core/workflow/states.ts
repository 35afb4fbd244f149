/** The states of a node, each with the one letter it is stored as. */
const letters = {
  waiting: 'w',
  running: 'r',
  completed: 'c',
  failed: 'f',
  cancelled: 'x',
  skipped: 's',
  compensating: 'u',
  compensated: 'd',
  compensation_failed: 'n',
} as const;

export type NodeState = keyof typeof letters;
export const nodeStates = Object.keys(letters) as NodeState[];

const byLetter = new Map(nodeStates.map((state) => [letters[state] as string, state]));

/** Nodes whose states share one item: an advance rewrites only the items of nodes that changed, each within one write unit (two once a node was retried). */
export const statesPerItem = 512;

/** One letter a node. */
export function encodeStates(states: readonly NodeState[]): string {
  return states.map((state) => letters[state]).join('');
}

/** One character a node, for how often it was begun anew; undefined while none was: then nothing of it is stored. */
export function encodeRounds(rounds: readonly number[]): string | undefined {
  if (rounds.every((round) => round === 0)) return undefined;
  return rounds.map((round) => String.fromCharCode(firstRound + round)).join('');
}

export function decodeRounds(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0) - firstRound);
}

/** `!`: the first printable character. */
const firstRound = 33;

/** Throws on a letter that no state has. */
export function decodeStates(text: string): NodeState[] {
  return Array.from(text, (letter) => {
    const state = byLetter.get(letter);
    if (state === undefined) throw new Error(`"${letter}" is the letter of no node state`);
    return state;
  });
}

/** Will it change no more by itself while the workflow goes forward. */
export function isEnded(state: NodeState): boolean {
  return state !== 'waiting' && state !== 'running' && state !== 'compensating';
}

/** How many nodes have each state; those that none has are left out. */
export function countStates(states: readonly NodeState[]): Partial<Record<NodeState, number>> {
  const counts: Partial<Record<NodeState, number>> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
