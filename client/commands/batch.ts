import { randomUUID } from 'node:crypto';
import { type BatchResponse, type EnqueueRequest, maxBatchBytes, maxBatchJobs } from '../../core/api.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { readLines } from '../input.ts';
import { print, printable, printJson, refusedTable } from '../render.ts';
import type { Session } from '../session.ts';
import { named, watch } from './watch.ts';

/** A file may have a million lines; a person reads a few. */
const shownIds = 10;

/** The one refusal of a job in a batch that the same job again may not meet. */
const notNow = 'unavailable';

interface Line {
  line: number;
  job: EnqueueRequest;
}

type Answer = { line: number; result: BatchResponse['results'][number] };

/**
 * Enqueues every line of a file, in requests as large as the API takes, under one key: whoever is interrupted, or loses
 * one of many requests, goes on under it and has no job twice. Where that is of use, it is told on standard error.
 * @param key default: a fresh one for this run
 */
export async function enqueueFile(
  session: Session,
  path: string,
  defaults: Omit<EnqueueRequest, 'type' | 'payload'>,
  key = randomUUID() as string,
  wait = false,
): Promise<void> {
  const lines = (await readLines(path)).map(({ line, value }) => ({
    line,
    job: withDefaults(value, defaults),
  }));
  if (lines.length === 0) throw new UsageError(`${path} holds no job: a line is {"type": …, "payload": …}`);
  const answers: Answer[] = [];
  const idsOf = () => answers.flatMap(({ result }) => ('id' in result ? [result.id] : []));
  const tell = () => tellHowToGoOn(session, idsOf().length, lines.length, key);
  const interrupted = () => {
    tell();
    process.exit(exitCodes.failed);
  };
  process.once('SIGINT', interrupted);
  try {
    for (const [index, chunk] of chunksOf(lines).entries()) {
      const response = await session.client.enqueueBatch(
        chunk.map(({ job }) => job),
        { idempotencyKey: index === 0 ? key : `${key}/${index + 1}` },
      );
      if (session.json && !wait) printJson(response);
      answers.push(...response.results.map((result, at) => ({ line: chunk[at]?.line ?? 0, result })));
    }
  } catch (error) {
    tell();
    throw error;
  } finally {
    process.off('SIGINT', interrupted);
  }
  const ids = idsOf();
  const refused = answers.filter(({ result }) => 'error' in result);
  if (!session.json) {
    print(`enqueued ${ids.length} of ${lines.length} jobs`);
    for (const id of ids.slice(0, shownIds)) print(`  ${id}`);
    if (ids.length > shownIds) print(`  and ${ids.length - shownIds} more: --json says them all`);
    if (refused.length > 0) print(refusedTable(refused));
  }
  if (refused.some(({ result }) => 'code' in result && result.code === notNow)) tell();
  if (wait && ids.length > 0) await watch(session, named(session, ids));
  if (refused.length > 0) process.exitCode = exitCodes.refused;
}

function tellHowToGoOn({ json }: Session, enqueued: number, of: number, key: string): void {
  const text = json
    ? JSON.stringify({ enqueued, of, key })
    : `${enqueued} of ${of} jobs are known to be enqueued. To go on, and have none twice: the same command within 24 hours, with --key ${key}`;
  process.stderr.write(`${printable(text)}\n`);
}

/** What the line says itself goes first; what is no object is the API's to refuse, by line. */
function withDefaults(value: unknown, defaults: object): EnqueueRequest {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return (isObject ? { ...defaults, ...value } : value) as EnqueueRequest;
}

/** In order, each chunk within the API's limits of a request. */
function chunksOf(lines: Line[]): Line[][] {
  const chunks: Line[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const own = Buffer.byteLength(JSON.stringify(line.job)) + 1;
    const last = chunks.at(-1);
    if (last === undefined || last.length === maxBatchJobs || bytes + own > maxBatchBytes) {
      chunks.push([line]);
      bytes = '{"jobs":[]}'.length + own;
    } else {
      last.push(line);
      bytes += own;
    }
  }
  return chunks;
}
