/** IAM users on an emulator that obeys them, made by IAM's query API: no SDK client for so little. */
import { signedFetch } from '../../local/signed.ts';
import type { LocalAws } from '../../local/state.ts';

type Credentials = LocalAws['credentials'];

/** A new user who may do what the statement says: an access key. */
export async function newUser(
  local: LocalAws,
  name: string,
  statement: { Action: string; Resource: string },
): Promise<Credentials> {
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] };
  await iam(local, { Action: 'CreateUser', UserName: name });
  await iam(local, {
    Action: 'PutUserPolicy',
    UserName: name,
    PolicyName: 'all',
    PolicyDocument: JSON.stringify(policy),
  });
  const made = await iam(local, { Action: 'CreateAccessKey', UserName: name });
  const [, accessKeyId = ''] = /<AccessKeyId>(.+)<\/AccessKeyId>/.exec(made) ?? [];
  const [, secretAccessKey = ''] = /<SecretAccessKey>(.+)<\/SecretAccessKey>/.exec(made) ?? [];
  if (accessKeyId === '' || secretAccessKey === '') throw new Error(`IAM made no access key: ${made}`);
  return { accessKeyId, secretAccessKey };
}

async function iam(local: LocalAws, form: Record<string, string>): Promise<string> {
  const response = await signedFetch(local, `${local.endpoint}/`, {
    service: 'iam',
    method: 'POST',
    form: { Version: '2010-05-08', ...form },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`IAM ${form.Action}: ${response.status} ${text}`);
  return text;
}
