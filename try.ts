import { readFileSync } from 'node:fs';
const local = JSON.parse(readFileSync('.taskq/local.json', 'utf8'));
// AUTH off: any Authorization header passes
const call = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(local.apiUrl + path, { method, headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0', 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) });
  return { status: response.status, body: await response.json() as any };
};
const kind = process.argv[2] ?? 'chain';
const n = Number(process.argv[3] ?? 3);
const nodes = kind === 'chain'
  ? Array.from({ length: n }, (_, i) => ({ key: `n${i}`, type: 'echo', payload: { i }, ...(i ? { depends_on: [`n${i - 1}`], from: { '/before': { node: `n${i - 1}` , pointer: '/i'} } } : {}) }))
  : [...Array.from({ length: n }, (_, i) => ({ key: `n${i}`, type: 'echo', payload: { i } })), { key: 'join', type: 'echo', depends_on: Array.from({ length: n }, (_, i) => `n${i}`), payload: 'joined' }];
const t = Date.now();
const made = await call('POST', '/v1/workflows', { nodes });
console.log(made.status, JSON.stringify(made.body).slice(0, 300));
for (;;) {
  const got = await call('GET', `/v1/workflows/${made.body.id}`);
  if (got.status !== 200) { console.log(got); break; }
  if (got.body.status !== 'running' || Date.now() - t > 90_000) { console.log(Date.now() - t, 'ms', got.body.status, got.body.node_counts, 'advances', got.body.advances, JSON.stringify(got.body.nodes.at(-1))); break; }
  await new Promise((r) => setTimeout(r, 300));
}
