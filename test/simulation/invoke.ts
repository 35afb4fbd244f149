import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { QueueTimes } from '../../core/lane.ts';
import { operationsQueue } from '../../core/operations.ts';
import { decodePointer } from '../../core/pointer.ts';
import { timesOf } from './catalogue.ts';
import { buryAll, type Program, workOn } from './functions.ts';
import type { LaneName, SimulatedLanes } from './lanes.ts';
import { operateOn } from './operations.ts';
import type { Plant } from './plants.ts';
import type { Process } from './process.ts';
import { type makeStarts, short } from './starts.ts';
import type { watchPromises } from './watch.ts';

const buryTimeoutMs = 45_000;

interface Parts {
  now: () => number;
  lanes: SimulatedLanes;
  plant: Plant | undefined;
  starts: ReturnType<typeof makeStarts>;
  watch: ReturnType<typeof watchPromises>;
  /** Jobs that a live invocation has in hand: their messages were received. */
  inHand: Map<Process, readonly string[]>;
  begin: (kind: string) => Program;
  within: <T>(process: Process, step: Promise<T>, timeoutMs: number) => Promise<T | 'killed'>;
  say: (line: () => string) => void;
}

/** Lambda's mapping: receives, invokes, deletes what the answer leaves out; what died comes back by itself. */
export function makeInvoke({ now, lanes, plant, starts, watch, inHand, begin, within, say }: Parts) {
  async function invoke(lane: LaneName): Promise<void> {
    const [queue = '', kind = ''] = lane.split('-');
    const times = timesOf[queue] as QueueTimes;
    const visibilityMs = kind === 'dead' ? buryTimeoutMs + 30_000 : times.visibilitySeconds * 1000;
    const single = kind === 'quarantine' || times.long || (queue === operationsQueue.name && kind !== 'dead');
    const received = lanes.receive(lane, single ? 1 : 10, visibilityMs);
    if (received.length === 0) return;
    const program = begin(kind === 'dead' ? `bury ${queue}` : `work ${lane}`);
    const { process } = program;
    say(() => `${process.name} receives ${named(received)}`);
    if (process.strikes('unstarted')) return watch.trouble(received.map(jobOf));
    const records = plant?.received?.(received) ?? received;
    for (const each of records) process.receipts.set(each.receiptHandle, jobOf(each));
    inHand.set(process, records.map(jobOf));
    const timeoutMs = kind === 'dead' ? buryTimeoutMs : times.functionTimeoutSeconds * 1000;
    const deadline = now() + timeoutMs;
    const step = stepOf(program, queue, kind, records, () => deadline - now());
    const answer = await within(process, step, timeoutMs);
    inHand.delete(process);
    for (const jobId of records.map(jobOf)) watch.stir(jobId);
    if (answer !== 'killed') acknowledge(lane, process, received, answer);
  }

  /** What the function behind a queue does with what it is given. */
  function stepOf(
    program: Program,
    queue: string,
    kind: string,
    records: readonly SQSRecord[],
    remainingMs: () => number,
  ): Promise<SQSBatchResponse> {
    const { process, ports } = program;
    if (kind === 'dead') return buryAll(process, ports, records);
    if (queue === operationsQueue.name)
      return operateOn(program, records, (...of) => starts.carryOut(process, ...of), remainingMs);
    return workOn(
      program,
      queue,
      records,
      (payload, job) => starts.handle(process, payload, job),
      remainingMs,
    );
  }

  function acknowledge(
    lane: LaneName,
    process: Process,
    received: readonly SQSRecord[],
    answer: SQSBatchResponse,
  ): void {
    const stay = new Set(answer.batchItemFailures.map((each) => each.itemIdentifier));
    const done = received.filter((each) => !stay.has(each.messageId));
    say(() => `${process.name} is done with ${named(done)}`);
    for (const each of done)
      if (!process.strikes('undeleted')) lanes.remove(lane, each.receiptHandle, jobOf(each));
  }

  return invoke;
}

const jobOf = ({ body }: SQSRecord): string => decodePointer(body)?.jobId ?? '';

/** Messages with the end of their job's id, for the history. */
function named(records: readonly SQSRecord[]): string {
  return records.map((each) => `${each.messageId}:${short(jobOf(each))}`).join(' ') || 'nothing';
}
