import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cancelChange } from '../../../core/manage.ts';
import { aJob, sealedBytes } from '../../support/a-job.ts';
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
const { jobStore } = await import('../../../functions/aws/jobs.ts');
const { sealedStore } = await import('../../../functions/aws/sealed.ts');

let slept: number[] = [];
let reported: string[] = [];
const sleep = async (ms: number) => void slept.push(ms);
const store = jobStore('jobs', sleep, (message) => void reported.push(message));
const statements = (index: number) => (aws.sent[index]?.Statements ?? []) as { Parameters: unknown[] }[];
const ok = (job: object) => ({ Item: job });
const failed = (Code: string) => ({ Error: { Code } });

beforeEach(() => {
  aws.answers = [];
  aws.sent = [];
  slept = [];
  reported = [];
});

describe('a batch with throttled rows', () => {
  const jobs = [aJob(), aJob(), aJob()] as const;
  const changes = jobs.map((each) => cancelChange(each, start));

  it.each([
    'ThrottlingError',
    'ProvisionedThroughputExceeded',
    'RequestLimitExceeded',
    'TransactionConflict',
    'InternalServerError',
  ])('%s: that row alone is sent again, and each row gets its own answer', async (code) => {
    aws.answers = [
      { Responses: [ok(jobs[0]), failed(code), failed('ConditionalCheckFailed')] },
      { Responses: [ok(jobs[1])] },
    ];
    expect(await store.change(changes)).toEqual([
      { applied: true, record: jobs[0] },
      { applied: true, record: jobs[1] },
      { applied: false, found: undefined },
    ]);
    expect(aws.sent.map((_, index) => statements(index).length)).toEqual([3, 1]);
    expect(statements(1)[0]?.Parameters).toContain(jobs[1].sk);
  });

  it('is given up after five tries, each later than the one before', async () => {
    aws.answers = Array.from({ length: 9 }, () => ({ Responses: [failed('ThrottlingError')] }));
    expect(await store.change([changes[0]!])).toEqual([{ applied: false, retry: true }]);
    expect(aws.sent).toHaveLength(5);
    expect(slept).toEqual([50, 100, 200, 400]);
  });

  it('of inserts, given up, says so for its row', async () => {
    aws.answers = Array.from({ length: 5 }, () => ({ Responses: [failed('ThrottlingError')] }));
    expect(await store.insert([jobs[0]])).toEqual([{ inserted: false, retry: true }]);
  });
});

describe('a call that fails', () => {
  const hangUp = new Error('socket hang up');
  const jobs = Array.from({ length: 60 }, () => aJob());
  const changes = jobs.map((each) => cancelChange(each, start));
  const firstCall = { Responses: jobs.slice(0, 25).map(ok) };

  it('takes none of what the calls before it answered, and is the last: the other rows are to be sent again', async () => {
    aws.answers = [firstCall, hangUp];
    expect(await store.change(changes)).toEqual([
      ...jobs.slice(0, 25).map((record) => ({ applied: true, record })),
      ...Array.from({ length: 35 }, () => ({ applied: false, retry: true })),
    ]);
    expect(aws.sent.map((_, index) => statements(index).length)).toEqual([25, 25]);
    expect(reported).toEqual([
      'a call of a batch failed: its rows, and those after them, are to be sent again',
    ]);
  });

  it('of inserts as well', async () => {
    aws.answers = [{ Responses: jobs.slice(0, 25).map(() => ({})) }, hangUp];
    expect((await store.insert(jobs)).map((each) => each.inserted)).toEqual(
      jobs.map((_, index) => index < 25),
    );
  });

  it('when throttled rows are sent again leaves the rows beside them their answers', async () => {
    aws.answers = [{ Responses: [ok(jobs[0]!), failed('ThrottlingError')] }, hangUp];
    expect(await store.change(changes.slice(0, 2))).toEqual([
      { applied: true, record: jobs[0] },
      { applied: false, retry: true },
    ]);
  });

  it('as the first is an outage: nothing is known of any row, and no more calls are made', async () => {
    aws.answers = [hangUp];
    await expect(store.change(changes)).rejects.toThrow('socket hang up');
    aws.answers = [hangUp];
    await expect(store.insert(jobs)).rejects.toThrow('socket hang up');
    expect(aws.sent).toHaveLength(2);
    expect(reported).toEqual([]);
  });
});

it('a row that no answer speaks of has not been applied, for all that is known', async () => {
  const jobs = [aJob(), aJob()] as const;
  aws.answers = Array.from({ length: 5 }, (_, index) => ({ Responses: index === 0 ? [ok(jobs[0])] : [] }));
  expect(await store.change(jobs.map((each) => cancelChange(each, start)))).toEqual([
    { applied: true, record: jobs[0] },
    { applied: false, retry: true },
  ]);
});

