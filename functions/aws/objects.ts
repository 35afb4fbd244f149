import { loadS3 } from './clients.ts';

/** An object of the tenant's own part of the data bucket, streamed; undefined if there is none. */
export async function readTenantObject(
  bucket: string,
  tenant: string,
  key: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  return (await loadS3()).getStream(bucket, `tenants/${tenant}/${key}`);
}

/** Keeps a message that is no pointer, for a person to look at. */
export async function storeUnreadable(
  bucket: string,
  source: string,
  messageId: string,
  body: string,
): Promise<void> {
  await (await loadS3()).putObject(bucket, `unreadable/${source}/${messageId}`, Buffer.from(body));
}
