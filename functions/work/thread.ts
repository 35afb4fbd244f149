/** The thread that renews the lease of a long queue's job: a handler that blocks the event loop cannot block this one. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { blockedMessage, requestIdOf } from '../../core/death.ts';
import { jobStore } from '../aws/jobs.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { readEnv } from '../env.ts';
import { errorLog } from '../log.ts';
import { clocks } from './clocks.ts';
import type { RenewedJob } from './renew.ts';
import type { Order } from './renew-there.ts';
import { serveRenewals } from './serve-renewals.ts';

const env = readEnv('work');
const onError = errorLog({ queue: env.QUEUE });
const port = parentPort;
if (port === null) throw new Error('this file is the entry of a thread, which functions/work starts');

/** The stream of a thread goes by the main thread. */
const stderr = 2;

const deps = {
  ...clocks,
  store: jobStore(env.JOBS_TABLE, sleep, onError),
  lanes: sqsLanes({}, onError),
  onError,
  endProcess({ mine, owner }: RenewedJob) {
    // Past the main thread, which is blocked: to the log, and then to the system.
    const line = {
      level: 'error',
      message: blockedMessage,
      request_id: requestIdOf(owner),
      job_id: mine.sk,
      fence: mine.fence,
    };
    writeSync(stderr, `${JSON.stringify(line)}\n`);
    process.kill(process.pid, 'SIGKILL');
  },
};
const take = serveRenewals(deps, (news) => port.postMessage(news));
port.on('message', (order: Order) => take(order));
