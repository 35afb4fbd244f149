/**
 * Stands in for `@aws-sdk/endpoint-cache` in the bundles, and 8 KB of lists and typed arrays with it. DynamoDB's
 * client makes such a cache and no command of it looks into one: its endpoints are not discovered.
 */
export class EndpointCache {}
