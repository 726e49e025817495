import { ApiSchema } from '@nestjs/swagger';
import { Column, Entity, Index, JoinColumn, ManyToOne, Unique, type Relation } from 'typeorm';
import {
  ChildResource,
  type Decimal,
  ExternalIdField,
  LongTextField,
  MetadataField,
  MoneyField,
  ParentIdField,
  QuantityField,
  TextField,
  UrlField,
} from '../../common/index.js';
import { Opportunity } from '../opportunity/opportunity.entity.js';

/** A line item of an opportunity. Attributes stand in the order in which the API shows them. */
@Entity('opportunity_item')
@Unique('opportunity_item_order', ['workspace_id', 'opportunity_id', 'idx'], { deferrable: 'INITIALLY DEFERRED' })
@Index('opportunity_item_external_id', ['workspace_id', 'opportunity_id', 'external_id'], {
  unique: true,
  where: 'external_id is not null',
})
@ApiSchema({ name: 'OpportunityItem', description: 'A line item of an opportunity.' })
export class OpportunityItem extends ChildResource('opportunity-item') {
  @ParentIdField('opportunity')
  opportunity_id: string;

  @TextField({ description: 'Code of the item.', example: 'CHAIR-01' })
  item_code: string | null;

  @QuantityField({ default: 1, description: 'Quantity of the item.', example: 12 })
  qty: Decimal;

  @TextField({ description: 'Group of the item.', example: 'Furniture' })
  item_group: string | null;

  @TextField({ description: 'Brand of the item.', example: 'Examplo' })
  brand: string | null;

  @TextField({ description: 'Unit of measure.', example: 'Nos' })
  uom: string | null;

  @TextField({ description: 'Name of the item.', example: 'Office chair' })
  item_name: string | null;

  @LongTextField({ description: 'Description of the item.', example: 'Height-adjustable, black.' })
  description: string | null;

  @UrlField({ description: 'Address of a picture.', example: 'https://example.com/chair.png' })
  image: string | null;

  @UrlField({
    description: 'Address of the picture to show; the value of `image` unless it has its own.',
    example: 'https://example.com/chair.png',
  })
  image_view: string | null;

  @MoneyField({
    default: 0,
    description: 'Price of one, in the currency of the opportunity; negative for a discount.',
    example: 89.95,
  })
  rate: Decimal;

  @MoneyField({
    generated: 'conversion_rate * round(qty * rate, 9)',
    description: '`amount` in the currency of the company.',
    example: 1079.4,
  })
  base_amount: Decimal;

  @MoneyField({ generated: 'qty * rate', description: '`qty` × `rate`.', example: 1079.4 })
  amount: Decimal;

  @MoneyField({
    generated: 'conversion_rate * rate',
    description: '`rate` in the currency of the company.',
    example: 89.95,
  })
  base_rate: Decimal;

  @ExternalIdField({
    description: 'Id that another system gave the line item; unique in its opportunity. Letter case counts.',
    example: 'LINE-1',
  })
  external_id: string | null;

  @MetadataField({
    description: 'Texts that you keep with the line item, by keys of your own.',
    example: { colour: 'black' },
  })
  metadata: Record<string, string>;

  /** The opportunity's own, repeated here because a generated column sees only its row. */
  @Column({ type: 'numeric', precision: 21, scale: 9, select: false })
  conversion_rate: Decimal;

  @ManyToOne(() => Opportunity, (opportunity) => opportunity.items, {
    onDelete: 'CASCADE',
    orphanedRowAction: 'disable',
  })
  @JoinColumn([
    { name: 'workspace_id', referencedColumnName: 'workspace_id' },
    { name: 'opportunity_id', referencedColumnName: 'id' },
  ])
  opportunity?: Relation<Opportunity>;
}
