import { expect, test } from 'vitest';
import { type PerJob, price, priceOfLeavings } from './price.ts';

/** 25 jobs a request, 10 a receive, as `facts` of other queues were priced before this bench existed. */
const bulk = { apiRequests: 0.04, invocations: { enqueue: 0.04, work: 0.1 }, fairQueues: false };

const naive: PerJob = {
  ...bulk,
  inSequence: { enqueue: 3, work: 3 },
  sqsRequests: 1.2,
  kmsRequests: 2,
  writeUnits: 3,
  readUnits: 0,
};

test('the naive wiring: $8.54 a million', () => {
  const { apiGateway, lambda, sqs, kms, dynamo, total } = price(naive);
  expect(apiGateway).toBeCloseTo(0.14, 2);
  expect(lambda).toBeCloseTo(0.04, 2);
  expect(sqs).toBeCloseTo(0.48, 2);
  expect(kms).toBeCloseTo(6, 2);
  expect(dynamo).toBeCloseTo(1.88, 2);
  expect(total).toBeCloseTo(8.54, 2);
});

test('batch and idempotency alone: $1.56 a million', () => {
  const powertools = { ...naive, inSequence: { enqueue: 1, work: 2 }, sqsRequests: 0.32, kmsRequests: 0 };
  expect(price({ ...powertools, writeUnits: 2 }).total).toBeCloseTo(1.56, 2);
});

test('fair queues cost a quarter more on every SQS request', () => {
  expect(price({ ...naive, sqsRequests: 1, fairQueues: false }).sqs).toBeCloseTo(0.4, 6);
  expect(price({ ...naive, sqsRequests: 1, fairQueues: true }).sqs).toBeCloseTo(0.5, 6);
});

test('a read unit is a fifth of a write unit', () => {
  expect(price({ ...naive, writeUnits: 0, readUnits: 1 }).dynamo).toBeCloseTo(0.125, 6);
});

test('900 bytes kept for 30 days: a GB-month a million, with recovery; 200 bytes of log a job: ten cents', () => {
  const { storage, logs, traces } = priceOfLeavings({ itemBytes: 900, keptDays: 30, logBytes: 200 });
  expect(storage).toBeCloseTo(0.45, 6);
  expect(logs).toBeCloseTo(0.1, 6);
  expect(traces).toBeCloseTo(0.1, 6);
});

test('what is kept an hour costs nearly nothing', () => {
  const { storage } = priceOfLeavings({ itemBytes: 900, keptDays: 1 / 24, logBytes: 0 });
  expect(storage).toBeLessThan(0.001);
});
