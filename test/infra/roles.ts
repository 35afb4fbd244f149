import type { Template } from 'aws-cdk-lib/assertions';
import { expect } from 'vitest';
import { resource } from './templates.ts';

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: object;
}

/** What the role of a function allows: its inline policies, and that there are no others. */
export function statementsOf(template: Template, id: string): Statement[] {
  const { Policies, ManagedPolicyArns = [] } = resource(template, 'AWS::IAM::Role', `${id}role`).Properties;
  expect(ManagedPolicyArns).toEqual([]);
  return Policies.flatMap(
    (each: { PolicyDocument: { Statement: Statement[] } }) => each.PolicyDocument.Statement,
  );
}
