import type { components } from '../../client/src/schema.js';

type Schemas = components['schemas'];

export type ApiKey = Schemas['ApiKey'];
export type Pipeline = Schemas['Pipeline'];
export type Stage = Schemas['PipelineStage'];
export type Deal = Schemas['Opportunity'];
export type Item = Schemas['OpportunityItem'];
export type LostReason = Schemas['OpportunityLostReasonDetail'];
export type StagePeriod = Schemas['StagePeriod'];
export type ChangeEvent = Schemas['ChangeEvent'];
export type EventPage = Schemas['EventPage'];
export type WebhookEndpoint = Schemas['WebhookEndpoint'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type Import = Schemas['Import'];
export type CurrencyAmount = Schemas['CurrencyAmount'];

export type Status = Deal['status'];

export interface Page<T> {
  data: T[];
  has_more: boolean;
  total: number | null;
}

/** A group of `aggregate` with the measures that the page asks for. */
export interface Group {
  keys: Record<string, string | null>;
  count: number;
  'sum.base_opportunity_amount'?: number | null;
  'sum.weighted_amount'?: number | null;
  base_reason?: string;
  by_currency: CurrencyAmount[];
}

export interface Aggregate {
  data: Group[];
  totals: Group;
  base_currency: string | null;
}
