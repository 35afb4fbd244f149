import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { App, type AppProps, type Stack } from 'aws-cdk-lib/core';
import { afterAll } from 'vitest';
import * as z from 'zod/mini';
import { defineJob, type JobContract, type QueueContract } from '../../core/define.ts';
import { wiring } from '../../core/wiring.ts';
import type { Bundles } from '../../infra/bundle.ts';
import { declareStacks } from '../../infra/stacks.ts';

/** The stacks of a small TaskQ with two queues, as CloudFormation would get them. */

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's own shapes, as deep as they go
  Properties: any;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export const queues: QueueContract[] = [
  { name: 'mail', memoryMb: 256, batchConcurrency: 10 },
  { name: 'reports', memoryMb: 1024, batchConcurrency: 4 },
];

interface Declared {
  queues: readonly QueueContract[];
  contracts: readonly JobContract[];
}

export const job = (type: string, queue: string, timeoutSeconds: number): JobContract =>
  defineJob({ type, queue, timeoutSeconds, retry: { maxAttempts: 5 }, payload: z.json(), result: z.json() });

export const contracts = [
  job('mail.send', 'mail', 30),
  job('mail.sort', 'mail', 10),
  job('report', 'reports', 60),
];

/** All that a test file writes: an app makes a folder as soon as it is made, and stages its assets there. */
const folder = mkdtempSync(join(tmpdir(), 'taskq-template-'));
afterAll(() => rmSync(folder, { recursive: true }));

export function anApp(props: AppProps = {}): App {
  return new App({ ...props, outdir: mkdtempSync(join(folder, 'cdk.out')) });
}

export async function stubBundles(): Promise<Bundles> {
  const directory = mkdtempSync(join(folder, 'bundle-'));
  writeFileSync(join(directory, 'index.mjs'), 'export const handler = () => {};');
  const names = Object.keys(wiring);
  return Object.fromEntries(names.map((each) => [each, { directory, version: `${each}-1` }])) as Bundles;
}

export async function synthesise(stage: string, declared: Declared = { queues, contracts }) {
  // The library's validator takes 6 s in each test file; `cdk synth` keeps it.
  const app = anApp({
    builtinCloudFormationValidation: false,
    context: { '@aws-cdk/core:defaultCrossStackReferences': 'strong' },
  });
  await declareStacks(app, { stage, name: 'tq', ...declared, bundle: stubBundles });
  const template = (name: string) => Template.fromStack(app.node.findChild(`tq-${name}`) as Stack);
  return { data: template('data'), queue: template('queue'), watch: template('watch') };
}

/** The resources of a type (all types without one), by logical id. */
export function resources(template: Template, type?: string): Record<string, Resource> {
  const all: Record<string, Resource> = template.toJSON().Resources;
  return Object.fromEntries(
    Object.entries(all).filter(([, each]) => type === undefined || each.Type === type),
  );
}

/** The one resource of a type whose logical id begins so. */
export function resource(template: Template, type: string, start: string): Resource {
  const found = Object.entries(resources(template, type)).filter(([id]) => id.startsWith(start));
  if (found.length !== 1) throw new Error(`${found.length} ${type} begin with "${start}", not one`);
  return found[0]![1];
}
