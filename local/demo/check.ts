/** What a check of the demo is, and the words that all checks share. */
import type { Job } from '../../core/api.ts';
import type { CaseName } from './plan.ts';
import type { Seen } from './readback.ts';

/** A statement about the run, and what contradicts it: nothing if it holds. */
export interface Check {
  says: string;
  wrong: string[];
}

/** The jobs of a case, by their tag. */
export function jobsOf({ jobs }: Pick<Seen, 'jobs'>, ...names: CaseName[]): Job[] {
  return jobs.filter((job) => names.some((name) => job.tags.includes(name)));
}

/** The first few of what should not be there; nothing if there is none. */
export function some(what: string, found: string[]): string[] {
  const more = found.length > 3 ? ` and ${found.length - 3} more` : '';
  return found.length === 0 ? [] : [`${what}: ${found.slice(0, 3).join(', ')}${more}`];
}

/** A check of nothing would hold always. */
export function noneAtAll(found: unknown[]): string[] {
  return found.length === 0 ? ['there is none'] : [];
}

export function idsOf(jobs: Job[]): string[] {
  return jobs.map((job) => job.id);
}

/** A job, and how it stands. */
export function described({ id, status, attempt, last_error: last }: Job): string {
  return `${id} (${status}, attempt ${attempt}${last === undefined ? '' : `, ${last.code}`})`;
}

export function number(value: number): string {
  return value.toLocaleString('en-US');
}

export function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
