import { CoordinatorError } from './errors.js';

/** Checks that an option is a whole number from `min` to `max`. Throws `COORDINATOR_OPTION`, naming it. */
export function requireInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new CoordinatorError(
    'COORDINATOR_OPTION',
    `coordinator: option '${name}' must be a whole number from ${min} to ${max}, not ${show(value)}`,
  );
}

/** Checks that an option is a text that is not empty. Throws `COORDINATOR_OPTION`, naming it. */
export function requireText(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new CoordinatorError(
    'COORDINATOR_OPTION',
    `coordinator: option '${name}' must be a text that is not empty, not ${show(value)}`,
  );
}

/** A value as a message to people shows it. */
export function show(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || value === undefined) return `${value}`;
  return JSON.stringify(value) ?? typeof value;
}
