import { describe, expect, test } from 'vitest';
import { statementsOf } from './roles.ts';
import { resource, synthesise } from './templates.ts';

const prod = (await synthesise('prod')).queue;
const local = (await synthesise('local')).queue;
const lambda = (id: string, template = prod) => resource(template, 'AWS::Lambda::Function', id).Properties;
const statements = (id: string, template = prod) => statementsOf(template, id);

describe('reach', () => {
  const sends = (id: string) => {
    const targets = statements(id).filter((each) => each.Action === 'sqs:SendMessage');
    return targets
      .flatMap((each) => each.Resource as { 'Fn::GetAtt': string[] }[])
      .map((each) => each['Fn::GetAtt'][0]!.replace(/[0-9A-F]{8}$/, ''));
  };
  const five = (queue: string) =>
    ['critical', 'high', 'normal', 'low', 'quarantine'].map((lane) => `${queue}${lane}`);

  test('a worker sends to every lane of its own queue, and to those of others where jobs wait for its own', () => {
    expect(sends('workmail')).toEqual([...five('mail'), ...five('reports').slice(0, 4)]);
    expect(sends('workreports')).toEqual([...five('mail').slice(0, 4), ...five('reports')]);
  });

  test('a worker updates single items of the sealed values and of workflows alone: records change by their conditions', () => {
    const updates = statements('workmail').filter((each) => each.Action === 'dynamodb:UpdateItem');
    expect(updates.map((each) => each.Condition)).toEqual([
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['p#*'] } },
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['w#*'] } },
    ]);
  });

  test('a worker reads workflows and their nodes, and writes what jobs add: no states, no watch, no walk', () => {
    const controls = statements('workmail').filter(
      ({ Condition, Action, Resource }) =>
        JSON.stringify(Condition ?? '').includes('LeadingKeys') &&
        JSON.stringify(Resource).includes('control') &&
        Action !== 'dynamodb:UpdateItem',
    );
    expect(controls.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      ['dynamodb:GetItem', { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['w#*'] } }],
      ['dynamodb:Query', { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['wp#*', 'wa#*'] } }],
      ['dynamodb:PutItem', { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['wa#*'] } }],
    ]);
    const names = (id: string) =>
      statements(id).flatMap(({ Action, Resource }) =>
        [Action].flat().flatMap((each) => (/:(GetItem|PutItem)$/.test(each) ? [[each, Resource]] : [])),
      );
    expect(names('workmail')).toHaveLength(2);
  });

  test('what workflows keep is all that their functions reach in the control table', () => {
    const keys = ['w#*', 'wp#*', 'wa#*', 'wk#*', 'watch#*'];
    for (const id of ['advance', 'workflows']) {
      const reaching = statements(id).filter(
        ({ Action, Resource }) =>
          [Action].flat().some((each) => each.startsWith('dynamodb:')) &&
          JSON.stringify(Resource).includes('control'),
      );
      expect(reaching.map((each) => each.Condition)).toEqual([
        { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } },
      ]);
    }
  });

  /** Call → the keys of the partitions of a table where a function may make it; without a condition, `all`. */
  const reached = (id: string, table: string): Record<string, string[]> => {
    const calls: Record<string, string[]> = {};
    for (const { Action, Resource, Condition } of statements(id)) {
      const of = /"Fn::ImportValue":"[^"]*?GetAtt([a-z]+)/.exec(JSON.stringify(Resource))?.[1];
      const [keys] = Object.values(Condition ?? {}).map((each) => each['dynamodb:LeadingKeys']);
      for (const each of of === table ? [Action].flat() : []) {
        const call = each.replace('dynamodb:', '');
        calls[call] = [...(calls[call] ?? []), ...(keys ?? ['all'])];
      }
    }
    return calls;
  };

  const sealedValues = ['p#*'];
  const idempotencyKeys = ['k#*#*'];

  test.each(['enqueue', 'manage', 'workflows'])(
    '%s reads and puts single items of the jobs table as idempotency keys alone',
    (id) => {
      const { GetItem, PutItem } = reached(id, 'jobs');
      expect([GetItem, PutItem]).toEqual([idempotencyKeys, idempotencyKeys]);
    },
  );

  test.each(['enqueue', 'manage', 'workmail', 'workreports', 'operate', 'advance'])(
    '%s writes batches, which could delete, of sealed values alone',
    (id) => {
      expect(reached(id, 'jobs').BatchWriteItem).toEqual(sealedValues);
    },
  );

  test('workflows reads jobs, holds idempotency keys, and writes nothing else of the jobs table or the bucket', () => {
    expect(reached('workflows', 'jobs')).toEqual({
      BatchGetItem: ['all'],
      GetItem: idempotencyKeys,
      PutItem: idempotencyKeys,
    });
    expect(statements('workflows').flatMap(({ Action }) => Action)).not.toContain('s3:PutObject');
  });

  test('keys notes tenants in the control table, and release how far the walk is', () => {
    expect(reached('keys', 'control')).toEqual({ PutItem: ['tenants'] });
    expect(reached('release', 'control')).toEqual({ Query: ['tenants', 'walk'], PutItem: ['walk'] });
  });

  test('bury sends to quarantine alone', () => {
    expect(sends('bury')).toEqual(['mailquarantine', 'reportsquarantine', 'taskqquarantine']);
  });

  const own = ['taskqnormal', 'taskqquarantine'];
  test.each(['manage', 'operate', 'release'])('%s sends to every lane', (id) => {
    expect(sends(id)).toEqual([...five('mail'), ...five('reports'), ...own]);
  });

  test.each(['enqueue', 'advance'])(
    '%s sends to every lane but those of TaskQ’s own queue: nobody enqueues an operation',
    (id) => {
      expect(sends(id)).toEqual([...five('mail'), ...five('reports')]);
    },
  );

  test('operate updates single items of its progress and of workflows alone, and reads no tenant’s objects', () => {
    const updates = statements('operate').filter((each) => each.Action === 'dynamodb:UpdateItem');
    expect(updates.map((each) => each.Condition)).toEqual([
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['p#*'] } },
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['w#*'] } },
    ]);
    expect(JSON.stringify(statements('operate'))).not.toContain('tenants/');
  });

  const told = (id: string) => {
    const value = JSON.stringify(lambda(id).Environment.Variables.LANES);
    return [...value.matchAll(/"Fn::GetAtt":\["(\w+)[0-9A-F]{8}","QueueName"\]/g)].map(([, name]) => name);
  };

  test('a function is told of the lanes it may send to, and of no others', () => {
    for (const id of ['enqueue', 'manage', 'workmail', 'operate', 'release'])
      expect(told(id)).toEqual(sends(id));
  });

  test('bury is told where dead letters lie as well, to hide them', () => {
    expect(told('bury')).toEqual([
      ...['mailquarantine', 'maildead', 'reportsquarantine', 'reportsdead'],
      ...['taskqquarantine', 'taskqdead'],
    ]);
  });

  test.each(['enqueue', 'manage', 'workmail', 'operate', 'keys'])(
    '%s uses the master key for what TaskQ wrapped, on prod',
    (id) => {
      const kms = (template: typeof prod) =>
        statements(id, template).filter((each) => String(each.Action).startsWith('kms:'));
      expect(kms(prod).map((each) => each.Condition)).toEqual([
        { StringEquals: { 'kms:EncryptionContext:app': 'taskq' } },
      ]);
      expect(kms(local).map((each) => each.Condition)).toEqual([undefined]);
    },
  );
});
