import type { Command } from 'commander';
import { defaultListLimit, maxListLimit } from '../../core/api.ts';
import type { WorkflowView } from '../../core/workflow/api.ts';
import type { NodeRequest } from '../../core/workflow/request.ts';
import { momentOf } from '../duration.ts';
import { UsageError } from '../exit.ts';
import { collect, parseWhole, parseWorkflowId, readDocument, readPayload } from '../input.ts';
import { commandFor, print, printable, printJson } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import type { ListWorkflowsQuery, StartOptions } from '../workflow/calls.ts';
import { workflowTable } from '../workflow/describe.ts';
import { addLooks, watchWorkflow } from './workflow-look.ts';

const exampleId = '019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03';

/** `taskq workflow …` */
export function addWorkflow(program: Command): void {
  const group = program
    .command('workflow')
    .summary('start, watch, retry … workflows: jobs that depend on jobs')
    .description('Starts workflows, looks at them, and changes how they go on.');
  addStart(group);
  addList(group);
  addLooks(group);
  addCancel(group);
  addRetry(group);
  addSignal(group);
}

function addStart(group: Command): void {
  group
    .command('start')
    .summary('start a workflow from a file')
    .description('Starts the workflow that a file describes, as POST /v1/workflows takes it: {"nodes": […]}.')
    .argument('<file>', 'JSON; - for standard input')
    .option('--key <key>', 'idempotency key: a repeat with the same key and file gives the same workflow')
    .option('--tag <tag>', 'to find it by, beside those of the file; may be repeated', collect)
    .option('--wait', 'watch it to its end; exit status 1 unless it completed')
    .addHelpText(
      'after',
      '\nExample:\n  taskq workflow start etl.json --tag nightly --wait\n\nA complete file: docs/examples/report.json; every field: docs/workflows.md\n',
    )
    .action(
      async (file: string, options: { key?: string; tag?: string[]; wait?: boolean }, command: Command) => {
        const session = openSession(command);
        const workflow = await start(session, await readDocument(file), options);
        if (options.wait) {
          if (!session.json)
            process.stderr.write(`${printable(workflow.id)} is ${workflow.status}, waiting\n`);
          return await watchWorkflow(session, workflow.id);
        }
        tell(session, workflow, `is ${workflow.status}; watch: ${commandFor('workflow watch', workflow)}`);
      },
    );
}

async function start(
  { client }: Session,
  document: unknown,
  { key, tag = [] }: { key?: string; tag?: string[] },
) {
  const { nodes, ...rest } = (document ?? {}) as { nodes?: NodeRequest[] } & StartOptions;
  if (!Array.isArray(nodes)) throw new UsageError('a workflow is {"nodes": [{"key": …, "type": …}, …]}');
  const tags = [...(rest.tags ?? []), ...tag];
  return await client.workflows.start(
    { nodes },
    {
      ...rest,
      ...(tags.length === 0 ? {} : { tags }),
      ...(key === undefined ? {} : { idempotencyKey: key }),
    },
  );
}

interface ListOptions {
  status?: ListWorkflowsQuery['status'];
  tag?: string[];
  since?: string;
  until?: string;
  limit: number;
  cursor?: string;
}

function addList(group: Command): void {
  group
    .command('list')
    .summary('list workflows, newest first')
    .description('Lists workflows, newest first.')
    .option('--status <status>', 'in this state, e.g. running, completed, failed, compensated')
    .option('--tag <tag>', 'with this tag; repeated: with all of them', collect)
    .option('--since <time>', 'created since: 10m, 2h, 1d ago, or a time such as 2026-01-31T09:30:00Z')
    .option('--until <time>', 'created until, likewise')
    .option('--limit <count>', 'at most so many', parseWhole, defaultListLimit)
    .option('--cursor <cursor>', 'go on where an earlier list ended')
    .addHelpText('after', '\nExample:\n  taskq workflow list --status failed --since 1d\n')
    .action(async (options: ListOptions, command: Command) => {
      const session = openSession(command);
      const { workflows, cursor } = await gather(session, options);
      if (session.json) return printJson({ workflows, ...(cursor === undefined ? {} : { cursor }) });
      print(workflows.length === 0 ? 'no workflow matches' : workflowTable(workflows, Date.now()));
      if (cursor !== undefined) print(`There may be more: add --cursor ${cursor}`);
    });
}

