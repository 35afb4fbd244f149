import { describe, expect, it } from 'vitest';
import { draftOf } from '../../core/request.ts';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { csvFiles, summarizePayload } from '../../local/demo/files.ts';
import { type Planned, planOf, reportPlan } from '../../local/demo/plan.ts';
import { batchesOf } from '../../local/demo/send.ts';

const files = csvFiles();
const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
const plan = planOf({ run: 'demo-0', files, sinkUrl: 'http://127.0.0.1:4000', secret });
const all = [...plan.singles, ...plan.bulk, plan.twice];
const bytesOf = ({ request }: Planned) => Buffer.byteLength(JSON.stringify(request.payload));
const ofCase = (name: string) => all.filter((each) => each.case === name);

describe('the files', () => {
  it('are those of vega-datasets: 23 with commas, one with tabs', () => {
    expect(files.length).toBe(24);
    expect(files.filter((file) => file.delimiter === '\t').map((file) => file.name)).toEqual([
      'unemployment.tsv',
    ]);
    expect(files.find((file) => file.name === 'sp500.csv')?.text.slice(0, 11)).toBe('date,price\n');
  });

  it('to 64 KiB are payloads, larger ones objects of the data bucket', () => {
    const text = 'a'.repeat(65_536);
    expect(summarizePayload({ name: 'a.csv', text })).toEqual({ csv: text });
    expect(summarizePayload({ name: 'a.csv', text: `${text}b` })).toEqual({ key: 'demo/a.csv' });
    expect(summarizePayload({ name: 'b.tsv', text: 'x', delimiter: '\t' })).toEqual({
      csv: 'x',
      delimiter: '\t',
    });
  });
});

describe('the plan', () => {
  it('has over a thousand jobs, and some of every kind', () => {
    const counts = Map.groupBy(all, (each) => each.case);
    expect(Object.fromEntries([...counts].map(([name, { length }]) => [name, length]))).toEqual({
      file: 24,
      malformed: 1,
      megabyte: 1,
      row: 800,
      'hook-busy': 40,
      'hook-refused': 10,
      hook: 100,
      later: 20,
      part: 85,
      twice: 1,
    });
  });

  it('uses every priority a hundred times and more', () => {
    const counts = Map.groupBy(all, (each) => each.request.priority ?? -1);
    expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.min(...[...counts.values()].map(({ length }) => length))).toBeGreaterThanOrEqual(100);
  });

  it('holds nothing that the API would refuse', () => {
    const catalogue = { queues, contracts };
    const refused = [...all, reportPlan('demo-0', [])].filter(
      ({ request }) => !draftOf(request, catalogue, Date.parse('2026-11-22T03:00:00Z')).ok,
    );
    // A report needs at least one summary.
    expect(refused.map((each) => each.case)).toEqual(['report']);
  });

  it('marks every job with the run and its case, and large ones as such', () => {
    expect(ofCase('later')[0]?.request.tags).toEqual(['demo-0', 'later']);
    expect(all.filter((each) => each.request.tags?.includes('large')).map(bytesOf)).toEqual([
      49_691, 41_204, 1_048_551,
    ]);
    expect(all.filter((each) => bytesOf(each) > 32_768).length).toBe(3);
  });

  it('breaks one CSV in line 100 and nowhere else', () => {
    const { csv } = ofCase('malformed')[0]!.request.payload as { csv: string };
    const lines = csv.trimEnd().split('\n');
    expect(lines[99]).toBe('MSFT');
    expect(lines.filter((line) => line.split(',').length !== 3)).toEqual(['MSFT']);
  });

  it('splits zipcodes.csv into parts that together are the file', () => {
    const parts = ofCase('part').map((each) =>
      (each.request.payload as { csv: string }).csv.trimEnd().split('\n'),
    );
    expect(new Set(parts.map(([header]) => header)).size).toBe(1);
    expect(parts.reduce((total, part) => total + part.length - 1, 0)).toBe(42_049);
    expect(parts.at(-1)?.at(-1)).toBe(
      files
        .find((file) => file.name === 'zipcodes.csv')
        ?.text.trimEnd()
        .split('\n')
        .at(-1),
    );
  });

  it('delays by five seconds, and posts to the paths of the receiver', () => {
    expect(ofCase('later').every((each) => each.request.delay_seconds === 5)).toBe(true);
    expect(ofCase('hook-busy')[0]?.request.payload).toMatchObject({
      url: 'http://127.0.0.1:4000/busy',
      secret,
    });
  });
});

describe('batches', () => {
  const aJob = (payload: unknown): Planned => ({ case: 'row', request: { type: 'echo', payload } });

  it('hold at most 250 jobs, in order', () => {
    const jobs = Array.from({ length: 501 }, (_, index) => aJob(index));
    const batches = batchesOf(jobs);
    expect(batches.map((batch) => batch.length)).toEqual([250, 250, 1]);
    expect(batches.flat()).toEqual(jobs);
  });

  it('fit within 4 MiB', () => {
    const batches = batchesOf(Array.from({ length: 9 }, () => aJob('x'.repeat(1_000_000))));
    expect(batches.map((batch) => batch.length)).toEqual([4, 4, 1]);
    const body = JSON.stringify({ jobs: batches[0]?.map(({ request }) => request) });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4_194_304);
  });
});
