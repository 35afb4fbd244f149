import { readFileSync } from 'node:fs';
import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { SFNClient, ListExecutionsCommand, ListStateMachinesCommand, GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
const local = JSON.parse(readFileSync('.taskq/local.json', 'utf8'));
const o = { endpoint: local.endpoint, region: local.region, credentials: local.credentials };
const logs = new CloudWatchLogsClient(o);
const groups = (await logs.send(new DescribeLogGroupsCommand({}))).logGroups ?? [];
for (const g of groups.filter((g) => /advance|publish|flows/.test(g.logGroupName!))) {
  const ev = (await logs.send(new FilterLogEventsCommand({ logGroupName: g.logGroupName, limit: 12 }))).events ?? [];
  console.log('==', g.logGroupName, ev.length); for (const e of ev.slice(-8)) console.log('  ', e.message?.slice(0, 600));
}
const sfn = new SFNClient(o);
const m = (await sfn.send(new ListStateMachinesCommand({}))).stateMachines?.[0];
const ex = (await sfn.send(new ListExecutionsCommand({ stateMachineArn: m!.stateMachineArn }))).executions ?? [];
for (const e of ex.slice(-2)) { console.log(e.name, e.status); const h = await sfn.send(new GetExecutionHistoryCommand({ executionArn: e.executionArn })); for (const x of (h.events ?? []).slice(-12)) console.log('   ', x.type, JSON.stringify(x).slice(0, 500)); }
const l = new LambdaClient(o);
for (const x of (await l.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings ?? []) if (/stream/.test(x.EventSourceArn ?? '')) console.log(JSON.stringify(x));
