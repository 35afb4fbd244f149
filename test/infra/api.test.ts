import { describe, expect, test } from 'vitest';
import { pathsOf, type Route, routes } from '../../core/routes.ts';
import { type Resource, resource, resources, synthesise } from './templates.ts';

const prod = (await synthesise('prod')).queue;
const local = (await synthesise('local')).queue;
const methods = Object.values(resources(prod, 'AWS::ApiGateway::Method'));

function pathOf(id: string): string {
  const { ParentId, PathPart } = resources(prod, 'AWS::ApiGateway::Resource')[id]!.Properties;
  return `${ParentId.Ref === undefined ? '' : pathOf(ParentId.Ref)}/${PathPart}`;
}

function calls({ Properties }: Resource): string {
  const uri = JSON.stringify(Properties.Integration.Uri);
  return /(\w+?)function/.exec(uri)![1]!;
}

const served = methods.map((each) =>
  [each.Properties.HttpMethod, pathOf(each.Properties.ResourceId.Ref), calls(each)].join(' '),
);

describe('routes', () => {
  test('every route is served in each of its forms by its function, and nothing else is', () => {
    const declared = Object.values<Route>(routes).flatMap((route) =>
      pathsOf(route).map((path) => `${route.method} ${path} ${route.function}`),
    );
    expect([...served].sort()).toEqual(declared.sort());
  });

  test.each([
    'POST /v1/jobs enqueue',
    'POST /v1/tenants/{tenant}/jobs enqueue',
    'POST /v1/tenants/{tenant}/jobs/batch enqueue',
    'GET /v1/jobs/{id} manage',
    'GET /v1/tenants/{tenant}/jobs/{id}/result manage',
    'GET /health manage',
    'GET /v1/openapi.json manage',
  ])('%s', (route) => {
    expect(served).toContain(route);
  });

  test('every method asks for a signature, health and the OpenAPI document too', () => {
    for (const { Properties } of methods) expect(Properties.AuthorizationType).toBe('AWS_IAM');
  });
});

describe('the API', () => {
  test("has this TaskQ's name, by which CloudWatch tells it from others", () => {
    expect(resource(prod, 'AWS::ApiGateway::RestApi', 'api').Properties.Name).toBe('tq-queue');
  });

  test('may call a function by one permission', () => {
    const byApi = Object.values(resources(prod, 'AWS::Lambda::Permission')).filter(
      ({ Properties }) => Properties.Principal === 'apigateway.amazonaws.com',
    );
    expect(byApi).toHaveLength(3);
    for (const { Properties } of byApi) expect(JSON.stringify(Properties.SourceArn)).toContain('execute-api');
  });

  test('logs who called what on prod, without ids', () => {
    const { AccessLogSetting } = resource(prod, 'AWS::ApiGateway::Stage', 'api').Properties;
    expect(AccessLogSetting.Format).toContain('$context.resourcePath');
    expect(AccessLogSetting.Format).not.toMatch(/context\.path|requestOverride|body/);
  });

  test('leaves the log and the role of the region alone on local', () => {
    expect(resource(local, 'AWS::ApiGateway::Stage', 'api').Properties.AccessLogSetting).toBeUndefined();
    expect(resources(local, 'AWS::ApiGateway::Account')).toEqual({});
  });

  test('keeps the role of the region when it goes: other APIs may log through it', () => {
    const [account] = Object.values(resources(prod, 'AWS::ApiGateway::Account'));
    expect(account!.DeletionPolicy).toBe('Retain');
  });

  test('the outputs say where it is', () => {
    const outputs = Object.keys(prod.toJSON().Outputs).filter((each) => !each.startsWith('ExportsOutput'));
    expect(outputs).toEqual(['ApiId', 'ApiStage', 'ApiUrl']);
  });
});
