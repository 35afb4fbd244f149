import type { BatchStatementError } from '@aws-sdk/client-dynamodb';
import { BatchExecuteStatementCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type {
  AttentionEntry,
  Change,
  ChangeResult,
  FailedEntry,
  FailedQuery,
  InsertResult,
  JobStore,
} from '../../core/change.ts';
import { recordOf } from '../../core/row.ts';
import { type JobRecord, jobsTable, type RecordKey } from '../../core/table.ts';
import { readAll } from './batches.ts';
import { dynamo } from './clients.ts';
import { newestOf } from './newest.ts';
import { insertStatement, type Statement, updateStatement } from './partiql.ts';

/**
 * The jobs table as a JobStore. Rows of a batch succeed and fail one by one, inside an HTTP 200 that the
 * SDK does not retry: rows that were throttled are sent again here, the others never.
 */
export function jobStore(
  table: string,
  sleep: (ms: number) => Promise<void>,
  onError: (message: string, error: unknown) => void,
): JobStore {
  return {
    async insert(records) {
      const rows = await inChunks(records, statementChunk, (chunk) =>
        execute(
          chunk.map((each) => insertStatement(table, each)),
          sleep,
        ),
      );
      const results: InsertResult[] = [];
      for (const [index, row] of rows.entries())
        results.push(await readInsert(table, row, records[index] as JobRecord, onError));
      return results;
    },
    async change(changes) {
      const rows = await inChunks(changes, statementChunk, (chunk) =>
        execute(
          chunk.map((each: Change) => updateStatement(table, each)),
          sleep,
        ),
      );
      return rows.map((row) => readChange(row, onError));
    },
    get: (keys) => getRecords(table, keys, sleep),
    newest: (query) => newestOf(table, recordOf, query),
    async attention({ partition, until, limit, after }) {
      const { attentionIndex } = jobsTable;
      const { Items } = await dynamo.send(
        new QueryCommand({
          TableName: table,
          IndexName: attentionIndex.name,
          KeyConditionExpression: `${attentionIndex.partitionKey} = :partition AND ${attentionIndex.sortKey} <= :until`,
          ExpressionAttributeValues: { ':partition': partition, ':until': until },
          ProjectionExpression: `pk, sk, ${attentionIndex.sortKey}`,
          Limit: limit,
          ...(after === undefined
            ? {}
            : { ExclusiveStartKey: { ...after, [attentionIndex.partitionKey]: partition } }),
        }),
      );
      return (Items ?? []) as AttentionEntry[];
    },
    // Bounds that cross are refused.
    failed: async (query) => (query.since < query.until ? queryFailed(table, query) : []),
  };
}

/** Reads on until the limit or the end: a page of DynamoDB's may be short of both. */
async function queryFailed(
  table: string,
  { partition, since, until, after, limit }: FailedQuery,
): Promise<FailedEntry[]> {
  const { name, partitionKey, sortKey } = jobsTable.attentionIndex;
  const entries: FailedEntry[] = [];
  let from: Record<string, unknown> | undefined = after && {
    pk: after.pk,
    sk: after.sk,
    [partitionKey]: partition,
    [sortKey]: after.attentionAt,
  };
  do {
    const answer = await dynamo.send(
      new QueryCommand({
        TableName: table,
        IndexName: name,
        KeyConditionExpression: `${partitionKey} = :partition AND ${sortKey} BETWEEN :since AND :until`,
        ExpressionAttributeValues: { ':partition': partition, ':since': since, ':until': until - 1 },
        ExclusiveStartKey: from,
        Limit: limit - entries.length,
      }),
    );
    entries.push(...((answer.Items ?? []) as FailedEntry[]));
    from = answer.LastEvaluatedKey;
  } while (from !== undefined && entries.length < limit);
  return entries;
}

/** BatchExecuteStatement takes 25 statements. */
const statementChunk = 25;

interface Row {
  error?: BatchStatementError;
  item?: Record<string, unknown>;
}

/** Row errors after which nothing is known to have happened and another try may well succeed. */
const passing = [
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'TransactionConflict',
  'InternalServerError',
];
const tries = 5;

async function execute(statements: Statement[], sleep: (ms: number) => Promise<void>): Promise<Row[]> {
  const rows: Row[] = new Array(statements.length);
  let open = statements.map((_, index) => index);
  for (let attempt = 0; open.length > 0 && attempt < tries; attempt++) {
    if (attempt > 0) await sleep(25 * 2 ** attempt);
    const { Responses = [] } = await dynamo.send(
      new BatchExecuteStatementCommand({
        Statements: open.map((index) => ({
          ...(statements[index] as Statement),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
        })),
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    for (const [position, index] of open.entries()) {
      const response = Responses[position];
      rows[index] = { error: response?.Error as BatchStatementError | undefined, item: response?.Item };
    }
    open = open.filter((index) => passing.includes(rows[index]?.error?.Code ?? ''));
  }
  return rows;
}

async function readInsert(
  table: string,
  row: Row,
  record: JobRecord,
  onError: OnError,
): Promise<InsertResult> {
  if (row.error === undefined) return { inserted: true };
  if (passing.includes(row.error.Code ?? '')) return { inserted: false, retry: true };
  if (row.error.Code !== 'DuplicateItem') return refused(row.error, onError);
  const [found] = await getRecords(table, [record], async () => {});
  return found === undefined ? { inserted: false, retry: true } : { inserted: false, found };
}

function readChange(row: Row, onError: OnError): ChangeResult {
  if (row.error === undefined) return { applied: true, record: recordOf(row.item ?? {}) };
  if (passing.includes(row.error.Code ?? '')) return { applied: false, retry: true };
  if (row.error.Code !== 'ConditionalCheckFailed') return refused(row.error, onError);
  const { Item } = row.error;
  return { applied: false, found: Item === undefined ? undefined : recordOf(Item) };
}

type OnError = (message: string, error: unknown) => void;

/** A row that DynamoDB refuses as such, a fault of this code or of what stands there: the rows beside it are not to suffer. */
function refused(
  { Code }: BatchStatementError,
  onError: OnError,
): { inserted: false; applied: false; retry: true } {
  onError(`DynamoDB refused a statement: ${Code}`, new Error(Code));
  return { inserted: false, applied: false, retry: true };
}

async function getRecords(
  table: string,
  keys: readonly RecordKey[],
  sleep: (ms: number) => Promise<void>,
): Promise<(JobRecord | undefined)[]> {
  return (await readAll(table, keys, sleep)).map((item) => item && recordOf(item));
}

async function inChunks<T>(
  items: readonly T[],
  size: number,
  send: (chunk: T[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let start = 0; start < items.length; start += size)
    rows.push(...(await send(items.slice(start, start + size))));
  return rows;
}
