import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient } from '../../client/client.ts';
import type { Job } from '../../core/api.ts';
import { routes } from '../../core/routes.ts';
import { contracts } from '../../jobs/contracts.ts';
import { signals } from '../../jobs/signals.ts';
import type { LocalAws } from '../../local/state.ts';

/** What a stranger to TaskQ would have to know to get beyond its doors. */
export interface Known {
  types: string[];
  queues: string[];
  signals: string[];
  /** Of tenant `default`, whose paths name no tenant. */
  ownIds: Ids;
  tenant: string;
  tenantIds: Ids;
}

/** Real jobs in every state that stays for a while. */
export interface Ids {
  completed: string[];
  failed: string[];
  waiting: string[];
  cancelled: string[];
  workflows: string[];
  /** Workflows that wait for a signal: they can be cancelled. */
  open: string[];
  /** Cancelled ones: they can be run again. */
  stopped: string[];
}

/** Makes some jobs and workflows, and waits until the jobs are in their state. @param signing where calls are signed */
export async function makeKnown(local: LocalAws, signing: string): Promise<Known> {
  const tenant = 'fuzz';
  const [ownIds, tenantIds] = await Promise.all([
    makeIds(createClient(local), `${signing}/v1/workflows`),
    makeIds(createClient({ ...local, tenant }), `${signing}/v1/tenants/${tenant}/workflows`),
  ]);
  return {
    types: contracts.map(({ type }) => type),
    queues: [...new Set(contracts.map(({ queue }) => queue))],
    signals: signals.map(({ name }) => name),
    ownIds,
    tenant,
    tenantIds,
  };
}

async function makeIds(client: Client, workflowsUrl: string): Promise<Ids> {
  const several = async (count: number, make: () => Promise<Job>) =>
    (await Promise.all(Array.from({ length: count }, make))).map(({ id }) => id);
  const later = () => client.enqueue('echo', { message: 'later' }, { delay_seconds: 86_400 });
  const completed = await several(3, () => client.enqueue('echo', { message: 'now' }));
  const failed = await several(6, () => client.enqueue('csv.summarize', { csv: 'a,b\n1\n' }));
  const waiting = await several(6, later);
  const cancelled = await several(3, later);
  for (const id of cancelled) await client.cancel(id);
  for (const id of completed) await waitFor(client, id, 'completed');
  for (const id of failed) await waitFor(client, id, 'failed');
  const started = (count: number, body: unknown) =>
    Promise.all(Array.from({ length: count }, () => startWorkflow(workflowsUrl, body)));
  const workflows = await started(2, routes.startWorkflow.body.example);
  const open = await started(6, awaitingApproval);
  const stopped = await started(4, awaitingApproval);
  for (const id of stopped) await fetch(`${workflowsUrl}/${id}/cancel`, { method: 'POST' });
  return { completed, failed, waiting, cancelled, workflows, open, stopped };
}

const awaitingApproval = { nodes: [{ key: 'ok', signal: 'approval' }] };

async function startWorkflow(url: string, workflow: unknown): Promise<string> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(workflow) });
  if (answer.status !== 201)
    throw new Error(`a workflow for the fuzz was not taken: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}

async function waitFor(client: Client, id: string, status: Job['status']): Promise<void> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await pause(200))
    if ((await client.get(id)).status === status) return;
  throw new Error(`the job ${id}, made for the fuzz, is not ${status} after 60 s`);
}
