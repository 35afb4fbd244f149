/** Checks of what is in the jobs: payloads, results and errors, as they were read back. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod/mini';
import type { csvReport } from '../../jobs/csv.report/contract.ts';
import type { CsvSummary } from '../../jobs/csv.summarize/contract.ts';
import { type Check, idsOf, jobsOf, number, some, sum } from './check.ts';
import { brokenLine, largeBytes } from './plan.ts';
import type { Seen } from './readback.ts';

export function brokenCsv(seen: Seen): Check {
  const told = jobsOf(seen, 'malformed').flatMap((job) => seen.errors.get(job.id) ?? []);
  const named = told.length === 1 && told[0]?.message.includes(`line ${brokenLine} `);
  return {
    says: `the malformed CSV was told where: "${told.map(({ message }) => message).join('", "')}"`,
    wrong: named ? [] : [`one error must name line ${brokenLine}, where the file was broken`],
  };
}

export function payloads(seen: Seen): Check {
  const large = seen.jobs.filter((job) => job.tags.includes('large'));
  const sizes = large.map((job) => jsonOf(seen.payloads.get(job.id)).length).sort((a, b) => a - b);
  const wanted = new Map(seen.sent.map(({ id, request }) => [id, hashOf(request.payload)]));
  const others = large.filter((job) => hashOf(seen.payloads.get(job.id)) !== wanted.get(job.id));
  return {
    says: `payloads of ${sizes.map(number).join(', ')} bytes came back unchanged, by their hashes`,
    wrong: [
      ...some('whose payload is not what was sent', idsOf(others)),
      ...(sizes.some((size) => size > largeBytes && size < 2 * largeBytes)
        ? []
        : ['none is a little over 32 KiB']),
      ...(sizes.some((size) => size > 1_000_000) ? [] : ['none is of 1 MB']),
    ],
  };
}

export function echoes(seen: Seen): Check {
  const read = jobsOf(seen, 'row').filter((job) => seen.payloads.has(job.id));
  const others = read.filter(
    (job) => !isDeepStrictEqual(seen.payloads.get(job.id), seen.results.get(job.id)),
  );
  return {
    says: `${read.length} echoes, one of each priority, answered with exactly their payload`,
    wrong: [
      ...some('whose result is not its payload', idsOf(others)),
      ...(read.length === 10 ? [] : [`10 must be read back; ${read.length} were`]),
    ],
  };
}

export function parts(seen: Seen): Check {
  const found = jobsOf(seen, 'part').map((job) => summary(seen, job.id)?.rows ?? 0);
  const whole = seen.sent.find((each) => each.file === 'zipcodes.csv');
  const wanted = summary(seen, whole?.id)?.rows;
  return {
    says: `the ${found.length} parts of zipcodes.csv have ${number(sum(found))} rows together, as many as the file`,
    wrong: wanted === sum(found) ? [] : [`the summary of the whole file says ${wanted ?? 'nothing'}`],
  };
}

export function report(seen: Seen): Check {
  const files = jobsOf(seen, 'file').map((job) => summary(seen, job.id)?.rows ?? 0);
  const told = jobsOf(seen, 'report').map((job) => seen.results.get(job.id) as Report | undefined)[0];
  const same = told?.files === files.length && told.rows === sum(files);
  const found = told === undefined ? 'there is no report' : `it says ${told.files} files, ${told.rows} rows`;
  return {
    says: `the report is about all ${files.length} files and their ${number(sum(files))} rows`,
    wrong: same ? [] : [found],
  };
}

type Report = z.infer<typeof csvReport.result>;

function summary({ results }: Seen, id = ''): CsvSummary | undefined {
  return results.get(id) as CsvSummary | undefined;
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value) ?? '');
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(jsonOf(value)).digest('hex');
}
