import { describe, expect, it, test } from 'vitest';
import { apiUrlOf, theirEndpoint, whatWasDone } from '../../local/up.ts';

describe('the API URL', () => {
  it('is built from the outputs of the queue stack', () => {
    const stacks = {
      'taskq-data': { DataBucketName: 'b' },
      'taskq-queue': { ApiId: 'a1b2', ApiStage: 'api' },
    };
    expect(apiUrlOf('http://127.0.0.1:4711', stacks)).toBe('http://127.0.0.1:4711/_aws/execute-api/a1b2/api');
  });

  it('says what is missing', () => {
    const message = 'no deployed stack *-queue has the outputs ApiId and ApiStage; there are: ';
    expect(() => apiUrlOf('http://x', {})).toThrow(`${message}no stacks`);
    expect(() => apiUrlOf('http://x', { 'a-data': {}, 'a-queue': { ApiId: 'a1b2' } })).toThrow(
      `${message}a-data, a-queue`,
    );
  });
});

test.each([
  [{ started: true, updated: false }, 'is up'],
  [{ started: false, updated: true }, 'was up, and is updated'],
  [{ started: false, updated: false }, 'was up already'],
])('%j: TaskQ %s', (done, words) => {
  expect(whatWasDone(done)).toBe(words);
});

describe('the endpoint of the user', () => {
  it('none: MiniStack is ours', () => {
    expect(theirEndpoint({}, {})).toBeUndefined();
    expect(theirEndpoint({ AWS_ENDPOINT_URL: '' }, {})).toBeUndefined();
  });

  it('is not used for an emulator that enforces signatures', () => {
    expect(theirEndpoint({ AWS_ENDPOINT_URL: 'http://localhost:4566' }, { auth: true })).toBeUndefined();
  });

  it('and one of our own by name is a contradiction', () => {
    const env = { AWS_ENDPOINT_URL: 'http://localhost:4566' };
    expect(() => theirEndpoint(env, { name: 'localstack' })).toThrow(
      '--aws localstack starts one on this machine, and AWS_ENDPOINT_URL is "http://localhost:4566": unset it, or leave out --aws',
    );
  });

  it('alone', () => {
    expect(theirEndpoint({ AWS_ENDPOINT_URL: 'http://localhost:4566/' }, {})).toEqual({
      endpoint: 'http://localhost:4566',
      auth: false,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });

  it('with region and credentials', () => {
    const env = {
      AWS_ENDPOINT_URL: 'http://localhost:4566',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'me',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
    expect(theirEndpoint(env, {})).toEqual({
      endpoint: 'http://localhost:4566',
      auth: false,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'me', secretAccessKey: 'secret' },
    });
  });

  it.each(['https://dynamodb.us-east-1.amazonaws.com', 'localhost', 'not a url'])(
    'refuses %s',
    (AWS_ENDPOINT_URL) => {
      expect(() => theirEndpoint({ AWS_ENDPOINT_URL }, {})).toThrow(
        `AWS_ENDPOINT_URL is "${AWS_ENDPOINT_URL}". For \`npm run up\` it must be the URL of a local AWS, such as http://127.0.0.1:4566,\n` +
          'or unset: then MiniStack is started for you. To deploy to AWS itself: npm run deploy.',
      );
    },
  );
});
