import { Controller, Get, Query } from '@nestjs/common';
import { ApiReport, ApiResource, CurrentCall, type Call } from '../../common/index.js';
import {
  ChangesReport,
  ChangesReportQuery,
  CycleReport,
  CycleReportQuery,
  ForecastReport,
  ForecastReportQuery,
  FunnelReport,
  FunnelReportQuery,
  LossesReport,
  LossesReportQuery,
  PipelineReport,
  PipelineReportQuery,
  VelocityReport,
  VelocityReportQuery,
  WinRateReport,
  WinRateReportQuery,
} from './report.dto.js';
import { ReportsService } from './reports.service.js';

const FILTERED = 'Every filter of the list of opportunities is a parameter of the report, too.';

const WINDOW =
  'The window is half-open: it begins at `from` and ends before `to`. Without `from` or `to`, it is open on that side.';

const PIPELINE = `Open deals by stage: the stages of the default pipeline first, then the stages of the other pipelines in the order of creation,
then texts that name no stage. \`at\` shows status, stage, amounts, probability and closing date at that moment; filters on other
attributes use the present values.`;

const FORECAST = `Open deals by the month of \`expected_closing\`, and won deals by the month in which they were won. Deals with
a closing date before today have rows of their own. The report leaves out lost and closed deals, and deals with the forecast category \`omitted\`.`;

const WIN_RATE = `Deals that were won, lost or closed, by month, and the rate of won deals. ${WINDOW}`;

const LOSSES = `Lost deals by reason, and by the stage in which they were lost. ${WINDOW}`;

const CYCLE = `Days from the creation of won deals until they were won, by owner or by type. ${WINDOW}`;

const FUNNEL = `For each open stage of a pipeline, the deals that entered it in the window, and how many of them went on. ${WINDOW}`;

const VELOCITY = `The base amount that the open deals bring per day, computed from the deals that ended in the window. ${WINDOW}`;

const CHANGES = `Compares the open deals at two moments; the rows add up exactly: opening + new + increased − decreased + moved_in −
moved_out − won − lost − closed = totals. Status, amounts and closing date are those of the moment; filters on other attributes
use the present values.`;

@Controller('api/crm/reports')
@ApiResource('Report')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  @Get('pipeline')
  @ApiReport('reportPipeline', 'Open deals by stage', PipelineReport, `${PIPELINE} ${FILTERED}`)
  pipeline(@CurrentCall() call: Call, @Query() query: PipelineReportQuery) {
    return this.reports.report(call, 'pipeline', query);
  }

  @Get('forecast')
  @ApiReport('reportForecast', 'Open deals by closing month', ForecastReport, `${FORECAST} ${FILTERED}`)
  forecast(@CurrentCall() call: Call, @Query() query: ForecastReportQuery) {
    return this.reports.report(call, 'forecast', query);
  }

  @Get('win-rate')
  @ApiReport('reportWinRate', 'Win rate by month', WinRateReport, `${WIN_RATE} ${FILTERED}`)
  winRate(@CurrentCall() call: Call, @Query() query: WinRateReportQuery) {
    return this.reports.report(call, 'win-rate', query);
  }

  @Get('losses')
  @ApiReport('reportLosses', 'Lost deals by reason', LossesReport, `${LOSSES} ${FILTERED}`)
  losses(@CurrentCall() call: Call, @Query() query: LossesReportQuery) {
    return this.reports.report(call, 'losses', query);
  }

  @Get('cycle')
  @ApiReport('reportCycle', 'Length of the sales cycle', CycleReport, `${CYCLE} ${FILTERED}`)
  cycle(@CurrentCall() call: Call, @Query() query: CycleReportQuery) {
    return this.reports.report(call, 'cycle', query);
  }

  @Get('funnel')
  @ApiReport('reportFunnel', 'Passage through the stages', FunnelReport, `${FUNNEL} ${FILTERED}`)
  funnel(@CurrentCall() call: Call, @Query() query: FunnelReportQuery) {
    return this.reports.report(call, 'funnel', query);
  }

  @Get('velocity')
  @ApiReport('reportVelocity', 'Sales velocity', VelocityReport, `${VELOCITY} ${FILTERED}`)
  velocity(@CurrentCall() call: Call, @Query() query: VelocityReportQuery) {
    return this.reports.report(call, 'velocity', query);
  }

  @Get('changes')
  @ApiReport('reportChanges', 'Changes between two moments', ChangesReport, `${CHANGES} ${FILTERED}`)
  changes(@CurrentCall() call: Call, @Query() query: ChangesReportQuery) {
    return this.reports.report(call, 'changes', query);
  }
}
