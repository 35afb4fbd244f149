import { InvalidArgumentError } from 'commander';
import * as z from 'zod/mini';
import { moment } from '../core/api.ts';
import { UsageError } from './exit.ts';

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90`, `90s`, `10m`, `2h` or `1d` in seconds; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  const [, count, unit = 's'] = /^(\d+)([smhd])?$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unitSeconds[unit] ?? 1);
}

/** An option's duration. */
export function parseDuration(text: string): number {
  const seconds = secondsOf(text);
  if (seconds === undefined) throw new InvalidArgumentError('It is a time such as 90, 90s, 10m, 2h or 1d.');
  return seconds;
}

/** An option's moment: a duration ago, or a time as the API takes it. Throws a UsageError on anything else. */
export function momentOf(text: string, nowMs: number): string {
  const seconds = secondsOf(text);
  if (seconds !== undefined) return new Date(nowMs - seconds * 1000).toISOString();
  if (!z.safeParse(moment, text).success)
    throw new UsageError(
      `"${text.slice(0, 60)}" is no time: give 10m, 2h, 1d for so long ago, or a time such as 2026-01-31T09:30:00Z`,
    );
  return text;
}

/** `5m ago`, `in 2h`: how far a moment is from now, in its largest whole unit. */
export function ageOf(moment: string, nowMs: number): string {
  const ms = nowMs - Date.parse(moment);
  // Upward for what is to come: an hour's delay, asked for a moment ago, is an hour.
  return ms < 0 ? `in ${spanOf(Math.ceil(-ms / 1000) * 1000)}` : `${spanOf(ms)} ago`;
}

/** A span of time in its largest whole unit. */
export function spanOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [unit, size] =
    Object.entries(unitSeconds).findLast(([, each]) => seconds >= each) ?? (['s', 1] as const);
  return `${Math.floor(seconds / size)}${unit}`;
}
