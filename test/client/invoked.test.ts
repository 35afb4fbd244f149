import { expect, test } from 'vitest';
import { invokedAs } from '../../client/invoked.ts';

test.each([
  ['from the path', {}, 'taskq'],
  ['by npx', { npm_lifecycle_event: 'npx', npm_command: 'exec' }, 'npx taskq'],
  ['by npm exec', { npm_command: 'exec' }, 'npx taskq'],
  ['by the project’s own script', { npm_lifecycle_event: 'taskq', npm_command: 'run' }, 'npm run taskq --'],
  ['by another script', { npm_lifecycle_event: 'nightly', npm_command: 'run' }, 'taskq'],
])('called %s', (_, env, name) => {
  expect(invokedAs(env)).toBe(name);
});
