import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openScreen } from '../../client/workflow/screen.ts';
import { aNode, aWorkflow } from './a-workflow.ts';

const now = Date.parse('2026-11-22T03:00:01.000Z');
const nodes = [aNode('a', { status: 'running' }), aNode('b', { depends_on: ['a'] }), aNode('c')];

/** All that is written to a terminal of so many rows, or to a file. */
function aStream(isTTY: boolean, rows?: number) {
  const stream = Object.assign(new PassThrough(), { isTTY, rows });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    written: () => String(stream.read() ?? '').replaceAll('\x1b', 'ESC'),
  };
}

test('on a terminal the frame is drawn over the one before, and the cursor comes back', () => {
  const { stream, written } = aStream(true);
  const screen = openScreen(stream);
  screen.show({ ...aWorkflow(), nodes }, now);
  expect(written()).toMatch(
    /^ESC\[\?25lESC\[\?7l019aa0f2[^\n]*\n[^\n]*a[^\n]*\n[^\n]*c[^\n]*\n[^\n]*b[^\n]*\n$/,
  );
  screen.show({ ...aWorkflow({ status: 'completed' }), nodes }, now);
  expect(written()).toMatch(/^ESC\[4AESC\[0J019aa0f2[^\n]*completed/);
  screen.stop();
  expect(written()).toBe('ESC[?25hESC[?7h');
});

test('a frame is never taller than its terminal', () => {
  const { stream, written } = aStream(true, 5);
  openScreen(stream).show({ ...aWorkflow(), nodes }, now);
  expect(written().match(/\n/g)).toHaveLength(4);
});

test('names cannot steer the terminal', () => {
  const { stream, written } = aStream(false);
  openScreen(stream).show(
    { ...aWorkflow(), nodes: [aNode('a', { status: 'failed', cause: '\x1b[2J' })] },
    now,
  );
  expect(written()).toBe('✗ a  echo  failed  \\x1b[2J\n');
});
