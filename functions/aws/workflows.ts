import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import {
  type AddedPart,
  addedPartition,
  addedSortKey,
  type KeptPart,
  type NodesPart,
  partNames,
  partsPartition,
  type StatesPart,
  type UniqueKey,
  type WorkflowItem,
  workflowKey,
} from '../../core/workflow/item.ts';
import type { Workflows } from '../workflows.ts';
import { putAll } from './batches.ts';
import { dynamo } from './clients.ts';
import { putIf, updateIf } from './conditional.ts';
import { workflowMarks } from './marks.ts';
import { newestOf } from './newest.ts';
import { workflowParts } from './parts.ts';
import { packToken, type StoredToken, unpackToken } from './token.ts';

/** Every write says what it cost: the log line of an invocation adds them up. */
const counted = { ReturnConsumedCapacity: 'TOTAL' } as const;

/** Workflows in the control table. */
export function workflowStore(table: string, sleep: (ms: number) => Promise<void>): Workflows {
  const put = putIf(table);
  const update = updateIf(table);
  const { parts, expireAll } = workflowParts(table);
  const partKey = (tenant: string, id: string, name: string) => ({
    pk: partsPartition(tenant, id),
    sk: name,
  });
  const get = async (key: { pk: string; sk: string }): Promise<Record<string, unknown> | undefined> =>
    (await dynamo.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }))).Item;

  return {
    ...workflowMarks(table),
    async create(item, nodes) {
      const tenant = item.pk.split('#')[1] ?? '';
      const standing = await get({ pk: item.pk, sk: item.sk });
      if (standing !== undefined) return standing as unknown as WorkflowItem;
      await putAll(
        table,
        nodes.map((part) => ({ ...partKey(tenant, item.sk, partNames.nodes(part.first)), ...part })),
        sleep,
      );
      if (await put({ ...item }, 'attribute_not_exists(pk)')) return item;
      return (await get({ pk: item.pk, sk: item.sk })) as unknown as WorkflowItem;
    },
    async get(tenant, id) {
      const { token, ...item } = (await get(workflowKey(tenant, id))) ?? {};
      if (item.pk === undefined) return undefined;
      const waiting = token === undefined ? {} : { token: unpackToken(token as StoredToken) };
      return { ...item, ...waiting } as WorkflowItem;
    },
    nodes: (tenant, id, from) =>
      parts<NodesPart>(partsPartition(tenant, id), 'nodes#', partNames.nodes(from)),
    addNodes: (tenant, id, part) =>
      put({ pk: addedPartition(tenant, id), sk: addedSortKey(part), ...part }, 'attribute_not_exists(pk)'),
    added: (tenant, id, by) =>
      by === undefined
        ? parts<AddedPart>(addedPartition(tenant, id), '', '0')
        : parts<AddedPart>(addedPartition(tenant, id), addedSortKey({ by })),
    append: (tenant, id, part) =>
      put({ ...partKey(tenant, id, partNames.nodes(part.first)), ...part }, 'attribute_not_exists(pk)'),
    states: (tenant, id) => parts<StatesPart>(partsPartition(tenant, id), 'states#'),
    saveStates: (tenant, id, part) => {
      const item = { ...partKey(tenant, id, partNames.states(part.index)), ...part };
      return part.revision === 1
        ? put(item, 'attribute_not_exists(pk)')
        : put(item, 'revision = :seen', { ':seen': part.revision - 1 });
    },
    part: async (tenant, id, name) => (await get(partKey(tenant, id, name))) as KeptPart | undefined,
    keepPart: (tenant, id, name, part) =>
      put({ ...partKey(tenant, id, name), ...part }, 'attribute_not_exists(pk)'),
    async holdKey(key, workflow, now, over) {
      const free = 'attribute_not_exists(pk) OR workflow = :workflow';
      const seen = 'workflow = :over AND (revision = :seen OR attribute_not_exists(revision))';
      const taken = await update(key, {
        UpdateExpression:
          'SET v = :one, workflow = :workflow, heldAt = :now REMOVE expiresAt ADD revision :one',
        ConditionExpression: over === undefined ? free : `${free} OR (${seen})`,
        ExpressionAttributeValues: {
          ...{ ':one': 1, ':workflow': workflow, ':now': now },
          ...(over === undefined ? {} : { ':over': over.workflow, ':seen': over.revision }),
        },
      });
      const holder = taken ? undefined : ((await get(key)) as UniqueKey | undefined);
      if (holder === undefined) return undefined;
      const { heldAt = 0, revision = 0, expiresAt } = holder;
      return {
        workflow: holder.workflow,
        heldAt,
        revision,
        ...(expiresAt === undefined ? {} : { expiresAt }),
      };
    },
    async expireKey(key, workflow, expiresAt) {
      await update(key, {
        UpdateExpression: 'SET expiresAt = :at',
        ConditionExpression: 'workflow = :workflow',
        ExpressionAttributeValues: { ':at': expiresAt, ':workflow': workflow },
      });
    },
    async raise(tenant, id, news, phase) {
      try {
        const { Attributes } = await dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: workflowKey(tenant, id),
            ...counted,
            UpdateExpression: 'ADD changes :one, unread :news REMOVE #token',
            ConditionExpression: `#status = :running${phase === undefined ? '' : ' AND phase = :phase'}`,
            ExpressionAttributeNames: { '#token': 'token', '#status': 'status' },
            ExpressionAttributeValues: {
              ':one': 1,
              ':news': new Set(news),
              ':running': 'running',
              ...(phase === undefined ? {} : { ':phase': phase }),
            },
            ReturnValues: 'ALL_OLD',
          }),
        );
        const token = Attributes?.token as StoredToken | undefined;
        return token === undefined ? {} : { token: unpackToken(token) };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },
    async returnToken(tenant, id, token) {
      await update(workflowKey(tenant, id), {
        UpdateExpression: 'SET #token = :token',
        ConditionExpression: '#status = :running AND attribute_not_exists(#token)',
        ExpressionAttributeNames: { '#token': 'token', '#status': 'status' },
        ExpressionAttributeValues: { ':token': packToken(token), ':running': 'running' },
      });
    },
    rest: (seen, { read, set: { token, ...others } }) => {
      const set = { ...others, ...(token === undefined ? {} : { token: packToken(token) }) };
      const given = Object.entries(set).filter(([, value]) => value !== undefined);
      const values = {
        ':seen': seen.changes,
        ':before': seen.execution,
        ':running': 'running',
        ':advanced': seen.advancesInAll,
        ...Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
      };
      const sets = given.map(([name]) => `#${name} = :${name}`).join(', ');
      return update(
        { pk: seen.pk, sk: seen.sk },
        {
          UpdateExpression: `SET ${sets}${read.length === 0 ? '' : ' DELETE unread :read'}`,
          // An advance that is late, or arrives late, does not put its token over that of another.
          ConditionExpression:
            'changes = :seen AND #status = :running AND #advancesInAll = :advanced AND #execution = :before',
          ExpressionAttributeNames: Object.fromEntries(
            [...given.map(([name]) => name), 'status', 'advancesInAll', 'execution'].map((name) => [
              `#${name}`,
              name,
            ]),
          ),
          ExpressionAttributeValues: {
            ...values,
            ...(read.length === 0 ? {} : { ':read': new Set(read) }),
          },
        },
      );
    },
    async forget(tenant, id, news) {
      await update(workflowKey(tenant, id), {
        UpdateExpression: 'DELETE unread :read',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':read': new Set(news) },
      });
    },
    revive: (seen, lookAt) =>
      update(
        { pk: seen.pk, sk: seen.sk },
        {
          UpdateExpression: 'SET #execution = :next, advances = :none, lookAt = :lookAt REMOVE #token',
          ConditionExpression: 'changes = :seen AND #status = :running AND #execution = :before',
          ExpressionAttributeNames: { '#execution': 'execution', '#token': 'token', '#status': 'status' },
          ExpressionAttributeValues: {
            ':next': seen.execution + 1,
            ':none': 0,
            ':lookAt': lookAt,
            ':seen': seen.changes,
            ':running': 'running',
            ':before': seen.execution,
          },
        },
      ),
    async expireParts(tenant, id, expiresAt) {
      for (const partition of [partsPartition(tenant, id), addedPartition(tenant, id)])
        await expireAll(partition, expiresAt);
    },
    reopen: (seen, { set, remove }) => {
      const given = Object.entries(set).filter(([, value]) => value !== undefined);
      const names = [...given.map(([name]) => name), ...remove, 'status', 'execution'];
      return update(
        { pk: seen.pk, sk: seen.sk },
        {
          UpdateExpression: [
            `SET ${given.map(([name]) => `#${name} = :${name}`).join(', ')}`,
            `REMOVE ${remove.map((name) => `#${name}`).join(', ')}`,
            'ADD changes :one',
          ].join(' '),
          ConditionExpression: 'changes = :seen AND #status = :ended AND #execution = :before',
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: {
            ...Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
            ':one': 1,
            ':seen': seen.changes,
            ':ended': seen.status,
            ':before': seen.execution,
          },
        },
      );
    },
    newest: (query) => newestOf(table, (item) => item as unknown as WorkflowItem, query),
  };
}
