/** One `up` or `down` at a time for one state folder. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { listProcesses, type Process } from './processes.ts';
import { Trouble, type Write } from './report.ts';

interface Holder {
  pid: number;
  /** Tells it from a later process that got the same pid. */
  command: string;
  doing: string;
}

/** Runs while holding the lock; waits for another holder, and takes over from one that died. */
export async function withLock<T>(
  path: string,
  doing: string,
  write: Write,
  run: () => Promise<T>,
  waitMs = 600_000,
): Promise<T> {
  const command = listProcesses().find(({ pid }) => pid === process.pid)?.command ?? '';
  const mine = JSON.stringify({ pid: process.pid, command, doing } satisfies Holder);
  mkdirSync(dirname(path), { recursive: true });
  const deadline = performance.now() + waitMs;
  let told = false;
  while (!claim(path, mine)) {
    const held = readLock(path);
    if (held === undefined) continue;
    const holder = JSON.parse(held) as Holder;
    if (!isAlive(holder, listProcesses())) {
      discard(path, held);
      continue;
    }
    if (performance.now() > deadline) throw new Trouble(stuck(path, holder));
    if (!told) write(`  waiting for \`${holder.doing}\` (process ${holder.pid}) to finish\n`);
    told = true;
    await pause(100);
  }
  try {
    return await run();
  } finally {
    rmSync(path, { force: true });
  }
}

/** A link appears with its content or not at all, so that nobody reads half a lock. */
function claim(path: string, mine: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Two may find the same dead lock: the second must not take away the first one's new lock. */
function discard(path: string, dead: string): void {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== dead) linkSync(aside, path);
  } catch {
    // someone else was faster: the next claim shows who holds it
  } finally {
    rmSync(aside, { force: true });
  }
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Does the process that took the lock still run? */
export function isAlive(holder: Pick<Holder, 'pid' | 'command'>, all: Process[]): boolean {
  return all.some(({ pid, command }) => pid === holder.pid && command === holder.command);
}

function stuck(path: string, { doing, pid }: Holder): string {
  return `\`${doing}\` (process ${pid}) has been at work for too long here. If it hangs, end it (kill ${pid}) and try again. Its lock: ${path}`;
}
