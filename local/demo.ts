/** `npm run demo`: over a thousand real jobs through the real stacks, and what became of each. */
import './need-node.mjs';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../client/api-error.ts';
import { type Client, createClient } from '../client/client.ts';
import { showJob } from '../client/commands/get.ts';
import { paint, print } from '../client/render.ts';
import { checksOf } from './demo/checks.ts';
import { figuresOf } from './demo/figures.ts';
import { csvFiles, manifestKey, upload } from './demo/files.ts';
import { follow, listJobs, type Run } from './demo/follow.ts';
import { type Plan, planOf } from './demo/plan.ts';
import { readBack, type Seen } from './demo/readback.ts';
import { type Sent, sendPlan, sendReport } from './demo/send.ts';
import { checkLines, figuresTable, shortened } from './demo/show.ts';
import { type Sink, startSink } from './demo/sink.ts';
import { workflowChecks } from './demo/workflow-checks.ts';
import { runWorkflows, type SeenWorkflows } from './demo/workflows.ts';
import { emulatorOption } from './options.ts';
import { runCommand, step, Trouble, toTerminal } from './report.ts';
import { type LocalAws, statePaths } from './state.ts';
import { ensureUp } from './up.ts';

/** A retry after a lost connection waits up to 38 s: without any change for longer, nothing is coming. */
const patienceMs = 60_000;

/** Cursor and line wrap, which the progress bar switches off. */
const restoreTerminal = '\x1b[?25h\x1b[?7h';

async function demo(): Promise<void> {
  const kind = emulatorOption(process.argv.slice(2));
  const { started, updated, ...local } = await ensureUp(kind);
  console.log(
    started
      ? `TaskQ was not running: it is up now at ${local.endpoint} and stays up; \`npm run down\` ends it.`
      : `Using the TaskQ that runs at ${local.endpoint}${updated ? ', updated to the code as it is' : ''}.`,
  );
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const sink = await startSink(secret);
  const interrupted = () => {
    sink.close();
    if (process.stdout.isTTY) process.stdout.write(restoreTerminal);
    console.error('\nInterrupted. TaskQ stays up; `npm run down` ends it.');
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupted);
  try {
    await runJobs(local, sink, secret);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new Trouble(`The demo broke off: ${error.message} (${error.code}).${emulatorLog()}`);
  } finally {
    sink.close();
  }
}

async function runJobs(local: LocalAws, sink: Sink, secret: string): Promise<void> {
  const client = createClient(local);
  const run: Run = {
    tag: `demo-${randomBytes(4).toString('hex')}`,
    since: new Date(Date.now() - 60_000).toISOString(),
  };
  const files = csvFiles();
  await step(toTerminal, 'uploading the CSV files to the data bucket', () => upload(files, local));
  const plan = planOf({ run: run.tag, files, sinkUrl: sink.url, secret });
  console.log(`\nSending jobs with the tag ${run.tag}:`);
  const { sent, answers } = await sendAndFollow(client, run, plan);
  const seen = await step(toTerminal, 'reading jobs, results, payloads and errors back', async () => {
    const jobs = await listJobs(client, run);
    return await readBack(client, { sent, answers, jobs, deliveries: sink.received });
  });
  heading(
    'Two workflows: a report on all files that waits for approval, and an order that cannot be shipped',
  );
  const input = { run: run.tag, manifest: manifestKey, secret, patienceMs, stream: process.stdout };
  const workflows = await runWorkflows(client, input);
  await show(client, run, seen, workflows);
}

function heading(text: string): void {
  console.log(`\n${paint('bold', text)}`);
}

/** Sends everything while following it; returns when all is final, or nothing moves any more. */
async function sendAndFollow(client: Client, run: Run, plan: Plan) {
  const sent: Sent[] = [];
  let total = plan.singles.length + plan.bulk.length + 2; // and the one sent twice, and the report
  const broken = new AbortController();
  const sending = async (): Promise<string[]> => {
    try {
      const answers = await sendPlan(client, plan, sent);
      const files = sent.filter((each) => each.case === 'file');
      const report = await sendReport(client, run.tag, files, patienceMs);
      if (report !== undefined) sent.push(report);
      total = sent.length;
      return answers;
    } catch (error) {
      broken.abort();
      throw error;
    }
  };
  const clock = { now: () => performance.now(), pause: (ms: number) => pause(ms) };
  const options = { total: () => total, patienceMs, signal: broken.signal, stream: process.stdout, clock };
  const [answers] = await Promise.all([sending(), follow(client, run, options)]);
  return { sent, answers };
}

async function show(client: Client, run: Run, seen: Seen, workflows: SeenWorkflows): Promise<void> {
  heading('What went through');
  print(figuresTable(figuresOf(seen.jobs, 'later')));

  const report = seen.jobs.find((job) => job.tags.includes('report'));
  const { markdown, files = 0, rows = 0 } = (seen.results.get(report?.id ?? '') ?? {}) as Reported;
  heading('What csv.report says, shortened');
  print(markdown === undefined ? 'There is no report.' : shortened(markdown, 4));

  const failed = seen.jobs.find((job) => job.tags.includes('malformed'));
  if (failed !== undefined) {
    heading(`npm run taskq -- get ${failed.id}`);
    await showJob({ client, json: false }, failed);
  }

  const checks = [...checksOf(seen), ...workflowChecks(workflows, { files, rows })];
  const wrong = checks.filter((check) => check.wrong.length > 0);
  heading('Is everything as it must be?');
  print(checkLines(checks));
  if (wrong.length === 0) {
    print(paint('green', `\nYes: all ${checks.length} checks hold.`));
    return print(
      `TaskQ stays up:  npm run taskq -- list --tag ${run.tag}  ·  npm run taskq -- workflow get ${workflows.order.id}  ·  npm run down`,
    );
  }
  throw new Trouble(
    `No: ${wrong.length} of ${checks.length} checks do not hold. Where to look:\n` +
      `  npm run taskq -- list --tag ${run.tag} --status failed   (or pending, retrying, …)\n` +
      `  npm run taskq -- get ID --errors${emulatorLog()}`,
  );
}

/** Of what csv.report returns. */
interface Reported {
  markdown?: string;
  files?: number;
  rows?: number;
}

/** Where the functions' own words are, when the emulator is ours. */
function emulatorLog(): string {
  const log = statePaths().emulatorLog;
  return existsSync(log) ? `\n  what the functions logged: ${log}` : '';
}

await runCommand(demo);
