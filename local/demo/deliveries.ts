/** Checks of the webhooks: what the receiver saw, against what TaskQ says of the jobs. */
import { type Check, described, idsOf, jobsOf, noneAtAll, some, sum } from './check.ts';
import type { Seen } from './readback.ts';

export function signatures({ deliveries: received }: Seen): Check {
  const all = [...received.values()];
  const wrong = [...received].filter(([, each]) => each.unverified > 0).map(([id]) => id);
  return {
    says: `the receiver verified the signature of each of its ${sum(all.map((each) => each.answers.length))} deliveries`,
    wrong: [...some('came with a wrong signature or time', wrong), ...noneAtAll(all)],
  };
}

export function deliveries(seen: Seen): Check {
  const refused = new Set(idsOf(jobsOf(seen, 'hook-refused')));
  const hooks = jobsOf(seen, 'hook', 'hook-busy', 'hook-refused');
  const others = hooks.filter(({ id, attempt }) => {
    const answers = seen.deliveries.get(id)?.answers ?? [];
    return answers.length !== attempt || answers.at(-1) !== (refused.has(id) ? 400 : 200);
  });
  const known = new Set(idsOf(hooks));
  const strangers = [...seen.deliveries.keys()].filter((id) => !known.has(id));
  return {
    says: `${hooks.length} webhooks came once for each attempt, and not again after their 200 or 400`,
    wrong: [
      ...some('not delivered once for each attempt', others.map(described)),
      ...some('delivered, but not of this run', strangers),
      ...noneAtAll(hooks),
    ],
  };
}

export function busyReceivers(seen: Seen): Check {
  const busy = jobsOf(seen, 'hook-busy');
  const most = Math.max(0, ...busy.map((job) => job.attempt));
  const others = busy.filter((job) => job.attempt < 2);
  return {
    says: `${busy.length} webhooks met a 503 with Retry-After and got through after it, by attempt ${most}`,
    wrong: [...some('that met no 503', idsOf(others)), ...noneAtAll(busy)],
  };
}