it('a record that holds what a newer release sealed is a record: the rows beside it have their answers too', async () => {
  const jobs = [aJob(), aJob(), aJob()] as const;
  const newer = Uint8Array.from([2, 1, 0, 0, ...Array(40).fill(1)]);
  aws.answers = [{ Responses: [ok(jobs[0]), ok({ ...jobs[1], payload: newer }), ok(jobs[2])] }];
  const results = await store.change(jobs.map((each) => cancelChange(each, start)));
  expect(results.map((each) => each.applied && each.record.sk)).toEqual(jobs.map(({ sk }) => sk));
  aws.answers = [{ Responses: { jobs: [{ ...jobs[1], payload: newer }, jobs[0]] } }];
  expect((await store.get(jobs)).map((each) => each?.sk)).toEqual([jobs[0].sk, jobs[1].sk, undefined]);
});

describe('duplicates', () => {
  const jobs = [aJob(), aJob(), aJob(), aJob()] as const;
  const answer = { Responses: [{}, failed('DuplicateItem'), {}, failed('DuplicateItem')] };

  it('are read together', async () => {
    aws.answers = [answer, { Responses: { jobs: [jobs[3], jobs[1]] } }];
    expect(await store.insert(jobs)).toEqual([
      { inserted: true },
      { inserted: false, found: jobs[1] },
      { inserted: true },
      { inserted: false, found: jobs[3] },
    ]);
    expect(aws.sent).toHaveLength(2);
  });

  it('that stay unread, later and later, are to be sent again; what was inserted is', async () => {
    const unread = { UnprocessedKeys: { jobs: { Keys: [{ pk: jobs[1].pk, sk: jobs[1].sk }] } } };
    aws.answers = [answer, { ...unread, Responses: { jobs: [jobs[3]] } }, ...Array(4).fill(unread)];
    expect(await store.insert(jobs)).toEqual([
      { inserted: true },
      { inserted: false, retry: true },
      { inserted: true },
      { inserted: false, retry: true },
    ]);
    expect(slept).toEqual([50, 100, 200, 400]);
    expect(reported).toEqual([
      'what stands where jobs were to be inserted could not be read: they are to be sent again',
    ]);
  });
});

it('a duplicate whose record has gone when it is read is to be sent again', async () => {
  aws.answers = [{ Responses: [failed('DuplicateItem')] }, { Responses: { jobs: [] } }];
  expect(await store.insert([aJob()])).toEqual([{ inserted: false, retry: true }]);
});

it.each(['ValidationError', 'AccessDenied', 'ItemCollectionSizeLimitExceeded'])(
  'a row that DynamoDB refuses as such (%s) is an error, with nothing of the row in it',
  async (code) => {
    aws.answers = [{ Responses: [failed(code)] }];
    expect(await store.change([cancelChange(aJob(), start)])).toMatchObject([
      { applied: false, retry: true },
    ]);
    expect(reported).toEqual([`DynamoDB refused a statement: ${code}`]);
    aws.answers = [{ Responses: [failed(code)] }];
    expect(await store.insert([aJob()])).toMatchObject([{ inserted: false, retry: true }]);
  },
);

it('every write asks for what it cost and for the record that refused it', async () => {
  aws.answers = [{ Responses: [{}] }];
  await store.insert([aJob()]);
  expect(aws.sent[0]).toMatchObject({
    ReturnConsumedCapacity: 'TOTAL',
    Statements: [{ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }],
  });
});

it('one value is compared, several are a list', async () => {
  aws.answers = [{ Responses: [{}, {}] }];
  const key = { pk: 'acme#1', sk: 'a' };
  await store.change([
    { key, set: {}, remove: ['gate'], where: [['status', 'in', ['running']]] },
    { key, set: {}, remove: ['gate'], where: [['status', 'in', ['scheduled', 'pending']]] },
  ]);
  expect(aws.sent[0]?.Statements).toMatchObject([
    { Statement: expect.stringContaining('"status" = ?'), Parameters: ['acme#1', 'a', 'running'] },
    {
      Statement: expect.stringContaining('"status" IN [?,?]'),
      Parameters: ['acme#1', 'a', 'scheduled', 'pending'],
    },
  ]);
});

