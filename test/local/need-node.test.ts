import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { projectRoot } from '../../local/state.ts';

/** Loads the check in a Node that takes itself for another version. */
function checkIn(version: string) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`;
  const code = `${pretend} await import('./local/need-node.mjs'); console.log('went on');`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

it('Node 24 and newer go on', () => {
  expect(checkIn('24.0.0')).toEqual({ status: 0, stdout: 'went on\n', stderr: '' });
  expect(checkIn('30.1.2')).toEqual({ status: 0, stdout: 'went on\n', stderr: '' });
});

it('an older Node ends at once and says what to do', () => {
  expect(checkIn('22.18.0')).toEqual({
    status: 1,
    stdout: '',
    stderr: `TaskQ needs Node 24 or newer; this is Node 22.18.0 (${process.execPath}).
\`npm install\` brings Node 24 along as a package, unless install scripts are switched off.
Either install Node 24 yourself, or run:  npm rebuild node --ignore-scripts=false
`,
  });
});
