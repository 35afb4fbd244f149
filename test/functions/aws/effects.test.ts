import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Effect } from '../../../core/once.ts';
import { aJobId, sealedBytes } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';

/** DynamoDB as the SDK shows it: each call takes the next answer, and is written down. */
const aws = vi.hoisted(() => ({ answers: [] as unknown[], sent: [] as Record<string, never>[] }));
vi.mock('../../../functions/aws/clients.ts', () => ({
  dynamo: {
    async send({ input }: { input: Record<string, never> }) {
      aws.sent.push(input);
      const answer = aws.answers.shift() ?? {};
      if (answer instanceof Error) throw answer;
      return answer;
    },
  },
}));
const { effectsStore } = await import('../../../functions/aws/effects.ts');

let slept: number[] = [];
const sleep = async (ms: number) => void slept.push(ms);
const store = effectsStore('jobs', () => start, sleep);
const id = aJobId();
const key = { pk: `p#${id}`, sk: 'effects' };
const seed = new Uint8Array(16);
const effect: Effect = { ...sealedBytes(), fence: 3, attempt: 2, storedAt: start };
const refused = () => new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
const busy = { UnprocessedKeys: { jobs: { Keys: [key] } } };
const shows = (item: object) => ({ Responses: { jobs: [{ ...key, ...item }] } });

beforeEach(() => {
  aws.answers = [];
  aws.sent = [];
  slept = [];
});

it('a raise keeps the item for 460 days from now', async () => {
  aws.answers = [{ Attributes: { fence: 3, seed, effects: {} } }];
  expect(await store.raise(id, 3, seed)).toEqual({ fence: 3, seed, effects: {} });
  expect(aws.sent).toMatchObject([
    { TableName: 'jobs', Key: key, ExpressionAttributeValues: { ':fence': 3, ':expiresAt': 1_835_085_600 } },
  ]);
});

it('a refused store reads the item, consistently, and again while DynamoDB leaves it unread', async () => {
  aws.answers = [refused(), busy, busy, shows({ fence: 3, seed, effects: { charge: effect } })];
  expect(await store.store(id, 'charge', effect)).toEqual(effect);
  expect(aws.sent[1]).toEqual({ RequestItems: { jobs: { Keys: [key], ConsistentRead: true } } });
  expect(slept).toEqual([50, 100]);
});

it('a read gives up after five tries', async () => {
  aws.answers = Array.from({ length: 9 }, () => busy);
  await expect(store.read(id)).rejects.toThrow('unread after 5 tries');
  expect(aws.sent).toHaveLength(5);
});

it.each(['raise', 'store'])('%s: any other error is its caller’s', async (method) => {
  aws.answers = [new Error('denied')];
  const call = method === 'raise' ? store.raise(id, 3, seed) : store.store(id, 'charge', effect);
  await expect(call).rejects.toThrow('denied');
});
