import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { OpportunityService } from '../opportunity/opportunity.service.js';
import { DEFINITIONS, type ReportName } from './definitions.js';
import { resolveMoments } from './moments.js';
import { changesReport } from './report.changes.js';
import { cycleReport } from './report.cycle.js';
import type { ReportAnswer } from './report.dto.js';
import { forecastReport } from './report.forecast.js';
import { funnelReport } from './report.funnel.js';
import type { ReportBody } from './report.js';
import { lossesReport } from './report.losses.js';
import { pipelineReport } from './report.pipeline.js';
import { ReportRun, type ReportRequest } from './report-run.js';
import { readReport } from './run-report.js';
import { velocityReport } from './report.velocity.js';
import { winRateReport } from './report.win-rate.js';

const REPORTS: Record<ReportName, (run: ReportRun) => Promise<ReportBody>> = {
  pipeline: pipelineReport,
  forecast: forecastReport,
  'win-rate': winRateReport,
  losses: lossesReport,
  cycle: cycleReport,
  funnel: funnelReport,
  velocity: velocityReport,
  changes: changesReport,
};

/** Answers reports. What one report reads is of one moment. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly opportunities: OpportunityService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  report(call: Call, name: ReportName, request: ReportRequest): Promise<ReportAnswer> {
    const { BASE_CURRENCY = null } = this.config;
    return readReport(call, async (call) => {
      const moments = await resolveMoments(call, request, request.timezone);
      const run = new ReportRun(call, request, moments, this.opportunities, BASE_CURRENCY !== null);
      const { data, totals, ...beside } = await REPORTS[name](run);
      return {
        report: name,
        from: request.from ?? null,
        to: request.to ?? null,
        timezone: request.timezone,
        as_of: moments.at ?? moments.as_of,
        base_currency: BASE_CURRENCY,
        definitions: DEFINITIONS[name],
        data,
        ...beside,
        totals,
      };
    });
  }
}
