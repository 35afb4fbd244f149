import { pathsOf, type Route, routes } from '../../core/routes.ts';
import type { Ids, Known } from './known.ts';

/** What a run looks for in every answer. `docs/reliability.md` names them. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];
/** A body against the schema must be refused; a batch refuses its bad jobs one by one, in a 207. */
const refusals = [207, 400, 403, 404, 409, 413, 422];

export interface FuzzOptions {
  /** The same seed and the same document: the same cases, as far as answers do not lead to others. */
  seed: number;
  /** Of each operation; three times as many chains of calls. */
  examples: number;
  /** The many cases at the edges of each schema besides: three times as long. */
  edges: boolean;
}

/**
 * schemathesis.toml. What is known (names and ids that exist) stands where the document has only a string, most of
 * the time: else almost every case would end at `not_found` or `unknown_type`.
 */
export function settingsOf(known: Known, { seed, examples, edges }: FuzzOptions): string {
  const { types, queues, signals, ownIds, tenant, tenantIds } = known;
  return `seed = ${seed}
warnings = false
request-timeout = 30
continue-on-failure = true

${dictionary('types', types)}
${dictionary('queues', queues)}
${dictionary('tenants', [tenant])}
${dictionary('waits', [0, 1])}
${dictionary('signals', signals)}

[parameters]
${bound('path.tenant', 'tenants', 0.8)}
${bound('path.name', 'signals', 0.8)}
${bound('query.wait', 'waits', 0.9)}
${bound('query.type', 'types', 0.5)}
${bound('query.queue', 'queues', 0.5)}
${bound('body.type', 'types', 0.8)}
${bound('body.queue', 'queues', 0.8)}
${bound('body.jobs[*].type', 'types', 0.8)}
${bound('body.nodes[*].type', 'types', 0.8)}
${bound('body.jobs[*].queue', 'queues', 0.8)}

[generation]
max-examples = ${examples}
with-security-parameters = false
database = "none"
no-shrink = true

[checks]
enabled = false
${checks.map((each) => `${each}.enabled = true`).join('\n')}
negative_data_rejection.enabled = true
negative_data_rejection.expected-statuses = ${JSON.stringify(refusals.map(String))}

[phases.coverage]
enabled = ${edges}

[phases.stateful]
generation.max-examples = ${examples * 3}

${operations(ownIds, tenantIds)}
`;
}

/**
 * Each operation on a job gets ids of the tenant that its path names, as a rule in a state that it is for. The many
 * edge cases of schemathesis's coverage are run in one form of each path: behind both is the same code.
 */
function operations(own: Ids, tenants: Ids): string {
  return Object.values<Route>(routes)
    .flatMap((route) => pathsOf(route).map((path) => ({ method: route.method, path })))
    .map(({ method, path }, index) => {
      const ofTenant = path.includes('{tenant}');
      const name = `include-name = "${method} ${path}"`;
      const coverage = ofTenant ? ['phases.coverage.enabled = false'] : [];
      if (!path.includes('{id}')) return coverage.map((each) => `[[operations]]\n${name}\n${each}`).join('');
      return [
        dictionary(`ids${index}`, idsFor(method, path, ofTenant ? tenants : own)),
        '[[operations]]',
        name,
        ...coverage,
        `parameters = { ${bound('path.id', `ids${index}`, 0.8)} }`,
      ].join('\n');
    })
    .join('\n');
}

function idsFor(
  method: string,
  path: string,
  { completed, failed, waiting, cancelled, workflows, open, stopped }: Ids,
): string[] {
  if (path.endsWith('/workflows/{id}/cancel')) return open;
  if (path.endsWith('/workflows/{id}/retry')) return stopped;
  if (path.includes('/workflows/')) return [...workflows, ...open];
  if (method === 'PATCH') return waiting;
  if (path.endsWith('/retry')) return [...failed, ...cancelled];
  if (path.endsWith('/cancel')) return [...waiting, ...failed.slice(0, 1)];
  // With `wait`, a job that has not ended holds its answer for up to 20 s.
  if (path.endsWith('/result')) return [...completed, ...failed.slice(0, 1), ...cancelled.slice(0, 1)];
  return [...completed, ...failed, ...waiting, ...cancelled];
}

function dictionary(name: string, values: (string | number)[]): string {
  return `[dictionaries.${name}]\nvalues = ${JSON.stringify(values)}`;
}

function bound(parameter: string, name: string, probability: number): string {
  return `"${parameter}" = { dictionary = "${name}", probability = ${probability} }`;
}
