import { BatchExecuteStatementCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type {
  AttentionEntry,
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
export function jobStore(table: string, sleep: Sleep, onError: OnError): JobStore {
  return {
    async insert(records) {
      const rows = await execute(
        records.map((each) => insertStatement(table, each)),
        sleep,
        onError,
      );
      const standing = await readStanding(
        table,
        records.filter((_, index) => rows[index]?.error?.Code === duplicate),
        sleep,
        onError,
      );
      return rows.map((row, index) => readInsert(row, standing(records[index] as JobRecord), onError));
    },
    async change(changes) {
      const rows = await execute(
        changes.map((each) => updateStatement(table, each)),
        sleep,
        onError,
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
  error?: { Code?: string; Item?: Record<string, unknown> };
  item?: Record<string, unknown>;
}

/** Of a row that no answer speaks of. */
const unheard = 'unheard';
const nothing: Row = { error: { Code: unheard } };
/** Row errors after which nothing is known to have happened and another try may well succeed. */
const passing = [
  unheard,
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'TransactionConflict',
  'InternalServerError',
];
const duplicate = 'DuplicateItem';
const tries = 5;

/**
 * Carries statements out, call by call. A call that fails is the last: what the calls before it answered stands, of the
 * other rows nothing is known. Rejects when nothing is known of any, so that an outage is met by one call.
 */
async function execute(statements: readonly Statement[], sleep: Sleep, onError: OnError): Promise<Row[]> {
  const rows: Row[] = statements.map(() => nothing);
  let heard = false;
  try {
    for (let start = 0; start < statements.length; start += statementChunk) {
      const end = Math.min(start + statementChunk, statements.length);
      let open = Array.from({ length: end - start }, (_, position) => start + position);
      for (let attempt = 0; open.length > 0 && attempt < tries; attempt++) {
        if (attempt > 0) await sleep(25 * 2 ** attempt);
        const answers = await send(open.map((index) => statements[index] as Statement));
        heard = true;
        for (const [position, index] of open.entries()) rows[index] = answers[position] ?? nothing;
        open = open.filter((index) => isPassing(rows[index] as Row));
      }
    }
  } catch (error) {
    if (!heard) throw error;
    onError('a call of a batch failed: its rows, and those after them, are to be sent again', error);
  }
  return rows;
}

async function send(statements: readonly Statement[]): Promise<Row[]> {
  const { Responses = [] } = await dynamo.send(
    new BatchExecuteStatementCommand({
      Statements: statements.map((each) => ({
        ...each,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      })),
      ReturnConsumedCapacity: 'TOTAL',
    }),
  );
  return Responses.map(({ Error: error, Item: item }) => ({ error: error as Row['error'], item }));
}

/** What stands at the keys of duplicates, read together. What cannot be read is nothing known, as what has just gone. */
async function readStanding(
  table: string,
  duplicates: readonly JobRecord[],
  sleep: Sleep,
  onError: OnError,
): Promise<(record: JobRecord) => JobRecord | undefined> {
  if (duplicates.length === 0) return () => undefined;
  const found = await getRecords(table, duplicates, sleep).catch((error: unknown) => {
    onError('what stands where jobs were to be inserted could not be read: they are to be sent again', error);
    return [];
  });
  return (record) => found[duplicates.indexOf(record)];
}

function readInsert(row: Row, found: JobRecord | undefined, onError: OnError): InsertResult {
  if (row.error === undefined) return { inserted: true };
  const { Code } = row.error;
  if (Code === duplicate && found !== undefined) return { inserted: false, found };
  if (Code === duplicate || isPassing(row)) return { inserted: false, retry: true };
  return refused(row, onError);
}

function readChange(row: Row, onError: OnError): ChangeResult {
  if (row.error === undefined) return { applied: true, record: recordOf(row.item ?? {}) };
  if (isPassing(row)) return { applied: false, retry: true };
  const { Code, Item } = row.error;
  if (Code !== 'ConditionalCheckFailed') return refused(row, onError);
  return { applied: false, found: Item === undefined ? undefined : recordOf(Item) };
}

function isPassing({ error }: Row): boolean {
  return passing.includes(error?.Code ?? '');
}

type Sleep = (ms: number) => Promise<void>;
type OnError = (message: string, error: unknown) => void;

/** A row that DynamoDB refuses as such, a fault of this code or of what stands there: the rows beside it are not to suffer. */
function refused({ error }: Row, onError: OnError): { inserted: false; applied: false; retry: true } {
  onError(`DynamoDB refused a statement: ${error?.Code}`, new Error(error?.Code));
  return { inserted: false, applied: false, retry: true };
}

async function getRecords(
  table: string,
  keys: readonly RecordKey[],
  sleep: Sleep,
): Promise<(JobRecord | undefined)[]> {
  return (await readAll(table, keys, sleep)).map((item) => item && recordOf(item));
}
