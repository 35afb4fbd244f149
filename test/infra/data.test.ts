import { describe, expect, test } from 'vitest';
import { type Resource, resource, resources, synthesise } from './templates.ts';

const prod = (await synthesise('prod')).data;
const local = (await synthesise('local')).data;
const keyArn = { 'Fn::GetAtt': [expect.stringMatching(/^key/), 'Arn'] };
const table = (name: string, template = prod) =>
  resource(template, 'AWS::DynamoDB::GlobalTable', name).Properties;

describe('tables', () => {
  test.each(['jobs', 'control', 'keys'])('%s is encrypted with the key of the stack', (name) => {
    expect(table(name).SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS' });
    expect(table(name).Replicas[0].SSESpecification).toEqual({ KMSMasterKeyId: keyArn });
  });

  test.each(['jobs', 'control', 'keys'])('%s is paid per request', (name) => {
    expect(table(name).BillingMode).toBe('PAY_PER_REQUEST');
  });

  test.each(['jobs', 'control'])('%s can be restored to any second', (name) => {
    expect(table(name).Replicas[0].PointInTimeRecoverySpecification).toEqual({
      PointInTimeRecoveryEnabled: true,
    });
  });

  test('keys cannot be restored, so that a shredded key stays shredded', () => {
    const { PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: false } } =
      table('keys').Replicas[0];
    expect(PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: false });
    expect(table('keys').StreamSpecification).toBeUndefined();
  });

  test('keys is protected from deletion on prod', () => {
    expect(table('keys').Replicas[0].DeletionProtectionEnabled).toBe(true);
    expect(table('keys', local).Replicas[0].DeletionProtectionEnabled).toBeFalsy();
  });

  test('jobs has a stream of both images and a time to live', () => {
    expect(table('jobs').StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    expect(table('jobs').TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
    expect(table('control').TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
    expect(table('keys').TimeToLiveSpecification).toBeUndefined();
  });

  test('the attention index holds keys, and what jobs are grouped and filtered by', () => {
    expect(table('jobs').GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'attention',
        KeySchema: [
          { AttributeName: 'attention', KeyType: 'HASH' },
          { AttributeName: 'attentionAt', KeyType: 'RANGE' },
        ],
        Projection: {
          ProjectionType: 'INCLUDE',
          NonKeyAttributes: ['type', 'gate', 'queue', 'tags', 'fingerprint'],
        },
      },
    ]);
  });

  test('names are given on local alone', () => {
    const names = (template: typeof prod) =>
      Object.values(resources(template, 'AWS::DynamoDB::GlobalTable')).map(
        (each) => each.Properties.TableName,
      );
    expect(names(prod)).toEqual([undefined, undefined, undefined]);
    expect(names(local)).toEqual(['tq-jobs', 'tq-control', 'tq-keys']);
  });
});

describe('what holds data', () => {
  const kept = ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::KMS::Key'];
  const policies = (template: typeof prod) =>
    kept
      .flatMap((type) => Object.values(resources(template, type)))
      .map((each) => [each.DeletionPolicy, each.UpdateReplacePolicy]);

  test('is kept when prod is destroyed', () => {
    expect(policies(prod)).toHaveLength(5);
    for (const each of policies(prod)) expect(each).toEqual(['Retain', 'Retain']);
  });

  test('goes when local is destroyed', () => {
    for (const each of policies(local)) expect(each).toEqual(['Delete', 'Delete']);
  });

  test('needs no function of the library to be made or removed', () => {
    for (const template of [prod, local]) {
      for (const each of Object.values(resources(template)))
        expect(each.Type).not.toMatch(/^Custom::|Lambda/);
    }
  });
});

describe('data bucket', () => {
  const bucket = resource(prod, 'AWS::S3::Bucket', 'bucket').Properties;

  test('is encrypted with the key of the stack, and asks KMS per bucket', () => {
    const [rule] = bucket.BucketEncryption.ServerSideEncryptionConfiguration;
    expect(rule.BucketKeyEnabled).toBe(true);
    expect(rule.ServerSideEncryptionByDefault).toEqual({ SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn });
  });

  test('is closed to the public', () => {
    expect(bucket.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });

  test('refuses plain HTTP on prod', () => {
    const { PolicyDocument } = resource(prod, 'AWS::S3::BucketPolicy', 'bucket').Properties;
    expect(PolicyDocument.Statement[0]).toMatchObject({
      Effect: 'Deny',
      Action: 's3:*',
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });

  test('takes plain HTTP on local, where an emulator has nothing else', () => {
    expect(resources(local, 'AWS::S3::BucketPolicy')).toEqual({});
  });

  test('gives up abandoned uploads after a day, sealed objects after 460 and unreadable messages after 30 days', () => {
    expect(bucket.LifecycleConfiguration.Rules).toMatchObject([
      { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
      { Status: 'Enabled', Prefix: 'sealed/', ExpirationInDays: 460 },
      { Status: 'Enabled', Prefix: 'unreadable/', ExpirationInDays: 30 },
    ]);
  });
});

describe('key', () => {
  const key: Resource = resource(prod, 'AWS::KMS::Key', 'key');
  const statements: { Sid?: string; Action: string | string[]; Principal: object; Condition?: object }[] =
    key.Properties.KeyPolicy.Statement;

  test('is multi-region from the first deploy, and rotates', () => {
    expect(key.Properties).toMatchObject({ MultiRegion: true, EnableKeyRotation: true });
  });

  test('is open to the account by IAM policies, and to nobody else without a condition', () => {
    const open = statements.filter((each) => each.Condition === undefined);
    expect(open).toHaveLength(1);
    expect(JSON.stringify(open[0]!.Principal)).toMatch(/:iam::.*:root/);
  });

  test('serves those who may use the storage, through the storage alone', () => {
    expect(statements.find((each) => each.Sid === 'StorageForItsUsers')!.Condition).toEqual({
      StringEquals: {
        'kms:CallerAccount': { Ref: 'AWS::AccountId' },
        'kms:ViaService': ['sqs', 'dynamodb', 's3'].map((each) => ({
          'Fn::Join': ['', [`${each}.`, { Ref: 'AWS::Region' }, '.amazonaws.com']],
        })),
      },
    });
  });

  test('serves the logs of these stacks', () => {
    const { Condition } = statements.find((each) => each.Sid === 'LogsOfTheseStacks')!;
    expect(JSON.stringify(Condition)).toMatch(
      /ArnLike.*kms:EncryptionContext:aws:logs:arn.*:log-group:tq-\*/,
    );
  });
});

test('the outputs say where everything is', () => {
  const outputs = Object.keys(prod.toJSON().Outputs).filter((each) => !each.startsWith('ExportsOutput'));
  expect(outputs).toEqual(['JobsTableName', 'ControlTableName', 'KeysTableName', 'DataBucketName', 'KeyArn']);
});
