/** What must be true of the jobs at the end of a demo. Each check is a pure question to what was seen. */
import type { Job } from '../../core/api.ts';
import { type Check, described, idsOf, jobsOf, noneAtAll, number, some } from './check.ts';
import { brokenCsv, echoes, parts, payloads, report } from './content.ts';
import { busyReceivers, deliveries, signatures } from './deliveries.ts';
import { type CaseName, cases, delaySeconds, type Ending } from './plan.ts';
import type { Seen } from './readback.ts';

/** Every check, in the order of a job's life. */
export function checksOf(seen: Seen): Check[] {
  return [
    accepted(seen),
    repeatedKey(seen),
    priorities(seen),
    delays(seen),
    ends(seen),
    causes(seen),
    brokenCsv(seen),
    payloads(seen),
    echoes(seen),
    parts(seen),
    report(seen),
    signatures(seen),
    deliveries(seen),
    busyReceivers(seen),
  ];
}

function accepted({ jobs, sent }: Seen): Check {
  const listed = new Set(idsOf(jobs));
  const taken = new Set(sent.map(({ id }) => id));
  return {
    says: `${number(jobs.length)} jobs are listed by the run's tag: exactly those that were accepted, each once`,
    wrong: [
      ...some(
        'accepted, but not in the list',
        [...taken].filter((id) => !listed.has(id)),
      ),
      ...some(
        'in the list, but never sent',
        [...listed].filter((id) => !taken.has(id)),
      ),
      ...(jobs.length === listed.size ? [] : [`the list names ${jobs.length - listed.size} jobs twice`]),
      ...(sent.length === taken.size ? [] : [`${sent.length - taken.size} answers repeat another job's id`]),
    ],
  };
}

function repeatedKey({ answers, ...seen }: Seen): Check {
  const ids = idsOf(jobsOf(seen, 'twice'));
  const one = ids.length === 1 && answers.length === 2 && answers.every((id) => id === ids[0]);
  const found = `the two calls were answered ${answers.join(' and ')}; listed: ${ids.join(', ') || 'none'}`;
  return {
    says: 'a repeated Idempotency-Key was answered with the job it had made, and made no other',
    wrong: one ? [] : [found],
  };
}

function priorities({ jobs, sent }: Seen): Check {
  const wanted = new Map(sent.map(({ id, request }) => [id, request.priority]));
  const found = new Set(jobs.map((job) => job.priority));
  const missing = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((each) => !found.has(each));
  const others = jobs.filter((job) => wanted.get(job.id) !== job.priority);
  return {
    says: `${found.size} priorities are in use, and each job has the one it was sent with`,
    wrong: [
      ...some('with another priority', idsOf(others)),
      ...(missing.length === 0 ? [] : [`no job has priority ${missing.join(', ')}`]),
    ],
  };
}

function delays(seen: Seen): Check {
  const delayed = jobsOf(seen, 'later');
  const early = delayed.filter((job) => !(waitMs(job) >= delaySeconds * 1000));
  return {
    says: `${delayed.length} jobs were delayed by ${delaySeconds} s, and none started sooner`,
    wrong: [...some('started too soon, or not at all', early.map(described)), ...noneAtAll(delayed)],
  };
}

function ends(seen: Seen): Check {
  const inState = (status: string) => number(seen.jobs.filter((job) => job.status === status).length);
  return {
    says: `every job ended as it must: ${inState('completed')} completed, ${inState('failed')} failed`,
    wrong: caseNames.flatMap((name) => {
      const { status, type } = cases[name];
      const own = jobsOf(seen, name);
      const others = own.filter((job) => job.status !== status || job.type !== type);
      const wanted = name === 'report' ? 1 : seen.sent.filter((each) => each.case === name).length;
      return [
        ...some(`must be ${type}, ${status} (tag ${name})`, others.map(described)),
        ...(own.length === wanted
          ? []
          : [`there must be ${wanted} with the tag ${name}; there are ${own.length}`]),
      ];
    }),
  };
}

function causes(seen: Seen): Check {
  const failing = caseNames.filter((name) => cases[name].status === 'failed');
  return {
    says: `${jobsOf(seen, ...failing).length} jobs failed at their first attempt, each with the cause it must have`,
    wrong: failing.flatMap((name) => {
      const { error }: Ending = cases[name];
      const others = jobsOf(seen, name).filter(
        ({ attempt, last_error: last }) =>
          attempt !== 1 || last?.code !== error?.code || last?.cause !== error?.cause,
      );
      return some(
        `must fail at attempt 1 with ${error?.cause}, ${error?.code} (tag ${name})`,
        others.map(described),
      );
    }),
  };
}

const caseNames = Object.keys(cases) as CaseName[];

function waitMs({ created_at: created, started_at: started }: Job): number {
  return started === undefined ? Number.NaN : Date.parse(started) - Date.parse(created);
}
