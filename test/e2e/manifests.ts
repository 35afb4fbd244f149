/** Manifests in the data bucket: each names files and further manifests, and a job for it adds a node for each. */
import type { Api } from './api.ts';
import type { Aws } from './aws.ts';

/** @returns puts a manifest with so many files and these manifests; gives its key */
export function manifestsOf(api: Api, aws: Aws) {
  const put = (key: string, lines: readonly string[]) =>
    aws.putObject(`tenants/${api.tenant}/${key}`, lines.join('\n'));

  return async (folder: string, files: number, inner: readonly string[] = []): Promise<string> => {
    const csv = Array.from({ length: files }, (_, index) => `${folder}/${index + 1}.csv`);
    await Promise.all(csv.map((key) => put(key, ['city,people', 'Oslo,709', 'Bergen,291'])));
    await put(`${folder}/all.txt`, [...csv, ...inner]);
    return `${folder}/all.txt`;
  };
}

/** The nodes of a workflow that collects a manifest. */
export const collect = (manifest: string) => [{ key: 'all', type: 'csv.collect', payload: { manifest } }];