/** Pages until there are `limit`: a filtered page may be empty and not the last. */
async function gather({ client }: Session, { limit, since, until, ...filters }: ListOptions) {
  const now = Date.now();
  const workflows: WorkflowView[] = [];
  let { cursor } = filters;
  do {
    const page = await client.workflows.listPage({
      ...filters,
      since: since === undefined ? undefined : momentOf(since, now),
      until: until === undefined ? undefined : momentOf(until, now),
      cursor,
      limit: Math.min(limit - workflows.length, maxListLimit),
    });
    workflows.push(...page.workflows);
    cursor = page.cursor;
  } while (cursor !== undefined && workflows.length < limit);
  return { workflows, cursor };
}

function addCancel(group: Command): void {
  group
    .command('cancel')
    .summary('cancel a workflow')
    .description(
      'Cancels a workflow: nothing more starts, what runs is told to stop. One that has ended is left as it is (exit status 4).',
    )
    .argument('<id>', 'the workflow', parseWorkflowId)
    .addHelpText('after', `\nExample:\n  taskq workflow cancel ${exampleId}\n`)
    .action(async (id: string, _options, command: Command) => {
      const session = openSession(command);
      const workflow = await session.client.workflows.cancel(id);
      tell(session, workflow, `is told to stop; watch: ${commandFor('workflow watch', workflow)}`);
    });
}

function addRetry(group: Command): void {
  group
    .command('retry')
    .summary('go on with a workflow from where it failed')
    .description(
      'Begins a workflow anew that ended badly (failed, cancelled, compensated, compensation_failed): what did not end well, and what comes after it. One that completed is not retried, nor with --all: start it again.',
    )
    .argument('<id>', 'the workflow', parseWorkflowId)
    .option('--all', 'all of it, from the beginning; signals must come again')
    .option('--payload <node=json>', "a node's payload from now on, JSON or @FILE; may be repeated", collect)
    .addHelpText(
      'after',
      `\nExamples:\n  taskq workflow retry ${exampleId}\n  taskq workflow retry ${exampleId} --payload 'report={"title": "repaired", "summaries": []}'\n`,
    )
    .action(
      async (id: string, { all, payload = [] }: { all?: boolean; payload?: string[] }, command: Command) => {
        const session = openSession(command);
        const payloads = Object.fromEntries(await Promise.all(payload.map(readNodePayload)));
        const workflow = await session.client.workflows.retry(id, {
          mode: all ? 'all' : 'failed',
          ...(payload.length === 0 ? {} : { payloads }),
        });
        tell(session, workflow, `runs again; watch: ${commandFor('workflow watch', workflow)}`);
      },
    );
}

async function readNodePayload(argument: string): Promise<[string, unknown]> {
  const [, node, payload] = /^([^=]+)=(.*)$/s.exec(argument) ?? [];
  if (node === undefined || payload === undefined)
    throw new UsageError(`--payload ${argument.slice(0, 60)} names no node: give NODE=JSON or NODE=@FILE`);
  return [node, await readPayload(payload)];
}

function addSignal(group: Command): void {
  group
    .command('signal')
    .summary('send what a node of a workflow waits for, e.g. an approval')
    .description(
      'Sends a signal to a workflow; sent before it is waited for, it is kept. The first of a name stands, and opens every node that waits for it.',
    )
    .argument('<id>', 'the workflow', parseWorkflowId)
    .argument('<name>', 'the signal, e.g. approval')
    .option('--payload <json>', 'JSON, @FILE, or - for standard input', '{}')
    .addHelpText(
      'after',
      `\nExample:\n  taskq workflow signal ${exampleId} approval --payload '{"approved": true}'\n`,
    )
    .action(async (id: string, name: string, { payload }: { payload: string }, command: Command) => {
      const session = openSession(command);
      const workflow = await session.client.workflows.signal(id, name, await readPayload(payload));
      tell(session, workflow, `has the signal ${name}`);
    });
}

function tell({ json }: Session, workflow: WorkflowView, what: string): void {
  if (json) printJson(workflow);
  else print(`${workflow.id} ${what}`);
}
