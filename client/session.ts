import type { Command } from 'commander';
import { type Client, createClient } from './client.ts';
import { findConnection } from './connection.ts';

/** Options that every command takes. */
export interface Globals {
  tenant?: string;
  json?: boolean;
  apiUrl?: string;
  region?: string;
}

/** What a command works with. */
export interface Session {
  client: Client;
  /** The answer is for a machine: exactly the API's JSON, one document per line. */
  json: boolean;
}

/** Fewer tries than a program gets: a person waits. */
const maxAttempts = 3;

/** The session of a command, from its options and the environment. */
export function openSession(command: Command): Session {
  const { tenant, json = false, ...flags } = command.optsWithGlobals<Globals>();
  const connection = findConnection(flags, process.env, process.cwd());
  const patience = { maxAttempts };
  return {
    client: createClient({ ...connection, patience, ...(tenant === undefined ? {} : { tenant }) }),
    json,
  };
}
