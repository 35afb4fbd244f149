import { delaySecondsUntil, fitsDelay, waitForReleaseChange } from '../../core/attention.ts';
import type { Change, ChangeResult, JobStore } from '../../core/change.ts';
import {
  type ClaimDecision,
  claimChange,
  type Holder,
  judgeClaim,
  takeOverChange,
} from '../../core/claim.ts';
import { type Death, describeDeath } from '../../core/death.ts';
import { laneOf } from '../../core/lane.ts';
import { cancelLostChange, failLostChange } from '../../core/lost.ts';
import { tombstone } from '../../core/newjob.ts';
import { type JobRecord, jobKey, tenantOf } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import { countDeath, type FindDeath } from '../deaths.ts';
import type { Lanes } from '../lanes.ts';
import type { Look } from '../look.ts';
import {
  acknowledged,
  afterChange,
  afterFault,
  comesBack,
  type Fate,
  type Received,
  writeFor,
} from '../messages.ts';
import type { Vault } from '../vault.ts';
import { keepError } from './errors.ts';
import { inPassing } from './in-passing.ts';

export interface ClaimDeps {
  store: JobStore;
  lanes: Lanes;
  queue: string;
  vault: Vault;
  /** Looks after jobs that wait for others; loaded when the first of them comes. */
  look: Look;
  /** How the process that held a lost lease ended. */
  findDeath: FindDeath;
  now: () => number;
  /** Calls back after so many ms. */
  after: (ms: number, callback: () => void) => () => void;
  onError: (message: string, error: unknown) => void;
}

/** A job that this invocation holds, with the message it was claimed through and the spare messages folded into it. */
export interface Held {
  record: JobRecord;
  message: Received;
  folded: Received[];
}

export interface Claimed {
  held: Held[];
  fates: Map<Received, Fate>;
}

/** Nothing is hidden for longer. */
const longestHideSeconds = 60;

/**
 * One batch over the received messages, folded by job for the write; the record that a failed claim shows
 * is read for each message by itself (`core/claim.ts`).
 */
