/** The real data of the demo: the CSV files of the npm package vega-datasets. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Trouble } from '../report.ts';
import type { LocalAws } from '../state.ts';

export interface CsvFile {
  name: string;
  text: string;
  /** Absent: comma. */
  delimiter?: '\t';
}

/** Larger files go through the data bucket, as yours would: a payload is for what is small. */
const maxInlineBytes = 64 * 1024;

/** Where the demo puts its objects, below the tenant's own part of the data bucket. */
const folder = 'demo';

/** All files of the package, in order of their names. */
export function csvFiles(): CsvFile[] {
  const data = join(dirname(fileURLToPath(import.meta.resolve('vega-datasets'))), '..', 'data');
  return readdirSync(data)
    .filter((name) => /\.(csv|tsv)$/.test(name))
    .sort()
    .map((name) => ({
      name,
      text: readFileSync(join(data, name), 'utf8'),
      ...(name.endsWith('.tsv') ? { delimiter: '\t' as const } : {}),
    }));
}

/** The payload of `csv.summarize` for a file: its text, or the key under which `upload` stores it. */
export function summarizePayload({ name, text, delimiter }: CsvFile) {
  const more = delimiter === undefined ? {} : { delimiter };
  return isInline(text) ? { csv: text, ...more } : { key: `${folder}/${name}`, ...more };
}

/** Names every file of the demo, a key on each line. */
export const manifestKey = `${folder}/manifest.txt`;

export function manifestOf(files: readonly CsvFile[]): string {
  return files.map(({ name }) => `${folder}/${name}\n`).join('');
}

/** Stores the files and their manifest, for tenant `default`. A later demo finds the same ones. */
export async function upload(files: CsvFile[], local: LocalAws): Promise<void> {
  const { endpoint, region, credentials } = local;
  // The bucket by path: a local AWS has no DNS for bucket names.
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const bucket = dataBucketOf(local);
  const objects = [
    ...files.map(({ name, text }) => ({ key: `${folder}/${name}`, text })),
    { key: manifestKey, text: manifestOf(files) },
  ];
  for (const { key, text } of objects)
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `tenants/default/${key}`, Body: text }));
  s3.destroy();
}

function isInline(text: string): boolean {
  return Buffer.byteLength(text) <= maxInlineBytes;
}

function dataBucketOf({ stacks }: LocalAws): string {
  const bucket = Object.values(stacks).find((outputs) => outputs.DataBucketName)?.DataBucketName;
  if (bucket !== undefined) return bucket;
  throw new Trouble(
    `no deployed stack has the output DataBucketName; there are: ${Object.keys(stacks).join(', ') || 'no stacks'}. Run \`npm run down\` and this again`,
  );
}
