import { AnyPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib/core';

/**
 * The one KMS key of a TaskQ: it wraps tenant keys and encrypts tables, queues, bucket and logs.
 *
 * Its policy lets SQS, DynamoDB and S3 use it for whoever may use the queue, the table or the bucket, as AWS's
 * own managed keys do. So no role needs the key for storage, and a role's own `kms:Decrypt` is for tenant
 * keys alone.
 */
export function stackKey(scope: Stack, props: { name: string; removalPolicy: RemovalPolicy }): Key {
  const { account, region, partition } = Stack.of(scope);
  const key = new Key(scope, 'key', {
    description: `TaskQ ${props.name}: wraps tenant keys, encrypts storage`,
    // Cannot be changed later, and a key of one region cannot be replicated.
    multiRegion: true,
    enableKeyRotation: true,
    removalPolicy: props.removalPolicy,
    pendingWindow: Duration.days(30),
  });
  const through = (...services: string[]) => ({
    'kms:CallerAccount': account,
    'kms:ViaService': services.map((each) => `${each}.${region}.amazonaws.com`),
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'StorageForItsUsers',
      principals: [new AnyPrincipal()],
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:DescribeKey',
      ],
      resources: ['*'],
      conditions: { StringEquals: through('sqs', 'dynamodb', 's3') },
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'TablesKeepAGrant',
      principals: [new AnyPrincipal()],
      actions: ['kms:CreateGrant'],
      resources: ['*'],
      conditions: {
        StringEquals: through('dynamodb'),
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      },
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'LogsOfTheseStacks',
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:DescribeKey',
      ],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:${props.name}-*`,
        },
      },
    }),
  );
  return key;
}
