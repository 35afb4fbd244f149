import { createHash } from 'node:crypto';
import { PermanentError } from '../../core/errors.ts';
import { objectChecksum } from './contract.ts';

export default objectChecksum.run(async ({ key, expected = {} }, job) => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of await job.read(key)) {
    job.signal.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
    const percent = expected.bytes === undefined ? 0 : (bytes / Math.max(expected.bytes, 1)) * 100;
    job.progress(percent, `${Math.floor(bytes / 1024 / 1024)} MiB read`);
  }
  const sha256 = hash.digest('hex');
  if (expected.bytes !== undefined && bytes !== expected.bytes)
    throw new PermanentError(`the object has ${bytes} bytes, and not ${expected.bytes}`, 'rejected');
  if (expected.sha256 !== undefined && sha256 !== expected.sha256)
    throw new PermanentError(`the object's SHA-256 is ${sha256}, and not ${expected.sha256}`, 'rejected');
  return { bytes, sha256 };
});
