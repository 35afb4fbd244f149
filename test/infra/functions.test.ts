import { describe, expect, test } from 'vitest';
import { wiring } from '../../core/wiring.ts';
import { type Statement, statementsOf } from './roles.ts';
import { resource, resources, synthesise } from './templates.ts';

const prod = (await synthesise('prod')).queue;
const local = (await synthesise('local')).queue;
const lambda = (id: string, template = prod) => resource(template, 'AWS::Lambda::Function', id).Properties;
const ids = [
  ...['enqueue', 'manage', 'workmail', 'workreports', 'operate', 'bury', 'release', 'keys'],
  ...['advance', 'workflows'],
];

const statements = (id: string, template = prod) => statementsOf(template, id);
const actions = (id: string) =>
  statements(id)
    .flatMap((each) => each.Action)
    .sort();
const platform = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
const consuming = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
];

describe('a role allows what its function does, and no more', () => {
  const allowed: Record<string, string[]> = {
    enqueue: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'kms:Decrypt',
      'lambda:InvokeFunction',
      's3:PutObject',
      'sqs:SendMessage',
    ],
    manage: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'kms:Decrypt',
      'lambda:InvokeFunction',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:SendMessage',
      'states:SendTaskSuccess',
    ],
    workmail: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'dynamodb:UpdateItem',
      'kms:Decrypt',
      'logs:FilterLogEvents',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:SendMessage',
      'states:SendTaskSuccess',
      ...Array(5).fill(consuming).flat(),
    ],
    operate: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'dynamodb:UpdateItem',
      'kms:Decrypt',
      'logs:FilterLogEvents',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:SendMessage',
      'states:SendTaskSuccess',
      ...Array(2).fill(consuming).flat(),
    ],
    bury: [
      'dynamodb:BatchGetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:UpdateItem',
      'logs:FilterLogEvents',
      's3:PutObject',
      'sqs:SendMessage',
      'states:SendTaskSuccess',
      ...Array(3).fill(consuming).flat(),
    ],
    release: [
      'dynamodb:BatchGetItem',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:Query',
      'sqs:GetQueueAttributes',
      'sqs:SendMessage',
    ],
    keys: ['dynamodb:PutItem', 'dynamodb:PutItem', 'kms:GenerateDataKey'],
    advance: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'kms:Decrypt',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:SendMessage',
    ],
    workflows: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'kms:Decrypt',
      'lambda:InvokeFunction',
      's3:GetObject',
      's3:ListBucket',
      'states:SendTaskSuccess',
      'states:StartExecution',
    ],
  };
  test.each(Object.keys(allowed))('%s', (id) => {
    expect(actions(id)).toEqual([...allowed[id]!, ...platform].sort());
  });
});

test('batch calls are allowed by their own names on local alone: AWS knows no such actions', () => {
  const named = (template: typeof prod) =>
    ids
      .flatMap((id) => statements(id, template).flatMap((each) => each.Action))
      .filter((each) => /MessageBatch|VisibilityBatch|BatchExecute/.test(each));
  expect(named(prod)).toEqual([]);
  expect([...new Set(named(local))].sort()).toEqual([
    'dynamodb:BatchExecuteStatement',
    'sqs:ChangeMessageVisibilityBatch',
    'sqs:SendMessageBatch',
  ]);
});

describe('every role', () => {
  test.each(ids)('%s: no wildcard action, no scan, no delete of an item', (id) => {
    for (const action of actions(id)) {
      expect(action).not.toContain('*');
      expect(action).not.toMatch(/Scan|DeleteItem|PartiQLDelete|PartiQLSelect/);
    }
  });

  test.each(ids)('%s: only traces, which know no resources, are allowed on all', (id) => {
    for (const { Action, Resource } of statements(id)) {
      if (Resource === '*') expect(Action).toEqual(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
      else
        expect(JSON.stringify(Resource).replaceAll(/\/(sealed|tenants|unreadable)\/\*/g, '')).not.toContain(
          '*',
        );
    }
  });

  test('there are no policies beside those of the roles', () => {
    // The state machine needs advance, and advance the machine: its leave for it can't be part of its role.
    const apart = Object.values(resources(prod, 'AWS::IAM::Policy')).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement,
    ) as Statement[];
    expect(apart.map((each) => each.Action)).toEqual([
      'states:SendTaskSuccess',
      'states:SendTaskFailure',
      'states:StartExecution',
    ]);
    expect(resources(prod, 'AWS::IAM::ManagedPolicy')).toEqual({});
  });
});

describe('every function', () => {
  test('is one of the wiring, the worker once per queue', () => {
    const made = Object.keys(resources(prod, 'AWS::Lambda::Function')).map((id) =>
      id.replace(/function[0-9A-F]{8}$/, ''),
    );
    expect(made.sort()).toEqual([...ids].sort());
  });

  test.each(ids)('%s is told what the wiring lists, and the name of its TaskQ', (id) => {
    const name = id in wiring ? (id as keyof typeof wiring) : 'work';
    const told = lambda(id).Environment.Variables;
    expect(Object.keys(told).sort()).toEqual([...wiring[name], 'TASKQ'].sort());
    expect(told.TASKQ).toBe('tq');
  });

  test.each(['enqueue', 'manage', 'workflows'])(
    '%s is deployed after the workers: what it accepts they must know',
    (id) => {
      const { DependsOn } = resource(prod, 'AWS::Lambda::Function', id) as { DependsOn?: string[] };
      const workers = ['workmail', 'workreports'].map((each) => expect.stringMatching(`^${each}function`));
      expect(DependsOn).toEqual(expect.arrayContaining(workers));
    },
  );

  test.each(ids)('%s runs on arm64 and Node 24', (id) => {
    expect(lambda(id)).toMatchObject({
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
    });
  });

  test.each(ids)('%s logs its own lines as they are, into a group of its own', (id) => {
    const { LogFormat, LogGroup } = lambda(id).LoggingConfig;
    expect(LogFormat).toBe('Text');
    expect(resources(prod, 'AWS::Logs::LogGroup')[LogGroup.Ref]!.Properties).toMatchObject({
      RetentionInDays: 30,
      KmsKeyId: expect.anything(),
    });
  });

  test.each(ids)('%s leaves the concurrency of the account alone', (id) => {
    expect(lambda(id).ReservedConcurrentExecutions).toBeUndefined();
  });

  test('may send on without Lambda taking it for a loop, if it sends to lanes', () => {
    const loops = ids.filter((id) => lambda(id).RecursiveLoop === 'Allow');
    expect(loops).toEqual([
      'enqueue',
      'manage',
      'workmail',
      'workreports',
      'operate',
      'bury',
      'release',
      'advance',
    ]);
  });

  test('answers before API Gateway gives up', () => {
    expect([lambda('enqueue').Timeout, lambda('manage').Timeout]).toEqual([29, 29]);
  });

  test('knows its stage by what it is told alone', () => {
    expect(lambda('workmail').Environment.Variables.ALLOW_PRIVATE_ADDRESSES).toBe('false');
    expect(lambda('workmail', local).Environment.Variables.ALLOW_PRIVATE_ADDRESSES).toBe('true');
    expect(lambda('workmail').Environment.Variables).toMatchObject({ QUEUE: 'mail', CODE_VERSION: 'work-1' });
  });
});
