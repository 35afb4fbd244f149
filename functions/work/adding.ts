import type { JobContext } from '../../core/define.ts';
import { PermanentError } from '../../core/errors.ts';
import type { JobRecord } from '../../core/table.ts';
import type { EnqueueOf } from './enqueue.ts';

/**
 * `job.enqueue` of one attempt, for as long as its handler runs: a job that has completed adds nothing.
 * @param onLate told of a call after that, which nobody may be waiting for
 */
export function adding(
  enqueueOf: EnqueueOf,
  record: JobRecord,
  signal: AbortSignal,
  onLate: () => void,
): {
  enqueue: JobContext['enqueue'];
  /** The handler has returned. Throws PermanentError if a call is under way: what it adds would be left to chance. */
  returned: () => void;
  /** The attempt is over, however. */
  stop: () => void;
} {
  let open = 0;
  let isOver = false;
  const throwIfAborted = (): void => {
    signal.throwIfAborted();
    if (isOver) throw new PermanentError(tooLate, 'rejected');
  };
  const add = enqueueOf(record, { throwIfAborted });

  async function call(nodes: Parameters<JobContext['enqueue']>[0]): Promise<void> {
    throwIfAborted();
    open++;
    try {
      await add(nodes);
    } finally {
      open--;
    }
  }

  return {
    enqueue(nodes) {
      const called = call(nodes);
      // Where nobody awaits it, a refusal would end the process, and with it the other jobs in it.
      called.catch(() => isOver && onLate());
      return called;
    },
    returned() {
      isOver = true;
      if (open > 0)
        throw new PermanentError(
          'the handler returned while job.enqueue was still adding nodes: await it',
          'rejected',
        );
    },
    stop() {
      isOver = true;
    },
  };
}

const tooLate = 'job.enqueue added nothing: the handler has returned; await job.enqueue before it does';
