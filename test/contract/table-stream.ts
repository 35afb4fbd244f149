import { Sha256 } from '@aws-crypto/sha256-js';
import {
  type AttributeValue,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import { recordOf } from '../../core/row.ts';
import type { JobRecord, RecordKey } from '../../core/table.ts';
import type { StreamRecord } from '../support/rows.ts';

interface Where {
  endpoint: string;
  table: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

interface RawRecord {
  eventName: StreamRecord['eventName'];
  dynamodb: Record<'Keys' | 'OldImage' | 'NewImage', Record<string, AttributeValue> | undefined>;
}

interface Page {
  Records: RawRecord[];
  NextShardIterator?: string;
}

/** The stream of a table by DynamoDB Streams' own calls: what Lambda's mapping reads. */
export function tableStream({ endpoint, table, region, credentials }: Where) {
  const dynamo = new DynamoDBClient({ endpoint, region, credentials });
  const signer = new SignatureV4({ service: 'dynamodb', region, credentials, sha256: Sha256 });

  const call = async <T>(action: string, input: object): Promise<T> => {
    const { protocol, hostname, port, host } = new URL(endpoint);
    const body = JSON.stringify(input);
    const headers = {
      host,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDBStreams_20120810.${action}`,
    };
    const signed = await signer.sign({
      method: 'POST',
      protocol,
      hostname,
      port: Number(port),
      path: '/',
      headers,
      body,
    });
    const { host: _, ...sent } = signed.headers;
    const answer = await fetch(endpoint, { method: 'POST', headers: sent, body });
    if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };

  /** Everything that a shard has had; an open shard ends with an empty page. */
  const readShard = async (StreamArn: string, ShardId: string): Promise<RawRecord[]> => {
    const input = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    let { ShardIterator } = await call<{ ShardIterator?: string }>('GetShardIterator', input);
    const records: RawRecord[] = [];
    while (ShardIterator !== undefined) {
      const page: Page = await call<Page>('GetRecords', { ShardIterator, Limit: 1_000 });
      records.push(...page.Records);
      ShardIterator = page.Records.length === 0 ? undefined : page.NextShardIterator;
    }
    return records;
  };

  return {
    async read(...keys: RecordKey[]): Promise<StreamRecord[]> {
      const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: table }));
      const StreamArn = Table?.LatestStreamArn ?? '';
      const { StreamDescription } = await call<{ StreamDescription: { Shards: { ShardId: string }[] } }>(
        'DescribeStream',
        { StreamArn },
      );
      const shards = await Promise.all(
        StreamDescription.Shards.map((each) => readShard(StreamArn, each.ShardId)),
      );
      return shards
        .flat()
        .filter(({ dynamodb: { Keys } }) =>
          keys.some(({ pk, sk }) => Keys?.pk?.S === pk && Keys.sk?.S === sk),
        )
        .map(asRecord);
    },
    async expire(key: RecordKey): Promise<void> {
      await dynamo.send(new DeleteItemCommand({ TableName: table, Key: marshall({ ...key }) }));
    },
  };
}

function asRecord({ eventName, dynamodb: { Keys, OldImage, NewImage } }: RawRecord): StreamRecord {
  return {
    eventName,
    key: unmarshall(Keys ?? {}) as RecordKey,
    ...(OldImage === undefined ? {} : { before: imageOf(OldImage) }),
    ...(NewImage === undefined ? {} : { after: imageOf(NewImage) }),
  };
}

/** Bytes are base64 in JSON. */
function imageOf(image: Record<string, AttributeValue>): JobRecord {
  const decoded = JSON.parse(JSON.stringify(image), (name, value: unknown) =>
    name === 'B' && typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value,
  );
  return recordOf(unmarshall(decoded));
}
