/**
 * How this command was called, for the hints it gives: as `taskq` where it is on the path, through npx or
 * `npm run` in a project that brings it along. npm says so in the environment of what it runs.
 */
export function invokedAs(env: Readonly<Record<string, string | undefined>>): string {
  if (env.npm_lifecycle_event === 'taskq') return 'npm run taskq --';
  return env.npm_lifecycle_event === 'npx' || env.npm_command === 'exec' ? 'npx taskq' : 'taskq';
}
