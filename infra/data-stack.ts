import {
  AttributeType,
  Billing,
  type CfnGlobalTable,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { controlTable, jobsTable, keysTable } from '../core/table.ts';
import { stackKey } from './stack-key.ts';
import type { Stage } from './stages.ts';

/** What must outlive a deploy, and on prod `cdk destroy` too: tables, bucket, key. */
export class DataStack extends Stack {
  readonly key: Key;
  readonly jobs: TableV2;
  readonly control: TableV2;
  readonly keys: TableV2;
  readonly bucket: Bucket;

  constructor(scope: App, id: string, { stage, name }: { stage: Stage; name: string }) {
    super(scope, id, { description: 'TaskQ: tables, data bucket and key' });
    const removalPolicy = stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.key = stackKey(this, { name, removalPolicy });

    const table = (
      of: string,
      keys: { partitionKey: string; sortKey: string },
      more: Partial<TablePropsV2>,
    ): TableV2 => {
      const made = new TableV2(this, of, {
        partitionKey: { name: keys.partitionKey, type: AttributeType.STRING },
        sortKey: { name: keys.sortKey, type: AttributeType.STRING },
        billing: Billing.onDemand(),
        encryption: TableEncryptionV2.awsManagedKey(),
        removalPolicy,
        ...(stage.nameTables ? { tableName: `${name}-${of}` } : {}),
        ...more,
      });
      // With `customerManagedKey` the library refuses a stack that is synthesised without its region.
      const resource = made.node.defaultChild as CfnGlobalTable;
      resource.addPropertyOverride('Replicas.0.SSESpecification.KMSMasterKeyId', this.key.keyArn);
      return made;
    };
    const pointInTimeRecoverySpecification = { pointInTimeRecoveryEnabled: stage.pointInTimeRecovery };

    const { attentionIndex, timeToLive } = jobsTable;
    this.jobs = table('jobs', jobsTable, {
      pointInTimeRecoverySpecification,
      timeToLiveAttribute: timeToLive,
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      globalSecondaryIndexes: [
        {
          indexName: attentionIndex.name,
          partitionKey: { name: attentionIndex.partitionKey, type: AttributeType.STRING },
          sortKey: { name: attentionIndex.sortKey, type: AttributeType.NUMBER },
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: [...attentionIndex.projects],
        },
      ],
    });
    this.control = table('control', controlTable, {
      pointInTimeRecoverySpecification,
      timeToLiveAttribute: controlTable.timeToLive,
    });
    // No point-in-time recovery and no stream: a shredded tenant key must stay shredded.
    this.keys = table('keys', keysTable, { deletionProtection: stage.keepData });

    this.bucket = new Bucket(this, 'bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: stage.requireTls,
      versioned: true,
      removalPolicy,
      lifecycleRules: [
        {
          id: 'abandoned',
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          noncurrentVersionExpiration: Duration.days(30),
        },
        // A year of delay, the retries of a run, 30 days of keeping, and a margin: no job needs it any more.
        { id: 'sealed', prefix: 'sealed/', expiration: Duration.days(460) },
        // Messages that were not TaskQ's, unsealed: as long as the record of a job, for whoever looks into an alarm.
        { id: 'unreadable', prefix: 'unreadable/', expiration: Duration.days(30) },
      ],
    });

    new CfnOutput(this, 'JobsTableName', { value: this.jobs.tableName });
    new CfnOutput(this, 'ControlTableName', { value: this.control.tableName });
    new CfnOutput(this, 'KeysTableName', { value: this.keys.tableName });
    new CfnOutput(this, 'DataBucketName', { value: this.bucket.bucketName });
    new CfnOutput(this, 'KeyArn', { value: this.key.keyArn });
  }
}
