import type { ApiPropertyOptions } from '@nestjs/swagger';

/* What the answers of reports have in common, for the document. */

/** A list of objects, with their schema but for its type. */
export function listOf(item: object, description: string): ApiPropertyOptions {
  return { type: 'array', items: { type: 'object', ...item }, description };
}

/** An object, with its schema but for its type. */
export function objectOf(item: object, description: string): object {
  return { type: 'object', ...item, description };
}

export const COUNT = { type: 'integer', minimum: 0, description: 'Number of deals.' };

export const BY_CURRENCY = listOf(
  {
    title: 'CurrencyAmount',
    required: ['currency', 'count', 'sum'],
    properties: {
      currency: { type: 'string', nullable: true, description: 'The currency; null for deals without one.' },
      count: COUNT,
      sum: { type: 'number', description: 'Sum of `opportunity_amount`.' },
    },
  },
  'The sum of `opportunity_amount` in each currency.',
);

export const FILTER_SCHEMA = {
  type: 'string',
  nullable: true,
  description:
    'Query of the list of opportunities that finds the deals of this row. Null if it would be longer than 12 288 characters, which a request may not take.',
};

export const TIMEZONE_SCHEMA = {
  type: String,
  description: 'The time zone in which days begin.',
  example: 'Europe/Berlin',
};

export const AS_OF_SCHEMA: ApiPropertyOptions = {
  type: String,
  format: 'date-time',
  description: 'The moment to which the response applies.',
  example: '2026-11-25T19:32:11.123Z',
};

export const BASE_CURRENCY_SCHEMA: ApiPropertyOptions = {
  type: String,
  nullable: true,
  description: 'The currency of all base amounts (`BASE_CURRENCY`); null if each company has its own.',
  example: 'EUR',
};
