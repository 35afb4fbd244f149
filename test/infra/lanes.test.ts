import { describe, expect, test } from 'vitest';
import { type Resource, resource, resources, synthesise } from './templates.ts';

const prod = (await synthesise('prod')).queue;
const local = (await synthesise('local')).queue;
const lanes = ['critical', 'high', 'normal', 'low', 'quarantine'];
const each = ['mail', 'reports'].flatMap((queue) => lanes.map((lane): [string, string] => [queue, lane]));

const sqs = (start: string) => resource(prod, 'AWS::SQS::Queue', start).Properties;
const idOf = (start: string) =>
  Object.keys(resources(prod, 'AWS::SQS::Queue')).find((id) => id.startsWith(start)) as string;
const worker = (queue: string) => resource(prod, 'AWS::Lambda::Function', `work${queue}`).Properties;

function mapping(start: string, template = prod): Resource['Properties'] {
  const source = idOf(start);
  const found = Object.values(resources(template, 'AWS::Lambda::EventSourceMapping')).filter(
    ({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0] === source,
  );
  expect(found).toHaveLength(1);
  return found[0]!.Properties;
}

describe('times', () => {
  test('a worker runs as long as its longest type and 15 s', () => {
    expect(worker('mail').Timeout).toBe(45);
    expect(worker('reports').Timeout).toBe(75);
  });

  test.each(lanes)('lane %s hides a message for 30 s longer', (lane) => {
    expect(sqs(`mail${lane}`).VisibilityTimeout).toBe(75);
    expect(sqs(`reports${lane}`).VisibilityTimeout).toBe(105);
  });

  test('dead letters are hidden for longer than they may be judged', () => {
    expect(resource(prod, 'AWS::Lambda::Function', 'bury').Properties.Timeout).toBe(45);
    expect(sqs('maildead').VisibilityTimeout).toBe(75);
    expect(sqs('reportsdead').VisibilityTimeout).toBe(75);
  });
});

describe('every lane', () => {
  test('is one of five, or of two in TaskQ’s own queue, and each queue has one dead-letter queue', () => {
    expect(Object.keys(resources(prod, 'AWS::SQS::Queue'))).toHaveLength(15);
  });

  test.each(each)(
    '%s %s gives a message up after 20 receives, to the dead letters of its queue',
    (queue, lane) => {
      expect(sqs(`${queue}${lane}`).RedrivePolicy).toEqual({
        deadLetterTargetArn: { 'Fn::GetAtt': [idOf(`${queue}dead`), 'Arn'] },
        maxReceiveCount: 20,
      });
    },
  );

  test('keeps messages for 14 days, as dead letters are', () => {
    for (const { Properties } of Object.values(resources(prod, 'AWS::SQS::Queue')))
      expect(Properties.MessageRetentionPeriod).toBe(1_209_600);
  });

  test('is encrypted with the key of the stack', () => {
    for (const { Properties } of Object.values(resources(prod, 'AWS::SQS::Queue')))
      expect(JSON.stringify(Properties.KmsMasterKeyId)).toMatch(/tq-data:.*key.*Arn/);
  });

  test('refuses plain HTTP on prod', () => {
    const policies = Object.values(resources(prod, 'AWS::SQS::QueuePolicy'));
    const guarded = policies.flatMap(({ Properties }) => {
      const [{ Effect, Condition }] = Properties.PolicyDocument.Statement;
      expect([Effect, Condition]).toEqual(['Deny', { Bool: { 'aws:SecureTransport': 'false' } }]);
      return Properties.Queues.map((queue: { Ref: string }) => queue.Ref);
    });
    expect(guarded.sort()).toEqual(Object.keys(resources(prod, 'AWS::SQS::Queue')).sort());
  });
});

describe('every mapping', () => {
  const mappings = Object.values(resources(prod, 'AWS::Lambda::EventSourceMapping'));

  test('reports failures message by message', () => {
    expect(mappings).toHaveLength(15);
    for (const { Properties } of mappings)
      expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });

  test('does not wait for a batch to fill, and filters nothing away', () => {
    for (const { Properties } of mappings) {
      expect(Properties.MaximumBatchingWindowInSeconds ?? 0).toBe(0);
      expect(Properties.FilterCriteria).toBeUndefined();
    }
  });

  test.each(each)('%s %s runs on the worker of its queue', (queue, lane) => {
    expect(mapping(`${queue}${lane}`).FunctionName.Ref).toMatch(new RegExp(`^work${queue}`));
  });

  test.each(['maildead', 'reportsdead'])('%s runs on bury, ten at a time', (dead) => {
    expect(mapping(dead)).toMatchObject({
      FunctionName: { Ref: expect.stringMatching(/^bury/) },
      BatchSize: 10,
    });
  });

  test.each(each)('%s %s takes as many jobs as its queue runs together, quarantine one', (queue, lane) => {
    const size = { mail: 10, reports: 4 }[queue];
    expect(mapping(`${queue}${lane}`).BatchSize).toBe(lane === 'quarantine' ? 1 : size);
  });

  test('has the concurrency of its lane on prod', () => {
    const weights = lanes.map((lane) => mapping(`mail${lane}`).ScalingConfig.MaximumConcurrency);
    expect(weights).toEqual([20, 20, 50, 10, 20]);
  });

  test('has the concurrency of its lane on local', () => {
    const weights = lanes.map((lane) => mapping(`mail${lane}`, local).ScalingConfig.MaximumConcurrency);
    expect(weights).toEqual([2, 3, 5, 2, 10]);
  });
});

test('TaskQ’s own queue: normal and quarantine, on operate, which does few things at a time', () => {
  for (const lane of ['normal', 'quarantine']) {
    expect(mapping(`taskq${lane}`)).toMatchObject({
      FunctionName: { Ref: expect.stringMatching(/^operate/) },
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    expect(sqs(`taskq${lane}`)).toMatchObject({
      VisibilityTimeout: 105,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [idOf('taskqdead'), 'Arn'] } },
    });
  }
  expect(resource(prod, 'AWS::Lambda::Function', 'operate').Properties).toMatchObject({
    Timeout: 75,
    MemorySize: 512,
  });
});

test('nothing has a name of its own', () => {
  const names = ['QueueName', 'FunctionName', 'RoleName', 'LogGroupName', 'BucketName', 'TableName'];
  for (const { Type, Properties } of Object.values(resources(prod))) {
    if (Type === 'AWS::Lambda::Permission' || Type.includes('EventSource') || Type.includes('EventInvoke'))
      continue;
    for (const name of names) expect(Properties?.[name], `${name} of ${Type}`).toBeUndefined();
  }
});
