import { describe, expect, it } from 'vitest';
import { choosePython, type PythonProbe, pipEnvironment } from '../../local/python.ts';

const good: PythonProbe = { command: 'python3.12', version: '3.12.1', venv: true };
const old: PythonProbe = { command: 'python3', version: '3.9.18', venv: true };
const withoutVenv: PythonProbe = { command: 'python3', version: '3.11.2', venv: false };
const absent: PythonProbe = { command: 'python', venv: false };

describe('choosing a Python', () => {
  it('the first that is new enough and can make a venv', () => {
    expect(
      choosePython([absent, old, withoutVenv, good, { ...good, command: 'python3.13' }], 'MiniStack'),
    ).toBe('python3.12');
  });

  it('3.10 is new enough, and so would 4.0 be', () => {
    expect(choosePython([{ command: 'python3', version: '3.10.0', venv: true }], 'MiniStack')).toBe(
      'python3',
    );
    expect(choosePython([{ command: 'python3', version: '4.0.0', venv: true }], 'MiniStack')).toBe('python3');
  });

  it('none at all', () => {
    expect(() => choosePython([absent], 'MiniStack')).toThrow(
      'MiniStack needs Python 3.10 or newer; no python3 is on the PATH.\n' +
        'Install one (macOS: brew install python3; Debian or Ubuntu: sudo apt install python3 python3-venv),\n' +
        'or set AWS_ENDPOINT_URL to a LocalStack that runs. Then run this again.',
    );
  });

  it('only old ones: says which', () => {
    const older = { command: 'python', version: '2.7.18', venv: false };
    expect(() => choosePython([old, older], 'MiniStack')).toThrow(
      'newer; python3 is 3.9.18, python is 2.7.18.\n',
    );
  });

  it('new enough, but without a working venv module', () => {
    expect(() => choosePython([old, withoutVenv], 'MiniStack')).toThrow(
      'python3 is Python 3.11.2, but its venv module does not work (ensurepip is missing).\n' +
        'On Debian or Ubuntu: sudo apt install python3-venv. Then run this again.',
    );
  });
});

describe('the environment of pip', () => {
  it('keeps the proxy and the index, drops what would install elsewhere', () => {
    const env = {
      HTTPS_PROXY: 'http://proxy:1',
      PIP_INDEX_URL: 'http://index/',
      PIP_USER: '1',
      PIP_TARGET: '/t',
      PIP_PREFIX: '/p',
      PYTHONPATH: '/x',
      PYTHONHOME: '/y',
    };
    expect(pipEnvironment(env)).toEqual({ HTTPS_PROXY: 'http://proxy:1', PIP_INDEX_URL: 'http://index/' });
  });
});
