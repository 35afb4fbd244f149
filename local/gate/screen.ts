/** What a person sees of the gate while it runs. */
import { stripVTControlCharacters } from 'node:util';
import { paint } from '../../client/render.ts';
import { seconds } from '../report.ts';
import type { Outcome } from './run-step.ts';

export interface Screen {
  started(name: string): void;
  /** The last line that a running step has said. */
  said(name: string, line: string): void;
  ended(outcome: Outcome): void;
  close(): void;
}

const redrawMs = 200;

/** A line for each step that has ended; below it, on a terminal, one that says what is running. */
export function openScreen(stream: NodeJS.WriteStream, now: () => number = () => performance.now()): Screen {
  const running = new Map<string, { since: number; line: string }>();
  const clear = () => stream.isTTY && stream.write('\r\x1b[K');
  const draw = () => {
    const parts = [...running].map(([name, { since, line }]) => `${name} ${seconds(now() - since)}  ${line}`);
    clear();
    stream.write(`  ${parts.join(' · ')}`.slice(0, stream.columns - 1));
  };
  const timer = stream.isTTY ? setInterval(draw, redrawMs) : undefined;
  return {
    started(name) {
      running.set(name, { since: now(), line: '' });
      if (!stream.isTTY) stream.write(`  ${name} …\n`);
    },
    said(name, line) {
      const step = running.get(name);
      if (step !== undefined && line !== '') step.line = line;
    },
    ended(outcome) {
      running.delete(outcome.name);
      clear();
      stream.write(`${outcomeLines(outcome).join('\n')}\n`);
    },
    close() {
      clearInterval(timer);
      clear();
    },
  };
}

/** A step's name and time; below them all that it said if it failed, else what is worth reading. */
function outcomeLines(outcome: Outcome): string[] {
  const { name, passed, ms, output } = outcome;
  const mark = passed ? paint('green', '✓') : paint('red', '✗');
  const shown = passed ? worthReading(outcome) : output.split('\n');
  return [`${mark} ${name}  ${seconds(ms)}`, ...shown.map((line) => `    ${line}`.trimEnd())];
}

/** Vitest's counts and chaos's; of a bench all, because its figures are there to be read. */
function worthReading({ name, output }: Outcome): string[] {
  const lines = stripVTControlCharacters(output).split('\n');
  if (name.startsWith('bench')) return lines;
  const counts = name.startsWith('chaos')
    ? /^(faults|kills|accepted|final) {2}/
    : /^ *(Test Files|Tests) {2}/;
  return lines.filter((line) => counts.test(line));
}
