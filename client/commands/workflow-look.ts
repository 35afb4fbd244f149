import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { exitCodes, UsageError } from '../exit.ts';
import { parseWorkflowId } from '../input.ts';
import { print, printJson } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import { describeEnd, describeWorkflow } from '../workflow/describe.ts';
import { openScreen } from '../workflow/screen.ts';
import { svgOf } from '../workflow/svg.ts';

const pollPauseMs = 1000;
/** Every so often nodes are read although none has moved. */
const looksBetween = 5;
const exampleId = '019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03';

/** The commands that look at a workflow and change nothing. */
export function addLooks(group: Command): void {
  addGet(group);
  addWatch(group);
  addGraph(group);
}

function addGet(group: Command): void {
  group
    .command('get')
    .summary('show a workflow and its nodes')
    .description(
      'Shows a workflow and its nodes, by layers: what runs, what waits for what, what failed and why.',
    )
    .argument('<id>', 'the workflow', parseWorkflowId)
    .addHelpText('after', `\nExample:\n  taskq workflow get ${exampleId}\n`)
    .action(async (id: string, _options, command: Command) => {
      const { client, json } = openSession(command);
      const workflow = await client.workflows.get(id);
      if (json) printJson(workflow);
      else print(describeWorkflow(workflow, Date.now()));
    });
}

function addWatch(group: Command): void {
  group
    .command('watch')
    .summary('watch a workflow to its end')
    .description(
      'Draws a workflow until it has ended; where no terminal is, a line for each change. Exit status 1 unless it completed.',
    )
    .argument('<id>', 'the workflow', parseWorkflowId)
    .addHelpText('after', `\nExample:\n  taskq workflow watch ${exampleId}\n`)
    .action(async (id: string, _options, command: Command) => await watchWorkflow(openSession(command), id));
}

/** Draws a workflow until it has ended. */
export async function watchWorkflow({ client, json }: Session, id: string): Promise<void> {
  const screen = openScreen(json ? process.stderr : process.stdout);
  const interrupted = () => {
    screen.stop();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  try {
    let workflow = await client.workflows.get(id);
    for (let looks = 1; ; looks++) {
      screen.show(workflow, Date.now());
      if (workflow.status !== 'running') {
        screen.stop();
        // Read once more: what a node failed of may be known a moment after its end.
        if (workflow.status !== 'completed') workflow = await client.workflows.get(id);
        if (json) printJson(workflow);
        else print(describeEnd(workflow, Date.now()));
        process.exitCode = workflow.status === 'completed' ? exitCodes.ok : exitCodes.failed;
        return;
      }
      await sleep(pollPauseMs);
      // Nodes move with an advance; only that a job has begun, or tries again, does not.
      const { status, advances } = await client.workflows.summary(id);
      const moved = status !== workflow.status || advances !== workflow.advances;
      if (moved || looks % looksBetween === 0) workflow = await client.workflows.get(id);
    }
  } finally {
    process.off('SIGINT', interrupted);
    screen.stop();
  }
}

function addGraph(group: Command): void {
  group
    .command('graph')
    .summary('a picture of a workflow')
    .description(
      'Writes a picture of a workflow as it stands: its nodes by layers, and what depends on what.',
    )
    .argument('<id>', 'the workflow', parseWorkflowId)
    .requiredOption('--svg <file>', 'where the picture (SVG) goes; - for standard output')
    .addHelpText('after', `\nExample:\n  taskq workflow graph ${exampleId} --svg graph.svg\n`)
    .action(async (id: string, { svg }: { svg: string }, command: Command) => {
      const { client } = openSession(command);
      const picture = svgOf(await client.workflows.get(id), Date.now());
      if (svg === '-') return void process.stdout.write(picture);
      try {
        await writeFile(svg, picture);
      } catch (error) {
        throw new UsageError(`cannot write ${svg}: ${(error as Error).message}`);
      }
      print(`The picture is in ${svg}`);
    });
}