export function claim(deps: ClaimDeps) {
  const { store, lanes, queue, vault, findDeath, now, after, onError } = deps;
  return async (received: readonly Received[], holder: Holder, counts: Counts): Promise<Claimed> => {
    const jobs = foldByJob(received);
    const at = now();
    const results = await store.change(
      jobs.map(({ message }) =>
        claimChange(jobKey(message.pointer.tenant, message.pointer.jobId), message, holder, jobs.length, at),
      ),
    );
    const claimed: Claimed = { held: [], fates: new Map() };
    const unclaimed: { message: Received; decision: ClaimDecision }[] = [];
    for (const [index, { message, folded }] of jobs.entries()) {
      const result = results[index] as ChangeResult;
      if (result.applied) claimed.held.push({ record: result.record, message, folded });
      else if ('retry' in result)
        for (const each of [message, ...folded]) claimed.fates.set(each, afterFault(each));
      else {
        const decision = judgeClaim(result.found, message, holder.owner, now());
        // This invocation's own claim is one claim, however many messages were folded into it.
        if (decision.do === 'go_on') claimed.held.push({ record: decision.record, message, folded });
        else
          for (const each of [message, ...folded])
            unclaimed.push({ message: each, decision: judgeClaim(result.found, each, holder.owner, now()) });
      }
    }
    // What goes wrong for one message must not keep the jobs that were claimed from running.
    const followUps = unclaimed.map(({ message, decision }) =>
      carryOut(message, decision, claimed, holder, counts).catch((error: unknown) => {
        onError('a message could not be dealt with: it comes back', error);
        claimed.fates.set(message, afterFault(message));
      }),
    );
    const waiting = unclaimed.flatMap(({ message, decision }) =>
      decision.do === 'look' ? [{ message, found: decision.found }] : [],
    );
    if (waiting.length > 0)
      followUps.push(
        lookAfter(waiting, claimed).catch((error: unknown) => {
          onError('jobs that wait for others could not be looked after: their messages come back', error);
          for (const { message } of waiting) claimed.fates.set(message, afterFault(message));
        }),
      );
    await Promise.all(followUps);
    return claimed;
  };

  async function carryOut(
    message: Received,
    decision: ClaimDecision,
    claimed: Claimed,
    holder: Holder,
    counts: Counts,
  ): Promise<void> {
    const fate = (each: Fate) => void claimed.fates.set(message, each);
    switch (decision.do) {
      case 'hide':
        return fate(comesBack(decision.seconds));
      case 'drop':
        return fate(acknowledged);
      case 'go_on':
        // Taken up above with all its messages, while enough of the lease was left.
        return fate(afterChange);
      case 'bury_void': {
        const [laid] = await store.insert([
          tombstone(jobKey(message.pointer.tenant, message.pointer.jobId), now()),
        ]);
        counts.tombstones = (counts.tombstones ?? 0) + (laid?.inserted ? 1 : 0);
        if (laid === undefined || 'retry' in laid) return fate(afterFault(message));
        return fate(laid.inserted || laid.found.status === 'void' ? acknowledged : afterChange);
      }
      case 'take_over': {
        const { found } = decision;
        const death = await findDeath(found);
        const taken = await writeFor(store, message, takeOverChange(found, message, holder, death, now()));
        if (taken.record === undefined) return fate(taken.fate);
        await mourn(found, death, counts);
        return void claimed.held.push({ record: taken.record, message, folded: [] });
      }
      case 'quarantine':
        return fate((await send(message, 'quarantine', 0)) ? acknowledged : afterFault(message));
      case 'look':
        // All of them together: they may wait for the same job.
        return;
      case 'settle_cancelled':
        return fate(await written(message, cancelLostChange(decision.found, now())));
      case 'settle_failed': {
        const { found, cause } = decision;
        const why = cause === 'lease_lost' ? await findDeath(found) : cause;
        const settled = await written(message, failLostChange(found, why, now()));
        if (settled.acknowledged) counts.failed = (counts.failed ?? 0) + 1;
        if (settled.acknowledged && why !== 'attempts_exhausted') await mourn(found, why, counts);
        return fate(settled);
      }
      case 'send_again': {
        const { record } = decision;
        if (!fitsDelay(record.availableAt, now()))
          return fate(await written(message, waitForReleaseChange(record)));
        const sent = await send(
          message,
          laneOf(record.priority),
          delaySecondsUntil(record.availableAt, now()),
        );
        return fate(sent ? acknowledged : afterFault(message));
      }
    }
  }

  /** Where a job is ready, or to be looked at once more, its message is the pointer for it. */
  async function lookAfter(
    waiting: readonly { message: Received; found: JobRecord }[],
    claimed: Claimed,
  ): Promise<void> {
    const { sends, noted, unfinished } = await deps.look(waiting.map(({ found }) => found));
    // What was claimed with them is held here, and its settle is to know.
    for (const { record } of claimed.held) {
      const { watchers } = noted.find(({ pk, sk }) => pk === record.pk && sk === record.sk) ?? {};
      if (watchers !== undefined) record.watchers = watchers;
    }
    const others = new Map(sends.map((each) => [`${each.pointer.tenant}/${each.pointer.jobId}`, each]));
    for (const { message, found } of waiting) {
      const name = `${tenantOf(found)}/${found.sk}`;
      const own = others.get(name);
      const isSoon = own !== undefined && own.delaySeconds <= longestHideSeconds;
      if (isSoon) others.delete(name);
      const seconds = isSoon ? Math.max(own.delaySeconds, 1) : undefined;
      claimed.fates.set(message, seconds === undefined ? acknowledged : comesBack(seconds));
    }
    const sent = await lanes.deliver([...others.values()]);
    if (!unfinished && !sent.includes(false)) return;
    for (const { message } of waiting) claimed.fates.set(message, afterFault(message));
  }

  /** Counts a death, and keeps what is known of it where the job's other errors are. */
  async function mourn(found: JobRecord, death: Death, counts: Counts): Promise<void> {
    countDeath(counts, death);
    const said = { ...death, code: death.cause, message: describeDeath(found, death) };
    await inPassing(keepError(vault, found, said, now()), after, (error) =>
      onError('how a process died could not be kept', error),
    );
  }

  /** The message goes once the write stands. */
  async function written(message: Received, change: Change): Promise<Fate> {
    const left = await writeFor(store, message, change);
    return left.record === undefined ? left.fate : acknowledged;
  }

  async function send(
    message: Received,
    lane: 'quarantine' | ReturnType<typeof laneOf>,
    delaySeconds: number,
  ): Promise<boolean> {
    const [sent] = await lanes.deliver([{ queue, lane, pointer: message.pointer, delaySeconds }]);
    return sent === true;
  }
}

/** A batch may name a key once: two pointers to one job are claimed through the first. */
function foldByJob(received: readonly Received[]): { message: Received; folded: Received[] }[] {
  const jobs = new Map<string, { message: Received; folded: Received[] }>();
  for (const message of received) {
    const key = `${message.pointer.tenant}/${message.pointer.jobId}`;
    const job = jobs.get(key);
    if (job === undefined) jobs.set(key, { message, folded: [] });
    else job.folded.push(message);
  }
  return [...jobs.values()];
}
