import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Module,
  NotFoundException,
  Param,
  Patch,
  Post,
  Query,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Type } from 'class-transformer';
import { IsArray, IsNumber, IsOptional, IsString, ValidateNested } from 'class-validator';
import { randomUUID } from 'node:crypto';
import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  type DeepPartial,
  type FindOptionsWhere,
  Repository,
  type Relation,
} from 'typeorm';

/*
 * Opportunities as tutorials of Nest and TypeORM build them: entities, repositories, a ValidationPipe. There is no key, no
 * exact money, no history and no order of items; Nest's adapter for fastify is the fastest it has.
 */

const SCHEMA = 'tutorial';

/** Attributes beside the ids and times, by their type; the table is a copy of that of the service. */
const TEXTS =
  `opportunity_from party_name customer_name title opportunity_type status expected_closing currency sales_stage
  territory customer_group contact_person contact_display contact_email company transaction_date language industry
  opportunity_owner website phone city country utm_source`.split(/\s+/);
const NUMBERS = ['opportunity_amount', 'probability', 'conversion_rate', 'annual_revenue'];
const ITEM_TEXTS = ['item_code', 'uom', 'description'];
const ITEM_NUMBERS = ['qty', 'rate'];

/** What decorators on each of so many properties would do. */
function addColumns(of: object, texts: readonly string[], numbers: readonly string[]): void {
  for (const name of texts) Column({ type: 'varchar', nullable: true })(of, name);
  for (const name of numbers) Column({ type: 'numeric', nullable: true })(of, name);
}

function addRules(of: object, texts: readonly string[], numbers: readonly string[]): void {
  for (const name of [...texts, ...numbers]) IsOptional()(of, name);
  for (const name of texts) IsString()(of, name);
  for (const name of numbers) IsNumber()(of, name);
}

@Entity({ name: 'opportunity', schema: SCHEMA })
class Opportunity {
  @PrimaryColumn('varchar')
  id: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  created_at: Date;

  @OneToMany(() => OpportunityItem, (item) => item.opportunity, { cascade: true })
  items: Relation<OpportunityItem>[];
}
addColumns(Opportunity.prototype, TEXTS, NUMBERS);

@Entity({ name: 'opportunity_item', schema: SCHEMA })
class OpportunityItem {
  @PrimaryColumn('varchar')
  id: string;

  @Column({ type: 'varchar', nullable: true })
  item_name: string | null;

  @ManyToOne(() => Opportunity, (opportunity) => opportunity.items, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'opportunity_id' })
  opportunity: Relation<Opportunity>;
}
addColumns(OpportunityItem.prototype, ITEM_TEXTS, ITEM_NUMBERS);

class ItemDto {
  @IsOptional()
  @IsString()
  item_name?: string;
}
addRules(ItemDto.prototype, ITEM_TEXTS, ITEM_NUMBERS);

class OpportunityDto {
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ItemDto)
  items?: ItemDto[];
}
addRules(OpportunityDto.prototype, TEXTS, NUMBERS);

interface ListQuery {
  limit?: string;
  sort?: string;
  status?: string;
  opportunity_owner?: string;
}

@Controller('api/crm/opportunity')
class OpportunityController {
  constructor(@InjectRepository(Opportunity) private readonly opportunities: Repository<Opportunity>) {}

  @Get()
  async list(
    @Query() { limit = '20', sort = '-created_at', ...where }: ListQuery,
  ): Promise<{ data: Opportunity[]; total: number }> {
    const [data, total] = await this.opportunities.findAndCount({
      where: where as FindOptionsWhere<Opportunity>,
      order: { [sort.replace('-', '')]: sort.startsWith('-') ? 'DESC' : 'ASC' },
      take: Number(limit),
    });
    return { data, total };
  }

  @Get(':id')
  async retrieve(@Param('id') id: string): Promise<Opportunity> {
    const found = await this.opportunities.findOneBy({ id });
    if (found === null) throw new NotFoundException();
    return found;
  }

  @Post()
  create(@Body() { items = [], ...dto }: OpportunityDto): Promise<Opportunity> {
    const withIds = items.map((item) => ({ id: randomUUID(), ...item }));
    return this.opportunities.save({ id: randomUUID(), ...dto, items: withIds } as DeepPartial<Opportunity> &
      Opportunity);
  }

  @Patch(':id')
  async update(@Param('id') id: string, @Body() dto: OpportunityDto): Promise<Opportunity> {
    return this.opportunities.save(Object.assign(await this.retrieve(id), dto));
  }
}

const { DATABASE_URL, PORT = '' } = process.env;

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      ...(DATABASE_URL !== undefined && { url: DATABASE_URL }),
      entities: [Opportunity, OpportunityItem],
    }),
    TypeOrmModule.forFeature([Opportunity]),
  ],
  controllers: [OpportunityController],
})
class TutorialModule {}

const app = await NestFactory.create(TutorialModule, new FastifyAdapter(), { logger: false });
app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
await app.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => void app.close());
