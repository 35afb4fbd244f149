import { expect, it } from 'vitest';
import { start } from '../../support/clock.ts';
import { dead } from './dead.ts';

const over = { status: 'running', availableAt: start - 1 } as const;

it('a dead letter whose worker died says of what, and counts it', async () => {
  const asked: string[] = [];
  const { job, invoke, record, counts } = await dead({ ...over, shared: 1 }, async (found) => {
    asked.push(found.sk);
    return { cause: 'out_of_memory', requestId: 'r-1', logStream: 's-1' };
  });
  await invoke();
  expect(asked).toEqual([job.sk]);
  expect(record().lastError).toMatchObject({ cause: 'out_of_memory', requestId: 'r-1', logStream: 's-1' });
  expect(counts).toEqual({ buried: 1, leasesLost: 1, outOfMemory: 1 });
});

it('nobody asks after a job that was never lost', async () => {
  const asked: string[] = [];
  const { invoke } = await dead({}, async (found) => {
    asked.push(found.sk);
    return { cause: 'lease_lost' };
  });
  await invoke();
  expect(asked).toEqual([]);
});
