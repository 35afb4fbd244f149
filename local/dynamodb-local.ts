/**
 * Amazon's own DynamoDB Local, for the contract tests and for LocalStack: it checks statements with AWS's code and
 * counts true capacity, where MiniStack is kinder. Its licence lets it be downloaded, not passed on: it comes from Maven Central.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';
import { lastLines, step, Trouble, type Write } from './report.ts';
import { newDraft, projectRoot } from './state.ts';

const run = promisify(execFile);
const version = '3.1.0';
const oldestJava = 17;
const directory = join(projectRoot, '.taskq', 'dynamodb-local');
/** Appears whole or not at all, so that it stands for a complete download. */
const jars = join(directory, version);

export interface DynamoDbLocal {
  endpoint: string;
  stop(): Promise<void>;
}

/** Why it cannot run on this machine, as a sentence that says what to install; undefined when it can. */
export async function whatIsMissing(): Promise<string | undefined> {
  const modules = await answer('java', ['--list-modules']);
  const maven = await answer('mvn', ['--version']);
  return missingIn(modules, maven);
}

/**
 * @param modules what `java --list-modules` says, undefined if there is no java
 * @param maven what `mvn --version` says, undefined if there is no mvn
 */
export function missingIn(modules: string | undefined, maven: string | undefined): string | undefined {
  const needed = `DynamoDB Local needs a JDK ${oldestJava} or newer on the PATH`;
  const java = Number(/^java\.base@(\d+)/m.exec(modules ?? '')?.[1] ?? 0);
  if (java < oldestJava) return `${needed}; ${java === 0 ? 'there is no java' : `java is ${java}`}`;
  if (!modules?.includes('jdk.compiler@')) return `${needed}; this java ${java} is a JRE, without a compiler`;
  if (maven === undefined) return 'DynamoDB Local is fetched with Maven; there is no mvn on the PATH';
  return undefined;
}

/** Starts it in memory, on 127.0.0.1 and a free port; fetched at the first call, then found. */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  await ensureDynamoDbLocal(() => {});
  const [program = '', ...args] = dynamoDbLocalCommand();
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = await listeningPort(child);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

/** The command that runs it, to which a port may be added. It ends when its standard input does. */
export function dynamoDbLocalCommand(...options: string[]): string[] {
  const program = join(projectRoot, 'local', 'DynamoDbLocal.java');
  return ['java', '-XX:TieredStopAtLevel=1', '-Xmx256m', ...options, '-cp', join(jars, '*'), program];
}

async function listeningPort(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  if (child.stdout === null) throw new Error('DynamoDB Local was started without a pipe to read from');
  child.once('error', (error) => said.push(error.message));
  for await (const line of createInterface(child.stdout)) {
    const port = /^listening on (\d+)$/.exec(line)?.[1];
    if (port !== undefined) {
      child.stdout.resume();
      return port;
    }
    said.push(line);
  }
  throw new Trouble(`DynamoDB Local ended at once. Its last words:\n${lastLines(said.join('\n'), 12)}`);
}

/** Fetches it at the first call. */
export async function ensureDynamoDbLocal(write: Write): Promise<void> {
  if (existsSync(jars)) return;
  await withLock(`${directory}.lock.json`, 'fetching DynamoDB Local', write, async () => {
    if (existsSync(jars)) return;
    await step(write, 'fetching DynamoDB Local (once, 48 MB)', async () => {
      mkdirSync(directory, { recursive: true });
      const draft = newDraft(jars);
      writeFileSync(join(directory, 'pom.xml'), pom);
      await copyDependencies(draft);
      renameSync(draft, jars);
    });
  });
}

async function copyDependencies(into: string): Promise<void> {
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies';
  const options = ['-DincludeScope=runtime', '-DincludeTypes=jar', `-DoutputDirectory=${into}`];
  try {
    await run('mvn', ['--batch-mode', '--quiet', goal, ...options], { cwd: directory, timeout: 600_000 });
  } catch (error) {
    const { stdout, message } = error as { stdout?: string; message: string };
    throw new Trouble(
      `DynamoDB Local ${version} could not be fetched from Maven Central:\n${lastLines(stdout || message, 6)}\n` +
        'Check the network, or the mirror and proxy settings of Maven, and run this again.',
    );
  }
}

/** 3.1.0 is the newest whose dependencies are all in Maven Central. */
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>taskq</groupId>
  <artifactId>dynamodb-local</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>software.amazon.dynamodb</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

async function answer(command: string, args: string[]): Promise<string | undefined> {
  try {
    return (await run(command, args, { timeout: 60_000 })).stdout;
  } catch {
    return undefined;
  }
}
