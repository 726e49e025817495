import type { Http } from './http.js';
import type { OperationId } from './operations.js';
import type { Report } from './resource.js';

export class Reports {
  readonly pipeline = this.report<'reportPipeline'>('pipeline');
  readonly forecast = this.report<'reportForecast'>('forecast');
  readonly winRate = this.report<'reportWinRate'>('win-rate');
  readonly losses = this.report<'reportLosses'>('losses');
  readonly cycle = this.report<'reportCycle'>('cycle');
  readonly funnel = this.report<'reportFunnel'>('funnel');
  readonly velocity = this.report<'reportVelocity'>('velocity');
  readonly changes = this.report<'reportChanges'>('changes');

  constructor(private readonly http: Http) {}

  private report<Id extends OperationId>(name: string): Report<Id> {
    return (query, options) => this.http.request('GET', `/api/crm/reports/${name}`, { ...options, query });
  }
}