it('calls carry 25 inserts, 25 changes, 100 keys', async () => {
  const jobs = Array.from({ length: 101 }, () => aJob());
  const sizes = () => aws.sent.splice(0).map((each) => (each.Statements as unknown as unknown[]).length);
  aws.answers = Array.from({ length: 9 }, () => ({ Responses: Array.from({ length: 25 }, () => ({})) }));
  await store.insert(jobs.slice(0, 45));
  expect(sizes()).toEqual([25, 20]);
  await store.change(jobs.slice(0, 60).map((each) => cancelChange(each, start)));
  expect(sizes()).toEqual([25, 25, 10]);
  aws.answers = [];
  await store.get(jobs);
  expect(
    aws.sent.map((each) => (each.RequestItems as never as { jobs: { Keys: unknown[] } }).jobs.Keys.length),
  ).toEqual([100, 1]);
});

describe('what DynamoDB leaves undone', () => {
  const [a, b] = [aJob(), aJob()];
  const key = ({ pk, sk }: typeof a) => ({ pk, sk });

  it('unread keys are read again, consistently', async () => {
    aws.answers = [
      { Responses: { jobs: [a] }, UnprocessedKeys: { jobs: { Keys: [key(b)] } } },
      { Responses: { jobs: [b] } },
    ];
    expect(await store.get([b, a])).toEqual([b, a]);
    expect(aws.sent[1]).toEqual({ RequestItems: { jobs: { Keys: [key(b)], ConsistentRead: true } } });
  });

  it('keys that stay unread are an error, never an absent record', async () => {
    aws.answers = Array.from({ length: 9 }, () => ({ UnprocessedKeys: { jobs: { Keys: [key(a)] } } }));
    await expect(store.get([a, b])).rejects.toThrow(
      'DynamoDB left 1 of 2 items unread after 5 tries; it does not say why. Repeat it; if that does not help, look at the throttled requests of table jobs',
    );
  });

  it('a key that is named twice is read once, and answered twice', async () => {
    aws.answers = [{ Responses: { jobs: [a] } }];
    expect(await store.get([a, b, a])).toEqual([a, undefined, a]);
    expect(aws.sent).toEqual([{ RequestItems: { jobs: { Keys: [key(a), key(b)], ConsistentRead: true } } }]);
  });

  it('of two items with one key, the later is put', async () => {
    aws.answers = [{}];
    await sealed.putItems([item, { ...item, sealed: { ...item.sealed, key_id: 'later' } }]);
    expect(aws.sent).toHaveLength(1);
    expect(aws.sent[0]?.RequestItems).toMatchObject({
      jobs: [{ PutRequest: { Item: { key_id: 'later' } } }],
    });
  });

  const sealed = sealedStore('jobs', 'data', () => start, sleep);
  const item = { jobId: a.sk, name: 'payload#x', sealed: sealedBytes() };

  it('unwritten items are written again, or it is an error', async () => {
    const left = { UnprocessedItems: { jobs: [{ PutRequest: { Item: {} } }] } };
    aws.answers = [left, {}];
    await sealed.putItems([item]);
    expect(aws.sent).toHaveLength(2);
    aws.answers = Array.from({ length: 9 }, () => left);
    await expect(sealed.putItems([item])).rejects.toThrow('left 1 of 1 items unwritten after 5 tries');
  });

  it('60 items go in calls of 25, all that BatchWriteItem takes, and a chunk that is left in part goes again alone', async () => {
    const left = { UnprocessedItems: { jobs: [{ PutRequest: { Item: { pk: 'left' } } }] } };
    aws.answers = [{}, left, {}, {}];
    await sealed.putItems(Array.from({ length: 60 }, (_, n) => ({ ...item, name: `payload#${n}` })));
    const sent = aws.sent as unknown as { RequestItems: { jobs: unknown[] } }[];
    expect(sent.map(({ RequestItems }) => RequestItems.jobs.length)).toEqual([25, 25, 1, 10]);
    expect(sent[2]?.RequestItems.jobs).toEqual([{ PutRequest: { Item: { pk: 'left' } } }]);
  });

  it('unread items are an error, never a payload that is gone', async () => {
    aws.answers = Array.from({ length: 9 }, () => ({
      UnprocessedKeys: { jobs: { Keys: [{ pk: `p#${a.sk}`, sk: 'payload#x' }] } },
    }));
    await expect(sealed.getItems([item])).rejects.toThrow('left 1 of 1 items unread after 5 tries');
  });

  it('items are kept for 460 days, longer than any job', async () => {
    await sealed.putItems([item]);
    expect(aws.sent[0]).toMatchObject({
      RequestItems: { jobs: [{ PutRequest: { Item: { expiresAt: 1_835_085_600 } } }] },
    });
  });
});
