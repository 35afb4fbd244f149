/** Brings one TaskQ up on a LocalStack of its own for the smoke suite, and takes it down after it. */
import type { TestProject } from 'vitest/node';
import { toTerminal } from '../../local/report.ts';
import { provideTaskq } from '../e2e/setup.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return await provideTaskq(project, { name: 'localstack', write: toTerminal });
}
