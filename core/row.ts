import type { JobRecord, Sealed, Stored } from './table.ts';

/**
 * A record as the table holds it: a sealed value that rides in it is one binary attribute, not a map of seven.
 * The record is written whole three times in a job's life and has 1,000 bytes, of which names like `algorithm`
 * took 58 for each value. Values that lie elsewhere keep their names.
 *
 *   byte 0     version of the format, 1
 *   byte 1     algorithm, 1 = A256GCM-HKDF
 *   byte 2     encoding, 0 = plain, 1 = zstd
 *   byte 3     length of the key's id, then the id in UTF-8
 *   then       iv (12 bytes), tag (16 bytes), and the ciphertext to the end
 *
 * What another release packed otherwise is kept as it is, and says so when it is to be opened: all else of its
 * record is as good as ever.
 */
export type Row = Omit<JobRecord, 'payload' | 'result'> & {
  payload: Packed;
  result?: Packed;
};

type Packed = Uint8Array | Exclude<Stored, Sealed>;

const formatVersion = 1;
const algorithms = [undefined, 'A256GCM-HKDF'] as const;
const encodings = ['plain', 'zstd'] as const;
const fixedBytes = 4;
const ivBytes = 12;
const tagBytes = 16;
/** Stands for the algorithm of a value of another format, whose `data` is all of it. */
const unknown = 'unknown' as Sealed['algorithm'];
const keptWhole: Omit<Sealed, 'v' | 'data'> = {
  iv: new Uint8Array(),
  tag: new Uint8Array(),
  key_id: '',
  algorithm: unknown,
  encoding: 'plain',
};

export function rowOf(record: JobRecord): Row {
  const { payload, result } = record;
  const row = { ...record, payload: attributeOf(payload) } as Row;
  if (result !== undefined) row.result = attributeOf(result) as Packed;
  return row;
}

/** The record that a row of the table is. */
export function recordOf(row: Row | Record<string, unknown>): JobRecord {
  const record = { ...row } as JobRecord;
  for (const name of ['payload', 'result'] as const) {
    const value = row[name];
    if (value instanceof Uint8Array) record[name] = unpack(value);
  }
  return record;
}

/** A value as an attribute of a row: packed if it is sealed, itself if not. */
export function attributeOf(value: unknown): unknown {
  return isSealed(value) ? pack(value) : value;
}

function isSealed(value: unknown): value is Sealed {
  return typeof value === 'object' && value !== null && 'tag' in value && 'iv' in value;
}

function pack(sealed: Sealed): Uint8Array {
  const { v, data, iv, tag, key_id, algorithm, encoding } = sealed;
  if (algorithm === unknown) return data;
  const id = Buffer.from(key_id);
  const fixed = [v, algorithms.indexOf(algorithm), encodings.indexOf(encoding), id.length];
  if (iv.length !== ivBytes || tag.length !== tagBytes || fixed.some((each) => each < 0 || each > 255))
    throw new Error(`a value sealed as ${algorithm}, ${encoding}, with key "${key_id}" cannot be packed`);
  return new Uint8Array(Buffer.concat([Uint8Array.from(fixed), id, iv, tag, data]));
}

function unpack(bytes: Uint8Array): Sealed {
  const [v, algorithmAt = 0, encodingAt = 0, idBytes = 0] = bytes;
  const algorithm = algorithms[algorithmAt];
  const encoding = encodings[encodingAt];
  const iv = fixedBytes + idBytes;
  const tag = iv + ivBytes;
  const data = tag + tagBytes;
  if (v !== formatVersion || algorithm === undefined || encoding === undefined || bytes.length < data)
    return { ...keptWhole, v: (v ?? 0) as 1, data: bytes };
  return {
    v,
    data: bytes.slice(data),
    iv: bytes.slice(iv, tag),
    tag: bytes.slice(tag, data),
    key_id: Buffer.from(bytes.subarray(fixedBytes, iv)).toString(),
    algorithm,
    encoding,
  };
}
