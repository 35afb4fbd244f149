/**
 * Far delays on an emulator, by command alone: many jobs due in one second, and some a half second apart.
 * Takes 17 minutes, since release hands a job over 15 minutes before its time.
 *
 *   npx node test/bench/delays.ts [jobs]
 */
import '../../local/need-node.mjs';
import { setTimeout as pause } from 'node:timers/promises';
import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { type Client, createClient } from '../../client/client.ts';
import type { EnqueueRequest, Job } from '../../core/api.ts';
import { ensureUp } from '../../local/up.ts';
import { type AwsClients, awsClients, stackResources } from './aws.ts';

const minuteMs = 60_000;
const together = Number(process.argv[2] ?? 2_000);
const apart = 120;
const apartMs = 500;
const perRequest = 500;

const { started: _, ...local } = await ensureUp({ write: (line) => console.log(line) });
const aws = awsClients(local);
const client = createClient({ ...local, tenant: 'delays' });
const tag = `delays-${Date.now()}`;
/** Enqueued first, so that release finds all of them at once. */
const at = Math.ceil(Date.now() / 1000) * 1000 + 16 * minuteMs;

await enqueueAll(Array.from({ length: together }, () => aJob(at, 4)));
await enqueueAll(Array.from({ length: apart }, (_each, index) => aJob(at + minuteMs + index * apartMs, 9)));
console.log(`${together} jobs due at ${new Date(at).toISOString()}, ${apart} more from a minute later on`);

while (Date.now() < at + 2 * minuteMs + 5_000) await pause(5_000);
const jobs = await untilCompleted(client);
show(
  `${together} in one second`,
  jobs.filter(({ priority }) => priority === 4),
  at,
);
show(
  `${apart}, ${apartMs} ms apart`,
  jobs.filter(({ priority }) => priority === 9),
);
await showRelease(aws);

function aJob(runAt: number, priority: number): EnqueueRequest {
  const run_at = new Date(runAt).toISOString();
  // The time it was meant for rides along: a job shows when it may run, and that is the end of its run later.
  return { type: 'echo', payload: { run_at }, run_at, priority, tags: [tag, run_at] };
}

async function enqueueAll(all: EnqueueRequest[]): Promise<void> {
  for (let start = 0; start < all.length; start += perRequest)
    await client.enqueueBatch(all.slice(start, start + perRequest));
}

async function untilCompleted({ list }: Client): Promise<Job[]> {
  for (;;) {
    const found: Job[] = [];
    for await (const page of list({ tag: [tag], limit: 200 })) found.push(...page.jobs);
    const open = found.filter(({ status }) => status !== 'completed').length;
    if (found.length === together + apart && open === 0) return found;
    console.log(`${found.length - open} of ${together + apart} completed`);
    await pause(10_000);
  }
}

/** How late each was claimed, as a histogram; early is never. */
function show(title: string, of: Job[], all?: number): void {
  const late = of
    .map(({ started_at = '', tags }) => Date.parse(started_at) - (all ?? Date.parse(tags[1] ?? '')))
    .sort((a, b) => a - b);
  const within = (ms: number) => late.filter((each) => each <= ms).length;
  const quantile = (part: number) => late[Math.min(Math.floor(late.length * part), late.length - 1)];
  console.log(`${title}: started_at - run_at, ms`);
  console.log(`  early ${late.filter((each) => each < 0).length}, of ${late.length}`);
  for (const ms of [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000])
    console.log(`  <= ${ms}: ${within(ms)}`);
  console.log(`  p50 ${quantile(0.5)}, p99 ${quantile(0.99)}, max ${late.at(-1)}`);
}

/** What release did for them, by its own log. */
async function showRelease({ logs, ...others }: AwsClients): Promise<void> {
  const resource = await stackResources({ logs, ...others }, 'taskq-queue');
  const logGroupName = resource('AWS::Logs::LogGroup', 'releaselog');
  const startTime = at - 16 * minuteMs;
  for await (const { events = [] } of paginateFilterLogEvents(
    { client: logs },
    { logGroupName, startTime },
  )) {
    for (const { message = '' } of events) {
      const line = message.includes('JobsReleased') ? JSON.parse(message) : undefined;
      if (line === undefined) continue;
      const perSecond = Math.round((line.JobsReleased * 1000) / line.ms);
      console.log(
        `release: ${line.JobsReleased} in ${line.ms} ms (${perSecond}/s), ${line.calls}, ${line.write_units} write units`,
      );
    }
  }
}
