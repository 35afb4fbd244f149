import { expect, vi } from 'vitest';
import type { Job } from '../../core/api.ts';
import { listProcesses, signal, stillRunning, workerProcesses } from '../../local/processes.ts';
import { type EmulatorRecord, readState, statePaths } from '../../local/state.ts';
import type { Api } from './api.ts';
import type { Aws } from './aws.ts';
import { gate, ok, type Sink } from './sink.ts';

/** What a kill met. */
export interface Killed {
  /** Four jobs of the batch, as they were: they had ended. */
  ended: Job[];
  /** Ids of five jobs of the batch that ran, with attempts left. */
  running: string[];
  /** The id of one of the batch that ran and was promised one start at most. */
  once: string;
  /** The id of a job that ran alone in its process. */
  alone: string;
  /** The id of a job that waits for that one. */
  behind: string;
}

const soon = { timeout: 30_000, interval: 50 };

/**
 * Enqueues a webhook, a job that waits for it and then a batch of ten, lets four of the batch end and, while the sink holds the
 * others, ends every worker process of their queue with SIGKILL. From then on the sink answers at once.
 */
export async function killInBatch(api: Api, aws: Aws, sink: Sink, directory: string): Promise<Killed> {
  const { reply, open } = gate();
  const held = sink.url('/held-batch', reply);
  const quick = sink.url('/quick-batch', ok);
  const job = (url: string) => ({ type: 'webhook.deliver', payload: { url, body: 'batch' } });
  const { id: alone } = await api.enqueue('webhook.deliver', job(held).payload);
  await vi.waitFor(() => expect(sink.of(alone)).toHaveLength(1), soon);
  const { id: behind } = await api.enqueue('echo', { message: 'after a death' }, { dependencies: [alone] });
  const jobs = [...Array(4).fill(job(quick)), ...Array(5).fill(job(held)), { ...job(held), max_attempts: 1 }];
  const { body } = await api.call('enqueueBatch', { body: { jobs } });
  const ids: string[] = body.results.map(({ id }: { id: string }) => id);
  const [running, once] = [ids.slice(4, 9), ids[9] ?? ''];
  const ended = await Promise.all(ids.slice(0, 4).map((id) => api.finished(id)));
  await vi.waitFor(() => {
    for (const id of [...running, once]) expect(sink.of(id)).toHaveLength(1);
  }, soon);

  await killWorkers(directory, [aws.functionNamed('work-webhooks')]);
  open();
  for (const id of [...running, once, alone]) expect((await api.get(id)).status).toBe('running');
  return { ended, running, once, alone, behind };
}

/**
 * Ends every process of these functions with SIGKILL, on the emulator of this state folder and no other; returns once
 * they are gone. Throws when there is none.
 */
export async function killWorkers(directory: string, functionNames: readonly string[]): Promise<void> {
  const emulator = readState<EmulatorRecord>(statePaths(directory).emulator);
  if (emulator === undefined) {
    throw new Error('workers can be killed on an emulator of our own alone: unset AWS_ENDPOINT_URL');
  }
  const all = listProcesses();
  const workers = functionNames.flatMap((name) => workerProcesses(all, emulator.tmp, name));
  if (workers.length === 0) throw new Error(`found no process of ${functionNames.join(', ')} to kill`);
  for (const worker of workers) signal(worker, 'SIGKILL');
  await vi.waitFor(() => expect(stillRunning(workers, listProcesses())).toEqual([]), soon);
}
