import type { Job } from '../../core/api.ts';
import { laneOf } from '../../core/lane.ts';
import { csvFiles } from '../../local/demo/files.ts';
import { type Planned, planOf, reportPlan } from '../../local/demo/plan.ts';
import type { Seen } from '../../local/demo/readback.ts';
import type { Sent } from '../../local/demo/send.ts';
import type { Received } from '../../local/demo/sink.ts';
import { aFailedJob, aJob } from '../client/a-job.ts';

const plan = planOf({
  run: 'demo-0',
  files: csvFiles(),
  sinkUrl: 'http://127.0.0.1:4000',
  secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
});

const times = {
  created_at: '2026-11-22T03:00:00.000Z',
  started_at: '2026-11-22T03:00:05.000Z',
  finished_at: '2026-11-22T03:00:06.000Z',
};

/** The end of a demo in which all went as it must. A fresh one for each test, to break. */
export function aPerfectRun() {
  const planned = [...plan.singles, ...plan.bulk, plan.twice, reportPlan('demo-0', [])];
  const sent: Sent[] = planned.map((each, index) => ({ ...each, id: `job-${index}` }));
  const twice = idOf(sent, 'twice');
  const echoes = sent.filter((each) => each.case === 'row').slice(0, 10);
  const read = [...sent.filter(({ request }) => request.tags?.includes('large')), ...echoes];
  return {
    sent,
    jobs: sent.map(jobOf),
    answers: [twice, twice],
    deliveries: new Map(sent.flatMap(receivedOf)),
    errors: new Map(sent.flatMap(errorsOf)),
    payloads: new Map(read.map(({ id, request }) => [id, structuredClone(request.payload)])),
    results: new Map(sent.map((each) => [each.id, resultOf(each)])),
  } satisfies Seen;
}

/** The first job of a case. */
export function idOf(sent: Sent[], name: Planned['case']): string {
  return sent.find((each) => each.case === name)!.id;
}

function jobOf({ id, case: name, request: { type, priority = 4, tags = [] } }: Sent): Job {
  const fields = { ...times, id, type, priority, lane: laneOf(priority), tags };
  const failed = (code: string) =>
    aFailedJob({
      ...fields,
      attempt: 1,
      last_error: { code, cause: 'permanent_error', attempt: 1, at: times.finished_at },
    });
  if (name === 'malformed') return failed('validation');
  if (name === 'hook-refused') return failed('rejected');
  return aJob({ ...fields, status: 'completed', attempt: name === 'hook-busy' ? 2 : 1 });
}

function receivedOf({ id, case: name }: Sent): [string, Received][] {
  const answers = { hook: [200], 'hook-busy': [503, 200], 'hook-refused': [400] } as Record<string, number[]>;
  return answers[name] === undefined ? [] : [[id, { order: 0, answers: answers[name], unverified: 0 }]];
}

function errorsOf({
  id,
  case: name,
}: Sent): [
  string,
  { code: string; cause: string; message: string; attempt: number; run: number; at: string }[],
][] {
  if (name !== 'malformed') return [];
  const message = 'cannot read the CSV: line 100 has 1 field; the header has 3';
  return [
    [
      id,
      [{ code: 'validation', cause: 'permanent_error', message, attempt: 1, run: 1, at: times.finished_at }],
    ],
  ];
}

/** Of CSV jobs as much as the checks read: 84 parts of 500 rows and one of 49, 42,049 in all; other files have none. */
function resultOf({ case: name, file, request, id }: Sent): unknown {
  if (name === 'row') return structuredClone(request.payload);
  if (name === 'file') return { rows: file === 'zipcodes.csv' ? 42_049 : 0 };
  if (name === 'part') return { rows: id === lastPart ? 49 : 500 };
  return name === 'report' ? { files: 24, rows: 42_049 } : {};
}

const lastPart = `job-${plan.singles.length + plan.bulk.findLastIndex((each) => each.case === 'part')}`;
