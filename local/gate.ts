/** `npm test`: the whole gate. Every step runs, whatever became of the others; none is ever skipped. */
import './need-node.mjs';
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, runStep } from './gate/run-step.ts';
import { openScreen } from './gate/screen.ts';
import { removeState } from './state.ts';

/** Scripts of package.json that take seconds: all at the same time. */
const quick = ['format:check', 'lint', 'types', 'unused'];
/** The others one after the other: each would slow down, or be slowed down by, what runs beside it. */
const slow = ['unit', 'template', 'contract', 'e2e', 'chaos:once', 'bench:once'];

/** A step that takes so long hangs: on two quiet cores the longest takes eight minutes. */
const limitMs = 1_200_000;
/** An emulator that is being taken down needs a moment. */
const endingMs = 5_000;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());

const outcomes = await runAll();
if (stop.signal.aborted) {
  console.error('Interrupted. What the gate had started is ended.');
  process.exitCode = 130;
} else {
  const failed = outcomes.filter((outcome) => !outcome.passed).map(({ name }) => name);
  if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}. Each alone: npm run NAME`);
  console.log(`${outcomes.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) process.exitCode = 1;
}

async function runAll(): Promise<Outcome[]> {
  const temporary = mkdtempSync(join(realpathSync(tmpdir()), 'taskq-gate-'));
  const screen = openScreen(process.stdout);
  const run = async (name: string): Promise<Outcome[]> => {
    if (stop.signal.aborted) return [];
    const folder = join(temporary, name.replace(':', '-'));
    mkdirSync(folder);
    screen.started(name);
    const outcome = await runStep(
      { name, command: [process.execPath, '--run', name] },
      { folder, signal: stop.signal, limitMs, endingMs, onLine: (line) => screen.said(name, line) },
    );
    screen.ended(outcome);
    return [outcome];
  };
  try {
    const outcomes = await Promise.all(quick.map(run));
    for (const name of slow) outcomes.push(await run(name));
    return outcomes.flat();
  } finally {
    screen.close();
    removeState(temporary);
  }
}
