import type { WorkflowView, WorkflowWithNodes } from '../../core/workflow/api.ts';
import { ageOf } from '../duration.ts';
import { commandFor, paint, paintStatus, table } from '../render.ts';
import { type Box, boxesOf } from './boxes.ts';
import { type Line, linesOf, spanText } from './lines.ts';

/** A workflow for a person: how it stands, then its nodes. */
export function describeWorkflow(workflow: WorkflowWithNodes, nowMs: number): string {
  const {
    id,
    tenant,
    tags,
    created_at: created,
    created_by: by,
    finished_at,
    timeout_at: timeout,
  } = workflow;
  const moment = (text: string) => `${ageOf(text, nowMs)} (${text})`;
  const path = workflow.critical_path ?? [];
  const facts: [string, string | undefined][] = [
    ['id', id],
    ['status', stateText(workflow)],
    ['because', becauseOf(workflow)],
    ['tenant', tenant],
    ['tags', tags.length === 0 ? undefined : tags.join(', ')],
    ['created', `${moment(created)} by ${by}`],
    ['times out', timeout === undefined || finished_at !== undefined ? undefined : moment(timeout)],
    ['finished', finished_at === undefined ? undefined : moment(finished_at)],
    ['took', spanText((finished_at === undefined ? nowMs : Date.parse(finished_at)) - Date.parse(created))],
    ['slowest', path.length === 0 ? undefined : path.join(' → ')],
  ];
  const rows = facts.flatMap(([name, value]) => (value === undefined ? [] : [[paint('dim', name), value]]));
  const { lines } = linesOf(boxesOf(workflow), nowMs);
  return [table([], rows), '', nodeTable(lines), ...todoOf(workflow)].join('\n');
}

/** How it ended, in words; of one that ended badly, which nodes failed and why. */
export function describeEnd(workflow: WorkflowWithNodes, nowMs: number): string {
  if (workflow.status === 'completed') return 'The workflow is completed.';
  const failed = boxesOf(workflow).filter(({ status }) => status.endsWith('failed'));
  const { lines, leftOut } = linesOf(failed, nowMs, mostFailed);
  return [
    ...lines.map(lineText),
    ...(leftOut === undefined ? [] : [leftOut]),
    `The workflow is ${workflow.status}. More: ${commandFor('workflow get', workflow)}`,
  ].join('\n');
}

/** Nodes that are named at the end. */
const mostFailed = 10;

function lineText({ cells: [, symbol, key, what, state, note] }: Line): string {
  return [`${symbol} ${key}`, what, state, note].filter((each) => each !== '').join('  ');
}

/** What ended it before its nodes did, or why it can not go on. */
function becauseOf({ stopped, stuck, status }: WorkflowView): string | undefined {
  if (stuck) return 'nothing runs and nothing can start: see WorkflowsStuck in the runbook';
  if (stopped === 'timeout') return 'it ran out of time';
  if (stopped === 'unopenable') return 'its nodes can not be opened: their key is gone';
  return stopped === 'cancelled' && status !== 'cancelled' ? 'it was cancelled' : undefined;
}

/** How it stands now, in at most so many lines: redrawn while it is watched. */
export function frameOf(workflow: WorkflowWithNodes, nowMs: number, most: number): string {
  const boxes = boxesOf(workflow);
  const end = workflow.finished_at === undefined ? nowMs : Date.parse(workflow.finished_at);
  const { lines, leftOut } = linesOf(boxes, nowMs, most);
  return [
    `${workflow.id}  ${stateText(workflow)}  ${spanText(end - Date.parse(workflow.created_at))}`,
    nodeTable(lines),
    ...(leftOut === undefined ? [] : [paint('dim', leftOut)]),
  ].join('\n');
}

/** A line for each box that is not as it was, where no terminal is to be redrawn. */
export function changesOf(before: readonly Box[], now: readonly Box[], nowMs: number): string[] {
  const known = new Map(before.map(({ key, status }) => [key, status]));
  const changed = now.filter(({ key, status }) => known.get(key) !== status && status !== 'waiting');
  return linesOf(changed, nowMs).lines.map(lineText);
}

export function workflowTable(workflows: readonly WorkflowView[], nowMs: number): string {
  const rows = workflows.map((workflow) => [
    workflow.id,
    stateText(workflow),
    Object.entries(workflow.node_counts)
      .map(([state, count]) => `${count} ${state.replace('_', ' ')}`)
      .join(', '),
    ageOf(workflow.created_at, nowMs),
    workflow.tags.join(','),
  ]);
  return table(['ID', 'STATUS', 'NODES', 'CREATED', 'TAGS'], rows);
}

/** `running`, and on its way back what it does there. */
function stateText({ status, phase }: WorkflowView): string {
  return `${paintStatus(status)}${status === 'running' && phase !== 'forward' ? `, ${phase}` : ''}`;
}

function nodeTable(lines: readonly Line[]): string {
  return table(
    [],
    lines.map(({ status, cells: [layer, symbol, key, what, state, note] }) => [
      paint('dim', layer),
      painted(status, symbol),
      key,
      paint('dim', what),
      painted(status, state),
      note,
    ]),
  );
}

function painted(status: string, text: string): string {
  return text === '' ? '' : paintStatus(status, text);
}

/** What a person may do: send what is waited for, go on with what did not end well. */
function todoOf(workflow: WorkflowWithNodes): string[] {
  const { status, nodes } = workflow;
  const signals = nodes.flatMap(({ status, signal }) => (status === 'running' && signal ? [signal] : []));
  if (status === 'running')
    return [...new Set(signals)].map(
      (signal) => `\nTo send ${signal}: ${commandFor('workflow signal', workflow, signal)} --payload JSON`,
    );
  const isBad = status !== 'completed';
  return isBad ? ['', `To go on from where it failed: ${commandFor('workflow retry', workflow)}`] : [];
}
