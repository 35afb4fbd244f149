import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** What naive stores of a value: AES-256-GCM under a data key of its own, in base64 as it rides in a message. */
export interface NaiveSealed {
  iv: string;
  tag: string;
  data: string;
}

export function sealNaively(value: unknown, key: Uint8Array): NaiveSealed {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const data = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
  return {
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  };
}

export function openNaively({ iv, tag, data }: NaiveSealed, key: Uint8Array): unknown {
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'));
  decipher.setAuthTag(Buffer.from(tag, 'base64'));
  return JSON.parse(
    Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]).toString(),
  );
}

/** The pointer of the naive wiring: the job itself, sealed. */
export interface NaiveMessage {
  id: string;
  /** The data key, wrapped by KMS, in base64. */
  key: string;
  payload: NaiveSealed;
}
