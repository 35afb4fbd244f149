import { Worker } from 'node:worker_threads';
import type { StartThread } from './renew-there.ts';

/** Starts the thread that renews leases. Loaded by long queues alone; `thread.mjs` lies beside the bundle's files. */
export const startThread =
  (onError: (message: string, error: unknown) => void): StartThread =>
  (onNews, onDeath) => {
    const thread = new Worker(new URL('./thread.mjs', import.meta.url));
    thread.on('message', onNews);
    thread.on('error', (error) => {
      onDeath();
      onError('the thread that renews leases died', error);
    });
    // Between two invocations nothing waits for it.
    thread.unref();
    return (order) => thread.postMessage(order);
  };
