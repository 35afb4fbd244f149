import type { Command } from 'commander';
import type { Job } from '../../core/api.ts';
import { ageOf, parseDuration } from '../duration.ts';
import { UsageError } from '../exit.ts';
import { collect, parseJobId, parseWhole } from '../input.ts';
import { print, printJson } from '../render.ts';
import { openSession } from '../session.ts';

interface Options {
  in?: number;
  at?: string;
  priority?: number;
  tag?: string[];
  clearTags?: boolean;
}

export function addReschedule(program: Command): void {
  program
    .command('reschedule')
    .summary('change the time, the priority or the tags of a job while it waits')
    .description('Changes a job while it waits. One that runs or is final is left as it is (exit status 4).')
    .argument('<id>', 'the job', parseJobId)
    .option('--in <time>', 'run after 90s, 10m, 2h, 1d; 0 is now', parseDuration)
    .option('--at <time>', 'run at a time such as 2026-01-31T09:30:00Z')
    .option('--priority <0-9>', 'higher runs first', parseWhole)
    .option('--tag <tag>', 'instead of the tags it has; may be repeated', collect)
    .option('--clear-tags', 'take away the tags it has')
    .addHelpText(
      'after',
      `
Examples:
  taskq reschedule 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03 --in 2h
  taskq reschedule 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03 --at 2026-12-24T18:00:00+01:00 --priority 8
`,
    )
    .action(async (id: string, options: Options, command: Command) => {
      const { in: delay, at, priority, tag, clearTags } = options;
      if (tag !== undefined && clearTags)
        throw new UsageError('--tag gives it other tags and --clear-tags takes all away: give one of them');
      const tags = clearTags ? [] : tag;
      if (delay === undefined && at === undefined && priority === undefined && tags === undefined)
        throw new UsageError(
          'give what to change: --in, --at, --priority, --tag or --clear-tags; e.g. --in 2h',
        );
      const { client, json } = openSession(command);
      const job = await client.patch(id, { delay_seconds: delay, run_at: at, priority, tags });
      if (json) return printJson(job);
      print(`${job.id} is ${whenOf(job)}; priority ${job.priority}, lane ${job.lane}`);
    });
}

function whenOf({ status, available_at: at }: Job): string {
  if (status === 'pending') return status;
  if (status === 'waiting_dependencies') return `${status}, runs once the jobs it waits for have ended`;
  return `${status}, runs ${ageOf(at, Date.now())}`;
}
