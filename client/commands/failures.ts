import type { Command } from 'commander';
import type { FailuresResponse } from '../../core/many.ts';
import { ApiError } from '../api-error.ts';
import { ageOf, momentOf } from '../duration.ts';
import { collect } from '../input.ts';
import { invokedAs } from '../invoked.ts';
import { print, printJson, table } from '../render.ts';
import { type Globals, openSession, type Session } from '../session.ts';

type Group = FailuresResponse['groups'][number];

interface Options {
  type?: string;
  queue?: string;
  tag?: string[];
  since?: string;
  until?: string;
}

export function addFailures(program: Command): void {
  program
    .command('failures')
    .summary('failed jobs, alike ones in groups')
    .description(
      'Shows failed jobs in groups of alike ones: by cause, code, type, code version and message without what differs.',
    )
    .option('--type <type>', 'of this type')
    .option('--queue <queue>', 'of this queue')
    .option('--tag <tag>', 'with this tag; repeated: with all of them', collect)
    .option('--since <time>', 'failed since: 10m, 2h, 1d ago, or a time such as 2026-01-31T09:30:00Z')
    .option('--until <time>', 'failed until, likewise')
    .addHelpText(
      'after',
      `
Examples:
  taskq failures --since 2h
  taskq retry --fingerprint 57d20ae1b6927b3b --canary 5% --wait
`,
    )
    .action(async (options: Options, self: Command) => {
      const session = openSession(self);
      const found = await allGroups(session, options);
      if (session.json) return printJson(found);
      if (found.groups.length === 0) return print('no failed job matches');
      print(groupTable(found.groups, await messagesOf(session, found.groups), Date.now()));
      const { tenant } = self.optsWithGlobals<Globals>();
      const ofTenant = tenant === undefined ? '' : ` --tenant ${tenant}`;
      const taskq = invokedAs(process.env);
      const alone = found.groups.find(({ workflow_id: workflow }) => workflow === undefined);
      const part = found.groups.find(({ workflow_id: workflow }) => workflow !== undefined);
      if (alone !== undefined)
        print(`To run a group again: ${taskq} retry --fingerprint ${alone.fingerprint}${ofTenant}`);
      if (part !== undefined)
        print(`To go on with a workflow: ${taskq} workflow retry ${part.workflow_id}${ofTenant}`);
    });
}

/** All answers as one: the same group may come in several. */
async function allGroups({ client }: Session, options: Options): Promise<FailuresResponse> {
  const { since, until, ...rest } = options;
  const now = Date.now();
  const filters = {
    ...rest,
    since: since === undefined ? undefined : momentOf(since, now),
    until: until === undefined ? undefined : momentOf(until, now),
  };
  const groups = new Map<string, Group>();
  let looked = 0;
  for await (const page of client.failures(filters)) {
    looked += page.looked_at;
    for (const each of page.groups) {
      const before = groups.get(each.fingerprint);
      groups.set(each.fingerprint, before === undefined ? each : merged(before, each));
    }
  }
  const largestFirst = [...groups.values()].sort((a, b) => b.count - a.count);
  return { groups: largestFirst, looked_at: looked };
}

function merged(a: Group, b: Group): Group {
  const [newer, other] = a.last_at > b.last_at ? [a, b] : [b, a];
  const { workflow_id: workflow, ...latest } = newer;
  return {
    ...latest,
    ...(workflow === undefined || other.workflow_id === undefined ? {} : { workflow_id: workflow }),
    count: a.count + b.count,
    first_at: a.first_at < b.first_at ? a.first_at : b.first_at,
    examples: [...latest.examples, ...other.examples].slice(0, 3),
  };
}

const maxMessageLength = 60;
/** Groups whose message is looked up. */
const maxMessages = 20;

/** What an example of each group said last, where the caller may read it. */
async function messagesOf({ client }: Session, groups: readonly Group[]): Promise<string[]> {
  const asked = groups.slice(0, maxMessages).map(async ({ examples: [id = ''] }) => {
    try {
      const { errors } = await client.errors(id);
      const [line = ''] = (errors.at(-1)?.message ?? '').split('\n');
      return line.length > maxMessageLength ? `${line.slice(0, maxMessageLength)}…` : line;
    } catch (error) {
      // Errors may be closed to a caller who may see the jobs.
      if (!(error instanceof ApiError)) throw error;
      return '';
    }
  });
  return await Promise.all(asked);
}

function groupTable(groups: readonly Group[], messages: readonly string[], nowMs: number): string {
  const rows = groups.map((group, index) => [
    group.fingerprint,
    String(group.count),
    group.workflow_id === undefined ? group.type : `${group.type} in workflows`,
    group.cause === group.code ? group.cause : `${group.cause}, ${group.code}`,
    group.code_version ?? '',
    ageOf(group.last_at, nowMs),
    group.examples[0] ?? '',
    messages[index] ?? '',
  ]);
  return table(['FINGERPRINT', 'JOBS', 'TYPE', 'WHY', 'CODE', 'LAST', 'EXAMPLE', 'ITS MESSAGE'], rows);
}
