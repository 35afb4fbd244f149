import { saidBy } from '../../core/errors.ts';
import { fingerprintOf } from '../../core/fingerprint.ts';
import type { Failure } from '../../core/retry.ts';
import { type JobRecord, tenantOf } from '../../core/table.ts';
import type { Keys } from '../keys.ts';

/**
 * What a failed attempt is grouped by, under the tenant's secret that does not rotate. Rejects when that
 * cannot be had.
 */
export async function fingerprintFor(
  keys: Keys,
  record: JobRecord,
  { cause, code }: Failure,
  thrown: unknown,
): Promise<string> {
  const { bytes } = await keys.dedupeKey(tenantOf(record));
  const { message } = saidBy(thrown);
  const { type, codeVersion } = record;
  return fingerprintOf({ cause, code, type, codeVersion }, { message, secret: bytes });
}
