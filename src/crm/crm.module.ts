import { Module } from '@nestjs/common';
import { ExportModule } from './data-exchange/export.module.js';
import { OpportunityItemModule } from './opportunity-item/opportunity-item.module.js';
import { OpportunityLostReasonDetailModule } from './opportunity-lost-reason-detail/opportunity-lost-reason-detail.module.js';
import { OpportunitiesModule, OpportunityModule } from './opportunity/opportunity.module.js';
import { PipelineStageModule } from './pipeline-stage/pipeline-stage.module.js';
import { PipelineModule } from './pipeline/pipeline.module.js';
import { ReportsModule } from './reports/reports.module.js';

/** The resources, in the order in which the API document shows them. */
@Module({
  imports: [
    OpportunityModule,
    OpportunitiesModule,
    ExportModule,
    OpportunityItemModule,
    OpportunityLostReasonDetailModule,
    PipelineModule,
    PipelineStageModule,
    ReportsModule,
  ],
})
export class CrmModule {}
