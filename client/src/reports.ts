import type { Http, RequestOptions } from './http.js';
import type { OperationId, Query, Result } from './operations.js';

export class Reports {
  constructor(private readonly http: Http) {}

  pipeline(query?: Query<'reportPipeline'>, options?: RequestOptions): Promise<Result<'reportPipeline'>> {
    return this.read<'reportPipeline'>('pipeline', query, options);
  }

  forecast(query?: Query<'reportForecast'>, options?: RequestOptions): Promise<Result<'reportForecast'>> {
    return this.read<'reportForecast'>('forecast', query, options);
  }

  winRate(query?: Query<'reportWinRate'>, options?: RequestOptions): Promise<Result<'reportWinRate'>> {
    return this.read<'reportWinRate'>('win-rate', query, options);
  }

  losses(query?: Query<'reportLosses'>, options?: RequestOptions): Promise<Result<'reportLosses'>> {
    return this.read<'reportLosses'>('losses', query, options);
  }

  cycle(query?: Query<'reportCycle'>, options?: RequestOptions): Promise<Result<'reportCycle'>> {
    return this.read<'reportCycle'>('cycle', query, options);
  }

  funnel(query?: Query<'reportFunnel'>, options?: RequestOptions): Promise<Result<'reportFunnel'>> {
    return this.read<'reportFunnel'>('funnel', query, options);
  }

  velocity(query?: Query<'reportVelocity'>, options?: RequestOptions): Promise<Result<'reportVelocity'>> {
    return this.read<'reportVelocity'>('velocity', query, options);
  }

  changes(query?: Query<'reportChanges'>, options?: RequestOptions): Promise<Result<'reportChanges'>> {
    return this.read<'reportChanges'>('changes', query, options);
  }

  private read<Id extends OperationId>(
    report: string,
    query: Query<Id> | undefined,
    options: RequestOptions | undefined,
  ): Promise<Result<Id>> {
    return this.http.request('GET', `/api/crm/reports/${report}`, { ...options, query });
  }
}
