import { expect, it } from 'vitest';
import { foundInstead, pythonOf } from '../../local/uv.ts';

const absent = { command: 'python3.13', venv: false };
const older = { command: 'python3', version: '3.11.7', venv: true };
const newer = { command: 'python', version: '3.14.0', venv: true };
const right = { command: '/home/me/.pyenv/versions/3.13.0/bin/python3', version: '3.13.0', venv: false };

it('the first Python 3.13, wherever it lies; neither an older nor a newer one', () => {
  expect(pythonOf([absent, older, newer, right])).toBe(right.command);
  expect(pythonOf([absent, older, newer, { command: 'x', version: '3.130.1', venv: true }])).toBeUndefined();
});

it('says what there is instead', () => {
  expect(foundInstead([absent, older, newer])).toBe('python3 is 3.11.7, python is 3.14.0');
  expect(foundInstead([absent])).toBe('no python3 is on the PATH');
});
