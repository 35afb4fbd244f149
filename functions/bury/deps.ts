import { setTimeout as sleep } from 'node:timers/promises';
import type { Wire } from '../../core/wiring.ts';
import { deathFinder } from '../aws/deaths.ts';
import { jobStore } from '../aws/jobs.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { storeUnreadable } from '../aws/objects.ts';
import { tellLater } from '../aws/tell.ts';
import { type Lanes, laneOfArn, readLanes } from '../lanes.ts';
import { errorLog, logLine } from '../log.ts';
import { tellingStore } from '../tell.ts';
import type { BuryDeps } from './bury.ts';

/** What bury works with on AWS. */
export function buryDeps(env: Record<Wire<'bury'>, string>): BuryDeps {
  const onError = errorLog({});
  const urls = readLanes(env.LANES);
  const store = jobStore(env.JOBS_TABLE, sleep, onError);
  const lanes = sqsLanes(urls, onError);
  const now = Date.now;
  /** It may send to quarantine alone: what waited for a buried job goes on from there. */
  const quarantine: Pick<Lanes, 'deliver'> = {
    deliver: (deliveries) => lanes.deliver(deliveries.map((each) => ({ ...each, lane: 'quarantine' }))),
  };
  const tell = tellLater(env.CONTROL_TABLE, { store, lanes: quarantine, now });
  return {
    store: tellingStore(store, tell, onError),
    tell,
    lanes,
    findDeath: deathFinder(JSON.parse(env.WORKER_LOGS), onError),
    now,
    urlOf: (arn) => laneOfArn(urls, arn),
    storeUnreadable: ({ messageId, body }) => storeUnreadable(env.DATA_BUCKET, 'dead', messageId, body),
    onError,
    log: (message, fields) => logLine('warn', message, fields),
  };
}
