import { ApiSchema } from '@nestjs/swagger';
import { Entity, JoinColumn, ManyToOne, Unique, type Relation } from 'typeorm';
import { ChildResource, ParentIdField, TextField } from '../../common/index.js';
import { Opportunity } from '../opportunity/opportunity.entity.js';

/** One reason why an opportunity was lost. Attributes stand in the order in which the API shows them. */
@Entity('opportunity_lost_reason_detail')
@Unique('opportunity_lost_reason_detail_order', ['workspace_id', 'opportunity_id', 'idx'], {
  deferrable: 'INITIALLY DEFERRED',
})
@ApiSchema({ name: 'OpportunityLostReasonDetail', description: 'One reason why an opportunity was lost.' })
export class OpportunityLostReasonDetail extends ChildResource('opportunity-lost-reason-detail') {
  @ParentIdField('opportunity')
  opportunity_id: string;

  @TextField({ required: true, description: 'The reason.', example: 'Price' })
  lost_reason: string;

  @ManyToOne(() => Opportunity, (opportunity) => opportunity.lost_reasons, {
    onDelete: 'CASCADE',
    orphanedRowAction: 'disable',
  })
  @JoinColumn([
    { name: 'workspace_id', referencedColumnName: 'workspace_id' },
    { name: 'opportunity_id', referencedColumnName: 'id' },
  ])
  opportunity?: Relation<Opportunity>;
}
