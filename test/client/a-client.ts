import { createClient } from '../../client/client.ts';
import type { Patience } from '../../client/retry.ts';
import { type Replies, startApi, testRegion } from './api-server.ts';
import { testKey } from './sigv4.ts';

/** A client of a scripted API, whose sleeps take no time but move its clock. */
export async function aClient(
  replies: Replies,
  options: { tenant?: string; patience?: Partial<Patience> } = {},
) {
  const api = await startApi(replies);
  let now = Date.parse('2026-11-22T03:00:00Z');
  const slept: number[] = [];
  const sleep = async (ms: number) => {
    slept.push(ms);
    now += ms;
  };
  const client = createClient({
    apiUrl: api.apiUrl,
    region: testRegion,
    credentials: testKey,
    ...options,
    patience: { now: () => now, sleep, random: () => 0, ...options.patience },
  });
  const tick = (ms: number) => {
    now += ms;
  };
  return { client, received: api.received, slept, tick, close: api.close };
}
