import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { lanes as laneNames, queueTimes } from '../../core/lane.ts';
import { decodePointer } from '../../core/pointer.ts';
import type { JobRecord } from '../../core/table.ts';
import { bury } from '../../functions/bury/bury.ts';
import { enqueue } from '../../functions/enqueue/enqueue.ts';
import type { ApiRequest } from '../../functions/http.ts';
import { laneOfArn } from '../../functions/lanes.ts';
import { cancelJob, retryJob } from '../../functions/manage/change.ts';
import { release } from '../../functions/release/release.ts';
import { work } from '../../functions/work/work.ts';
import { catalogue, contract } from './catalogue.ts';
import { simulateDedupe } from './dedupe.ts';
import { type Behaviour, behave } from './handlers.ts';
import { type QueueName, simulateLanes, urlOf } from './lanes.ts';
import { keys, makePorts, type Plants } from './ports.ts';
import { type Faults, noFaults, type Process, startProcess } from './process.ts';
import { watchPromises } from './promises.ts';
import { between, oneOf, type Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { simulateTable } from './table.ts';

const times = queueTimes('default', catalogue.contracts);
const urls = { default: Object.fromEntries(laneNames.map((lane) => [lane, urlOf(lane)])) };

/** The whole pipeline in one process: tables, lanes and keys in memory, every call through a process that may die. */
export function makeWorld(scheduler: Scheduler, random: Random, plants: Plants, say: (line: string) => void) {
  let faults: Faults & { throttled: number; duplicates: number; sealing: number } = {
    ...noFaults,
    throttled: 0,
    duplicates: 0,
    sealing: 0,
  };
  const watch = watchPromises();
  const lanes = simulateLanes(scheduler.now, random, { duplicates: () => faults.duplicates });
  const table = simulateTable(
    (before, after, change, owner) => {
      say(
        `${after.sk.slice(-6)} ${before?.status ?? 'nothing'} → ${after.status} fence ${after.fence} attempt ${after.attempt}+${after.attemptsLeft}`,
      );
      watch.written(before, after, change, owner);
    },
    () => random() < faults.throttled,
  );
  const dedupe = simulateDedupe();
  const scripts = new Map<string, Behaviour[]>();
  /** Jobs that a live invocation has in hand: enqueued, claimed, or its message received. */
  const inHand = new Map<Process, Set<string>>();

  let ended = 0;

  const newProcess = (name: string): Process => {
    const process = startProcess(scheduler, random, () => faults, name, say);
    inHand.set(process, new Set());
    return process;
  };

  const leave = (process: Process): void => {
    inHand.delete(process);
    ended++;
  };

  const { storeOf, lanesOf, vaultOf, onceOf } = makePorts({
    table,
    lanes,
    plants,
    refusesToSeal: () => random() < faults.sealing,
  });

  const randomBytes = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, () => between(random, 0, 255));

  const requestOf = (route: ApiRequest['route'], id: string, body: unknown, key?: string): ApiRequest => ({
    route,
    tenant: 'default',
    base: '/v1',
    id,
    query: {},
    body: body === undefined ? '' : JSON.stringify(body),
    createdBy: 'simulation',
    requestId: 'r',
    ...(key === undefined ? {} : { idempotencyKey: key }),
  });

  /** A client's call; what it is told counts as promised. */
  async function enqueueJobs(
    bodies: { behaviours: Behaviour[]; body: Record<string, unknown> }[],
    key: string | undefined,
  ): Promise<'answered' | 'unknown'> {
    const process = newProcess('enqueue');
    const step = enqueue({
      catalogue,
      store: storeOf(process),
      lanes: lanesOf(process),
      vault: vaultOf(process),
      dedupe: dedupe.of(process),
      keys,
      now: process.now,
      randomBytes,
    });
    const jobs = bodies.map(({ body, behaviours }) => ({
      type: 'simulated',
      payload: { script: scriptOf(behaviours) },
      ...body,
    }));
    const ended = step(requestOf('enqueueBatch', '', { jobs }, key), {}).then(
      (answer) => {
        if ('problem' in answer) return 'unknown' as const;
        for (const each of (answer.body as { results: { id?: string }[] }).results)
          if (each.id !== undefined) watch.accept(each.id);
        return 'answered' as const;
      },
      () => 'unknown' as const,
    );
    return Promise.race([ended, scheduler.sleep(29_000).then(() => gone(process))]).finally(() =>
      inHand.delete(process),
    );
  }

  function scriptOf(behaviours: Behaviour[]): string {
    const name = `s${scripts.size}`;
    scripts.set(name, behaviours);
    return name;
  }

  function gone(process: Process): 'unknown' {
    process.alive = false;
    return 'unknown';
  }

  async function person(verb: 'retry' | 'cancel', record: JobRecord): Promise<void> {
    const process = newProcess(verb);
    const deps = {
      store: storeOf(process),
      lanes: lanesOf(process),
      vault: vaultOf(process),
      contractOf: () => contract,
      now: process.now,
      onError: () => {},
    };
    const step =
      verb === 'retry'
        ? retryJob(deps, requestOf('retryJob', record.sk, undefined))
        : cancelJob(deps, requestOf('cancelJob', record.sk, undefined));
    await Promise.race([step.catch(() => {}), scheduler.sleep(29_000).then(() => gone(process))]);
    leave(process);
  }

  /** Lambda's mapping: receives, invokes, deletes what the answer leaves out; what died comes back by itself. */
  async function invoke(queue: QueueName): Promise<void> {
    const dead = queue === 'dead';
    const visibilityMs = dead ? 75_000 : times.visibilitySeconds * 1000;
    const records = lanes.receive(queue, queue === 'quarantine' ? 1 : 10, visibilityMs);
    if (records.length === 0) return;
    const process = newProcess(dead ? 'bury' : `work ${queue}`);
    say(`${process.name} receives ${named(records)}`);
    for (const record of records) inHand.get(process)?.add(decodePointer(record.body)?.jobId ?? '');
    const timeoutMs = dead ? 45_000 : times.functionTimeoutSeconds * 1000;
    const deadline = scheduler.now() + timeoutMs;
    const step = dead
      ? buryStep(process)(records, {})
      : workStep(process)(records, () => deadline - scheduler.now(), {});
    const ended = await Promise.race([step, scheduler.sleep(timeoutMs).then(() => 'timeout' as const)]);
    const answered = process.alive && ended !== 'timeout';
    process.alive = false;
    leave(process);
    if (!answered) return;
    const stay = new Set((ended as SQSBatchResponse).batchItemFailures.map((each) => each.itemIdentifier));
    const gone = records.filter((each) => !stay.has(each.messageId));
    say(`${process.name} is done with ${named(gone)}`);
    lanes.remove(
      queue,
      gone.map((each) => each.receiptHandle),
    );
  }

  function buryStep(process: Process) {
    return bury({
      store: storeOf(process),
      lanes: lanesOf(process),
      now: process.now,
      urlOf: (arn) => laneOfArn(urls, arn),
      storeUnreadable: async () => {},
      onError: () => {},
      log: () => {},
    });
  }

  function workStep(process: Process) {
    return work({
      queue: 'default',
      store: storeOf(process),
      lanes: lanesOf(process),
      keys,
      vault: vaultOf(process),
      contractOf: () => contract,
      handlerOf: async () => async (payload: never, job) => {
        const record = table.all().find((each) => each.sk === job.id) as JobRecord;
        const behaviours = scripts.get((payload as { script: string }).script) ?? [];
        const behaviour = behaviours[Math.min(job.attempt, behaviours.length) - 1] ?? {
          does: 'return',
          afterMs: 0,
        };
        let ended = false;
        watch.started({
          jobId: job.id,
          fence: record.fence,
          owns: () => process.alive && !ended && !job.signal.aborted,
        });
        say(`${job.id.slice(-6)} starts to ${behaviour.does} in ${process.name}`);
        try {
          return await behave(behaviour, process, job, say, scheduler.now);
        } finally {
          ended = true;
        }
      },
      ...onceOf(process),
      readObject: async () => undefined,
      storeUnreadable: async () => {},
      settings: { allowPrivateAddresses: false },
      log: () => {},
      onError: () => {},
      after: process.after,
      leaseMs: times.leaseMs,
      longestTimeoutMs: times.longestTimeoutMs,
      codeVersion: 'c1',
      newOwner: () => {
        process.owner = Buffer.from(randomBytes(9)).toString('base64url');
        return process.owner;
      },
      urlOf: (arn) => laneOfArn(urls, arn),
      now: process.now,
      monotonic: scheduler.now,
      random,
      soon: (flush) => void process.after(3, flush),
    });
  }

  async function releaseOnce(): Promise<void> {
    const process = newProcess('release');
    const deadline = scheduler.now() + 55_000;
    const step = release({
      store: storeOf(process),
      lanes: lanesOf(process),
      depth: (_, lane) => process.call('depth', () => lanes.count(lane)),
      now: process.now,
      onError: () => {},
    });
    await Promise.race([
      step(() => deadline - scheduler.now(), {}).catch(() => {}),
      scheduler.sleep(55_000).then(() => gone(process)),
    ]);
    leave(process);
  }

  let checked = -1;
  function check(): void {
    throwFirst();
    // Nothing that a promise is about has changed since the last look.
    const changes = table.changes() + lanes.changes() + ended;
    if (changes === checked) return;
    checked = changes;
    const pointed = new Set(lanes.bodies().map((body) => decodePointer(body)?.jobId ?? ''));
    const records = new Map(table.all().map((each) => [each.sk, each]));
    watch.lookedAfter(records, pointed, (jobId) =>
      [...inHand].some(([process, jobs]) => process.alive && jobs.has(jobId)),
    );
    throwFirst();
  }

  function throwFirst(): void {
    const broken = watch.first();
    if (broken !== undefined) throw broken;
  }

  return {
    enqueueJobs,
    person,
    invoke,
    releaseOnce,
    check,
    setFaults: (next: typeof faults) => {
      faults = next;
    },
    waiting: (queue: QueueName) => lanes.count(queue),
    records: () => table.all(),
    atEnd: () => {
      watch.allFinal(new Map(table.all().map((each) => [each.sk, each])));
      throwFirst();
    },
    pick: <T>(choices: readonly T[]) => oneOf(random, choices),
  };
}

/** Messages with the end of their job's id, for the history. */
function named(records: readonly SQSRecord[]): string {
  return (
    records.map((each) => `${each.messageId}:${decodePointer(each.body)?.jobId.slice(-6)}`).join(' ') ||
    'nothing'
  );
}
