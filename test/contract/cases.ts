import { afterAll } from 'vitest';

interface Task {
  name: string;
  type: string;
  tasks?: Task[];
  result?: { state: string };
}

/** At the end of the file, one line: what it tried, on which targets, how many cases of each passed. */
export function printCases(what: string): void {
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are wanted: none
  afterAll(({}, file) => {
    const targets = (file as Task).tasks?.filter((each) => each.type === 'suite') ?? [];
    const line = targets.map((each) => `${each.name} × ${passed(each)} cases`).join(', ');
    console.log(`${what}: ${line}`);
  });
}

function passed({ tasks = [], result, type }: Task): number {
  if (type === 'suite') return tasks.reduce((sum, each) => sum + passed(each), 0);
  return result?.state === 'pass' ? 1 : 0;
}
