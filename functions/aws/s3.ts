import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { counted } from './calls.ts';
import { boundedCalls } from './timeouts.ts';

/** Objects of the data bucket. Loaded by `loadS3` alone, so that no cold start pays for it. */

// The bucket by path: a local AWS has no DNS for bucket names. Real S3 takes both.
const s3 = counted(new S3Client({ ...boundedCalls(10_000), forcePathStyle: true }));

export async function putObject(bucket: string, key: string, body: Uint8Array): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
}

/** The whole object, or undefined if there is none. */
export async function getObject(bucket: string, key: string): Promise<Uint8Array | undefined> {
  const stream = await getStream(bucket, key);
  if (stream === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The object as it arrives, or undefined if there is none. */
export async function getStream(bucket: string, key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    // AccessDenied is not among them: roles may list what they may read, so that a missing object says so.
    if (error instanceof Error && ['NoSuchKey', 'NotFound'].includes(error.name)) return undefined;
    throw error;
  }
}
