import type { Command } from 'commander';
import type { Job, ListQuery } from '../../core/api.ts';
import { defaultListLimit, maxListLimit } from '../../core/api.ts';
import { momentOf } from '../duration.ts';
import { collect, parseWhole } from '../input.ts';
import { jobTable, print, printJson } from '../render.ts';
import { openSession, type Session } from '../session.ts';

export interface FilterOptions {
  status?: ListQuery['status'];
  type?: string;
  queue?: string;
  tag?: string[];
  since?: string;
  until?: string;
}

/** The options that choose jobs. */
export function addFilters(command: Command): Command {
  return command
    .option('--type <type>', 'of this type')
    .option('--queue <queue>', 'of this queue')
    .option('--tag <tag>', 'with this tag; repeated: with all of them', collect)
    .option('--since <time>', 'created since: 10m, 2h, 1d ago, or a time such as 2026-01-31T09:30:00Z')
    .option('--until <time>', 'created until, likewise');
}

/** Filters as the API takes them. */
export function filtersOf({ since, until, status, type, queue, tag }: FilterOptions): ListQuery {
  const now = Date.now();
  return {
    status,
    type,
    queue,
    tag,
    since: since === undefined ? undefined : momentOf(since, now),
    until: until === undefined ? undefined : momentOf(until, now),
  };
}

interface ListOptions extends FilterOptions {
  limit: number;
  cursor?: string;
}

export function addList(program: Command): void {
  const command = program
    .command('list')
    .summary('list jobs, newest first')
    .description('Lists jobs, newest first.')
    .option('--status <status>', 'in this state, e.g. pending, running, completed, failed');
  addFilters(command)
    .option('--limit <count>', 'at most so many', parseWhole, defaultListLimit)
    .option('--cursor <cursor>', 'go on where an earlier list ended')
    .addHelpText(
      'after',
      `
Retries and cancels of many are jobs themselves, of the queue taskq: taskq.retry, taskq.cancel.

Examples:
  taskq list --status failed --since 1d --tag import
  taskq list --queue taskq
`,
    )
    .action(async (options: ListOptions, self: Command) => {
      const session = openSession(self);
      const { jobs, cursor } = await gather(session, options);
      if (session.json) return printJson({ jobs, ...(cursor === undefined ? {} : { cursor }) });
      print(jobs.length === 0 ? 'no job matches' : jobTable(jobs, Date.now()));
      if (cursor !== undefined) print(`There may be more: add --cursor ${cursor}`);
    });
}

/** Pages until there are `limit` jobs: a filtered page may be empty and not the last. */
async function gather({ client }: Session, { limit, cursor: from, ...options }: ListOptions) {
  const filters = filtersOf(options);
  const jobs: Job[] = [];
  let cursor = from;
  do {
    const page = await client.listPage({
      ...filters,
      cursor,
      limit: Math.min(limit - jobs.length, maxListLimit),
    });
    jobs.push(...page.jobs);
    cursor = page.cursor;
  } while (cursor !== undefined && jobs.length < limit);
  return { jobs, cursor };
}
