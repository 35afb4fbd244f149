import { oneOf, type Random } from './random.ts';

/** What may go wrong, with the highest chance a history gives it, each time it could. */
const highest = {
  /** A process dies before or after a call. */
  crash: 0.08,
  /** A call never arrives, and its caller hears so. */
  refused: 0.05,
  /** A call is carried out, and its caller hears that it failed. */
  answerLost: 0.05,
  /** The answer was lost and the SDK sends the same call again by itself. */
  sentTwice: 0.08,
  /** The caller gave the call up, and it is carried out up to two minutes later. */
  late: 0.04,
  /** An earlier send of a call that the SDK repeated arrives after all, up to a minute later. */
  echo: 0.03,
  /** A call takes seconds. */
  slow: 0.05,
  /** A process reaches nothing for up to a minute. */
  cut: 0.02,
  /** A row of a batch is throttled. */
  throttled: 0.1,
  /** An entry of SendMessageBatch fails. */
  unsent: 0.08,
  /** SQS takes a message and loses it. */
  lost: 0.05,
  /** SQS takes a message and has it twice. */
  duplicated: 0.8,
  /** A message that is held is seen again. */
  seenTwice: 0.25,
  /** Lambda's mapping does not get a message deleted. */
  undeleted: 0.05,
  /** Lambda throttles the invocation: its messages come back with their visibility. */
  unstarted: 0.1,
  /** The attention index shows what was there some seconds ago. */
  stale: 0.3,
  /** KMS refuses: nothing can be sealed, or opened. */
  sealing: 0.03,
  opening: 0.03,
  /** S3 and the sealed items fail. */
  storing: 0.05,
  /** The clock of a process jumps. */
  stepped: 0.02,
} as const;

/** Only where there are workflows, and as often as their plans say. */
const ofWorkflows = {
  /** An execution of Step Functions is gone. */
  vanished: 0,
  /** Step Functions invokes the function twice. */
  invokedTwice: 0,
  /** A call of the thread that renews a lease is refused. */
  unrenewed: 0,
};

export type FaultKind = keyof typeof highest | keyof typeof ofWorkflows;
export type Chances = Record<FaultKind, number>;

/** Some of the kinds, each with a chance of its own; some of these more often than other histories have them. */
export function drawChances(random: Random): Chances {
  const kinds = Object.entries(highest) as [FaultKind, number][];
  const share = oneOf(random, [0.2, 0.5, 0.8]);
  const favourites = new Set(
    Array.from({ length: oneOf(random, [0, 1, 2, 4]) }, () => oneOf(random, kinds)[0]),
  );
  const drawn = Object.fromEntries(
    kinds.map(([kind, most]) => {
      const chance = random() < share ? most * random() : 0;
      return [kind, favourites.has(kind) ? Math.max(chance, Math.min(most * 4, 0.5)) : chance];
    }),
  ) as Record<keyof typeof highest, number>;
  return { ...drawn, ...ofWorkflows };
}

const quiet = {
  ...Object.fromEntries(Object.keys(highest).map((kind) => [kind, 0])),
  ...ofWorkflows,
} as Chances;

/** Processes that are cut off while spare pointers come in: what leases are for. */
export function drawLeaseFaults(random: Random): Chances {
  return {
    ...quiet,
    echo: 0.1 * random(),
    cut: 0.06,
    slow: 0.3,
    duplicated: 0.95,
    seenTwice: 0.1,
    refused: 0.05 * random(),
    throttled: 0.05 * random(),
  };
}

/** Claims whose answers are lost while every job has several pointers: what the table of failed claims is for. */
export function drawClaimFaults(random: Random): Chances {
  return {
    ...quiet,
    answerLost: 0.2 * random(),
    late: 0.2 * random(),
    sentTwice: 0.1,
    duplicated: 0.8,
    seenTwice: 0.2 * random(),
  };
}

export interface Fates {
  /** Does this fault happen here, to the `count`th doing of `who`. */
  strikes: (kind: FaultKind, random: Random, who: string, count: number) => boolean;
  /** The faults that happened, in order. */
  struck: () => readonly string[];
}

/**
 * @param calm is the time of faults over
 * @param spared faults that are left out: what a shrunk history can do without
 */
export function makeFates(
  chances: Chances,
  spared: ReadonlySet<string>,
  calm: () => boolean,
  say: (line: () => string) => void,
): Fates {
  const struck: string[] = [];
  return {
    strikes(kind, random, who, count) {
      // Drawn for a kind that never strikes too: a history without one fault is else the same.
      if (calm() || random() >= chances[kind]) return false;
      const name = `${kind}: ${who}, ${count}`;
      if (spared.has(name)) return false;
      struck.push(name);
      say(() => `! ${name}`);
      return true;
    },
    struck: () => struck,
  };
}
