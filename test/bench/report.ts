import type { Adder } from './adders.ts';
import type { Counted } from './count.ts';
import { allIn, type Figures, type Verdict } from './verdict.ts';
import type { WiringName } from './wiring.ts';
import { workflowLines } from './workflows/report.ts';

export interface Run extends Figures {
  /** Of the simulation, on one core. */
  historiesPerMinute: number;
  adders: Adder[];
  /** Jobs a minute of every window, in the order they were watched. */
  windows: Record<WiringName, number[]>;
  conditions: Record<string, string | number>;
}

const names = ['taskq', 'naive', 'powertools'] as const;

/** The tables as text. */
export function render(run: Run, verdicts: readonly Verdict[], judgesTimes: boolean): string {
  return [
    `\nRequests a bulk job (25 a request, standing backlog)`,
    ...columns(run, requestRows(run.counted)),
    `\nUSD a million bulk jobs, list prices of us-east-1`,
    ...columns(run, priceRows(run.counted)),
    `\nJobs a minute, from batch enqueue to completed: best window of ${run.windows.taskq.length}`,
    ...columns(run, [['jobs a minute', (name) => run.jobsPerMinute[name], 0]]),
    ...names.map((name) => `  windows of ${name.padEnd(11)} ${run.windows[name].map(Math.round).join(', ')}`),
    `\nWhat adds to the ${run.counted.taskq.writeUnits.toFixed(0)} write units of a job`,
    ...run.adders.map(adderLine),
    ...workflowLines(run.workflows),
    `\nThe simulation runs ${Math.round(run.historiesPerMinute)} histories a minute on one core`,
    '\nTargets',
    ...verdicts.map((each) => verdictLine(each, judgesTimes)),
    '\nHow it was counted',
    ...notes.map((each) => `  - ${each}`),
    `\n${Object.entries(run.conditions)
      .map(([name, value]) => `${name} ${value}`)
      .join(' · ')}`,
    '',
  ].join('\n');
}

type Row = [label: string, of: (name: WiringName) => number, digits: number];

function requestRows(counted: Record<WiringName, Counted>): Row[] {
  const kinds = [...new Set(names.flatMap((name) => Object.keys(counted[name].calls)))].sort();
  return [
    ['API Gateway', (name) => counted[name].perJob.apiRequests, 2],
    ...kinds.map((kind): Row => [kind, (name) => counted[name].calls[kind] ?? 0, 3]),
    ['receive and delete by the mapping', (name) => counted[name].perJob.invocations.work * 2, 2],
    ["its own (the functions' SDK calls)", (name) => counted[name].requests, 3],
    ['in all', (name) => counted[name].requestsInAll, 3],
    ['Lambda invocations', (name) => invocations(counted[name]), 2],
    ['write units', (name) => counted[name].writeUnits, 2],
    ['bytes of the record', (name) => counted[name].leavings.itemBytes, 0],
  ];
}

function invocations({ perJob }: Counted): number {
  return perJob.invocations.enqueue + perJob.invocations.work;
}

function priceRows(counted: Record<WiringName, Counted>): Row[] {
  const parts = ['apiGateway', 'lambda', 'sqs', 'kms', 'dynamo'] as const;
  const later = Object.keys(counted.taskq.priceOfLeavings);
  return [
    ...parts.map((part): Row => [part, (name) => counted[name].price[part], 2]),
    ['calls, units, modelled time', (name) => counted[name].price.total, 2],
    ...later.map((part): Row => [part, (name) => counted[name].priceOfLeavings[part] ?? 0, 2]),
    ['with storage, logs, traces, keys', (name) => allIn(counted[name]), 2],
  ];
}

function columns(_: Run, rows: readonly Row[]): string[] {
  const head = ['', ...names, 'of naive', 'of powertools'];
  const body = rows.map(([label, of, digits]) => [
    label,
    ...names.map((name) => of(name).toFixed(digits)),
    ratio(of('taskq'), of('naive')),
    ratio(of('taskq'), of('powertools')),
  ]);
  return [head, ...body].map(
    ([label = '', ...cells]) => `  ${label.padEnd(36)}${cells.map((cell) => cell.padStart(14)).join('')}`,
  );
}

function ratio(part: number, whole: number): string {
  return whole === 0 ? '' : `×${(part / whole).toFixed(2)}`;
}

function adderLine({ name, expected, measured, ok }: Adder): string {
  const found = measured === undefined ? 'not built yet' : `measured +${measured}`;
  return `  ${name.padEnd(56)} ${expected.padStart(8)}  ${found}${ok ? '' : '  NOT AS EXPECTED'}`;
}

function verdictLine({ target, reached, ok, isTime }: Verdict, judgesTimes: boolean): string {
  const word = ok ? 'pass' : 'FAIL';
  const aside = isTime && !judgesTimes ? '  (a time: not judged here)' : '';
  return `  ${word}  ${target.padEnd(62)} ${reached.padStart(9)}${aside}`;
}

const notes = [
  "Calls are counted in the SDK of every handler, of all three wirings, by TaskQ's own counter.",
  'Write units: one for each write that was sent. The emulator bills a PartiQL statement flat and leaves out the ' +
    'index, so 200 stored records were read back and measured after the rules of DynamoDB: all within 1 KB, none ' +
    'in the index, else the bench stops. Sealed values and other items are billed by the emulator per started KB.',
  'Lambda time is modelled: 2 ms and 5 ms for each AWS call that waits for another, 512 MB, arm64. The mapping is ' +
    'modelled as one receive and one delete a batch; empty receives are left out.',
  'SQS is priced with the surcharge of fair queues for TaskQ, on every request: an upper bound.',
  'Storage is 30 days with point-in-time recovery; logs are what was logged; traces 1 in 100; tenant keys as for ' +
    '200 containers and 1,000 tenants.',
  'Speed is for comparing columns of one run, never a promise for AWS: emulator, handlers and feeder share the cores.',
];
