/** When which fault happens: drawn from a seed, so that the same seed gives the same schedule. */
import { between, oneOf, type Random, seeded } from '../simulation/random.ts';
import { type FaultKind, faultKinds } from './fault.ts';

export type Event = { atMs: number } & (
  | { do: 'fault'; kind: FaultKind; share: number; forMs: number }
  /** Ends up to so many processes of a function at once. */
  | { do: 'kill'; victim: Victim; most: number; atReceipt?: true }
  | { do: 'restart' }
);

/** A function whose processes are killed: `work-<queue>`, or one of the others. */
export type Victim = string;

/** How dense a run is. Ranges are in ms. */
export interface Pace {
  loadMs: number;
  /** Before the first event, so that there is something to break. */
  warmMs: number;
  faultMs: readonly [number, number];
  faultGapMs: readonly [number, number];
  killGapMs: readonly [number, number];
  /** The share of workers' kills that find them between the receipt of a message and their first call. */
  atReceipt: number;
  restarts: number;
  victims: readonly Victim[];
}

/** How often a call is hit while the fault is on; three tries of the SDK pass it the more often the lower it is. */
const shares: Record<FaultKind, readonly number[]> = {
  slow: [0.3, 0.6],
  reset: [0.2, 0.5],
  lost: [0.3, 0.5],
  late: [0.2, 0.4],
  error: [0.2, 0.5],
  throttle: [0.3, 0.7],
  rows: [0.3, 0.6],
  kms: [1],
  client: [0.3, 0.6],
};

/** All events of a run, in order. Faults follow one another, each kind in turn; kills and restarts fall among them. */
export function drawSchedule(seed: number, pace: Pace): Event[] {
  const random = seeded(seed);
  const events = [...drawFaults(random, pace), ...drawKills(random, pace), ...drawRestarts(random, pace)];
  return events.sort((a, b) => a.atMs - b.atMs);
}

function drawFaults(random: Random, { loadMs, warmMs, faultMs, faultGapMs }: Pace): Event[] {
  const events: Event[] = [];
  let order: FaultKind[] = [];
  for (let atMs = warmMs; ; ) {
    if (order.length === 0) order = shuffled(random, faultKinds);
    const kind = order.pop() as FaultKind;
    const forMs = between(random, ...faultMs);
    if (atMs + forMs > loadMs) return events;
    events.push({ atMs, do: 'fault', kind, share: oneOf(random, shares[kind]), forMs });
    atMs += forMs + between(random, ...faultGapMs);
  }
}

function drawKills(random: Random, { loadMs, warmMs, killGapMs, atReceipt, victims }: Pace): Event[] {
  const events: Event[] = [];
  let order: Victim[] = [];
  for (let atMs = warmMs; atMs < loadMs; atMs += between(random, ...killGapMs)) {
    if (order.length === 0) order = shuffled(random, victims);
    const victim = order.pop() as Victim;
    const kill: Event = { atMs, do: 'kill', victim, most: between(random, 1, 3) };
    const early = victim.startsWith('work-') && atReceipt > 0 && random() < atReceipt;
    events.push(early ? { ...kill, atReceipt: true } : kill);
  }
  return events;
}

function drawRestarts(random: Random, { loadMs, warmMs, restarts }: Pace): Event[] {
  const each = (loadMs - warmMs) / Math.max(restarts, 1);
  return Array.from({ length: restarts }, (_, index) => ({
    atMs: Math.round(warmMs + each * (index + 0.25 + random() / 2)),
    do: 'restart',
  }));
}

function shuffled<T>(random: Random, all: readonly T[]): T[] {
  const left = [...all];
  return Array.from({ length: all.length }, () => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}

/** A line for each event, as printed before a run. */
export function describe(event: Event): string {
  const at = `${(event.atMs / 1000).toFixed(1)} s`.padStart(9);
  if (event.do === 'restart') return `${at}  stop the emulator and start it again`;
  if (event.do === 'kill')
    return `${at}  kill up to ${event.most} of ${event.victim}${event.atReceipt ? ' at their receipt' : ''}`;
  const share = event.share === 1 ? 'every call' : `${Math.round(event.share * 100)} % of calls`;
  return `${at}  ${event.kind}: ${share}, for ${(event.forMs / 1000).toFixed(1)} s`;
}
