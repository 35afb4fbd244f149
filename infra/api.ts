import {
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { pathsOf, type Route, routes } from '../core/routes.ts';
import type { Platform } from './stacks.ts';

const stageName = 'live';

/** The REST API: every route of `core/routes.ts` in both its path forms, all signed. */
export function restApi(
  scope: Construct,
  functions: Record<Route['function'], IFunction>,
  platform: Platform,
): RestApi {
  const { stage } = platform;
  const api = new RestApi(scope, 'api', {
    // CloudWatch tells APIs apart by this label alone.
    restApiName: Stack.of(scope).stackName,
    endpointTypes: [EndpointType.REGIONAL],
    cloudWatchRole: stage.accessLog,
    // As text, a body's every quote is escaped on its way into Lambda's 6 MB; in base64, 4 MB are 5.6.
    binaryMediaTypes: ['application/json'],
    defaultMethodOptions: { authorizationType: AuthorizationType.IAM },
    deployOptions: {
      stageName,
      throttlingRateLimit: stage.throttle.ratePerSecond,
      throttlingBurstLimit: stage.throttle.burst,
      tracingEnabled: stage.tracing,
      ...(stage.accessLog ? accessLog(scope, platform) : {}),
    },
  });
  // The library's own output, beside ours.
  api.node.tryRemoveChild('Endpoint');

  const integrations = Object.fromEntries(
    Object.entries(functions).map(([name, each]) => [
      name,
      // One permission for the API: one per method would fill the 20 KB of a function's policy.
      new LambdaIntegration(each, { scopePermissionToMethod: false }),
    ]),
  );
  for (const route of Object.values<Route>(routes)) {
    for (const path of pathsOf(route)) {
      api.root.resourceForPath(path).addMethod(route.method, integrations[route.function]);
    }
  }

  new CfnOutput(scope, 'ApiId', { value: api.restApiId });
  new CfnOutput(scope, 'ApiStage', { value: stageName });
  new CfnOutput(scope, 'ApiUrl', { value: api.url });
  return api;
}

/** Who called what, and how it ended: by resource, so that no id and nothing of a payload stands in it. */
function accessLog(scope: Construct, { stage, key }: Platform) {
  const group = new LogGroup(scope, 'access-log', {
    retention: stage.logRetentionDays,
    encryptionKey: key,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const fields = {
    request_id: '$context.requestId',
    at: '$context.requestTime',
    caller: '$context.identity.userArn',
    ip: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    resource: '$context.resourcePath',
    status: '$context.status',
    latency_ms: '$context.responseLatency',
    function_ms: '$context.integrationLatency',
    bytes: '$context.responseLength',
    error: '$context.error.message',
  };
  return {
    accessLogDestination: new LogGroupLogDestination(group),
    accessLogFormat: AccessLogFormat.custom(JSON.stringify(fields)),
  };
}
