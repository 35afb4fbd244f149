/** Runs the two workflows of the demo, and looks at what became of them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../../client/client.ts';
import { frameOf } from '../../client/workflow/describe.ts';
import { openScreen } from '../../client/workflow/screen.ts';
import type { WorkflowNodeView, WorkflowWithNodes } from '../../core/workflow/api.ts';
import { approval } from '../../jobs/signals.ts';
import { fulfil, pears, reportOnFiles } from './examples.ts';
import { startShop, unreached } from './shop.ts';
import { startSink } from './sink.ts';

/** All that is known of the two at the end. */
export interface SeenWorkflows {
  report: WorkflowWithNodes;
  /** What the report's job returned; undefined if it did not complete. */
  result: { files?: number; rows?: number } | undefined;
  /** What the delivery was when the workflow asked for its approval; undefined if it never asked. */
  heldBack: WorkflowNodeView['status'] | undefined;
  /** Of the receiver, for the delivery's own `webhook-id`: the statuses it answered, and messages in all. */
  delivered: { answers: number[]; unverified: number; messages: number };
  order: WorkflowWithNodes;
  ledger: readonly string[];
  /** Left in the shop at the end. */
  left: { stock: number; till: number };
}

export const pearsInStock = 10;

const pollPauseMs = 500;

export interface WorkflowsInput {
  /** The tag of this run. */
  run: string;
  manifest: string;
  secret: string;
  /** Gives up when they have not ended after so long. */
  patienceMs: number;
  stream: NodeJS.WriteStream;
}

export async function runWorkflows(client: Client, input: WorkflowsInput): Promise<SeenWorkflows> {
  const [sink, shop] = await Promise.all([startSink(input.secret), startShop({ [pears.sku]: pearsInStock })]);
  try {
    const target = { manifest: input.manifest, url: `${sink.url}/ok`, secret: input.secret };
    const { id: orderId } = await client.workflows.start(
      fulfil({ order: input.run, service: shop.url, country: unreached }),
      { tags: [input.run] },
    );
    const { id } = await client.workflows.start(reportOnFiles(target), { tags: [input.run] });
    const { report, heldBack } = await watchAndApprove(client, id, input);
    const order = await client.workflows.wait(orderId, { deadlineSeconds: input.patienceMs / 1000 });
    input.stream.write(`\n${frameOf(order, Date.now(), Number.POSITIVE_INFINITY)}\n`);
    const job = jobOf(report, 'report');
    const answer = job === undefined ? undefined : await client.result(job);
    const delivery = sink.received.get(jobOf(report, 'deliver') ?? '');
    return {
      report,
      result:
        answer !== undefined && 'result' in answer ? (answer.result as SeenWorkflows['result']) : undefined,
      heldBack,
      delivered: {
        answers: delivery?.answers ?? [],
        unverified: delivery?.unverified ?? 0,
        messages: sink.received.size,
      },
      order,
      ledger: shop.ledger,
      left: { stock: shop.stock.get(pears.sku) ?? 0, till: shop.till() },
    };
  } finally {
    sink.close();
    shop.close();
  }
}

/** Draws the report's workflow, and approves it when it asks for it. */
async function watchAndApprove(client: Client, id: string, { patienceMs, stream }: WorkflowsInput) {
  const until = Date.now() + patienceMs;
  const screen = openScreen(stream);
  let heldBack: SeenWorkflows['heldBack'];
  try {
    for (;;) {
      const report = await client.workflows.get(id);
      screen.show(report, Date.now());
      if (report.status !== 'running' || Date.now() > until) return { report, heldBack };
      if (heldBack === undefined && nodeOf(report, 'approved')?.status === 'running') {
        heldBack = nodeOf(report, 'deliver')?.status;
        await client.workflows.signal(id, approval, { approved: true, by: 'npm run demo' });
      }
      await pause(pollPauseMs);
    }
  } finally {
    screen.stop();
  }
}

export function nodeOf({ nodes }: WorkflowWithNodes, key: string): WorkflowNodeView | undefined {
  return nodes.find((node) => node.key === key);
}

function jobOf(workflow: WorkflowWithNodes, key: string): string | undefined {
  const node = nodeOf(workflow, key);
  return node?.status === 'completed' ? node.job_id : undefined;
}
