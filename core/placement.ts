import { rowOf } from './row.ts';
import { itemSize, type JobRecord, type Sealed } from './table.ts';

/**
 * Where a sealed value lies. A write to the record bills every KB of it, three times in a job's life, so
 * the record stays within 1,000 bytes: a small value rides in it, to 8 KB it has an item of its own
 * (DynamoDB bills each KB once), above that an S3 object is cheaper.
 */
export type Place = 'record' | 'item' | 's3';

export const maxRecordBytes = 1000;
const maxItemBytes = 8 * 1024;

/** What claim and settle add to a waiting record besides the result: owner, message, shared, times, code version. */
const laterBytes = 156;

/** Room that a waiting record keeps for its result, so that a small answer needs no item of its own. */
const resultRoomBytes = 130;

/** @param record the record as it would be with the value in it; `sealed` the value itself */
export function placePayload(record: JobRecord, sealed: Sealed): Place {
  if (itemSize(rowOf(record)) + laterBytes + resultRoomBytes <= maxRecordBytes) return 'record';
  return placeApart(sealed);
}

/** @param record the final record, the result in it */
export function placeResult(record: JobRecord, sealed: Sealed): Place {
  if (itemSize(rowOf(record)) <= maxRecordBytes) return 'record';
  return placeApart(sealed);
}

function placeApart(sealed: Sealed): 'item' | 's3' {
  return sealed.data.length <= maxItemBytes ? 'item' : 's3';
}
