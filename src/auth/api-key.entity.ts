import { ApiProperty } from '@nestjs/swagger';
import { ArrayNotEmpty, ArrayUnique, IsIn, IsOptional } from 'class-validator';
import { Column, Entity, JoinColumn, ManyToOne, type Relation } from 'typeorm';
import {
  IdField,
  IntField,
  IsList,
  IsTimestamp,
  TextField,
  TimestampField,
  VersionField,
  WorkspaceField,
} from '../common/index.js';
import { SCOPES, type Scope } from '../common/routes/scopes.js';
import { Workspace } from './workspace.entity.js';

/** A bearer key of a workspace; of the secret only its hash is kept. */
@Entity('api_key')
export class ApiKey {
  @WorkspaceField()
  workspace_id: string;

  @VersionField()
  version: number;

  @IdField('api-key')
  id: string;

  @TimestampField({ description: 'When the key was created.' })
  created_at: string;

  @TextField({ required: true, description: 'Purpose of the key.', example: 'nightly import' })
  name: string;

  @Column({ type: 'varchar', length: 20, nullable: true })
  @ApiProperty({
    type: String,
    nullable: true,
    readOnly: true,
    description:
      'First and last characters of the key, to recognise it; null for keys made before the service kept them.',
    example: 'sk_test_crm_…Gh7u',
  })
  hint: string | null;

  // The one index that no workspace leads: who asks is known only after the key is found.
  @Column({ type: 'char', length: 64, unique: true, select: false })
  hash: string;

  @Column({ type: 'text', array: true })
  @IsList('scopes')
  @ArrayNotEmpty({ message: '$property must name at least one scope.' })
  @ArrayUnique({ message: '$property must name each scope once.' })
  @IsIn(SCOPES, { each: true, message: `$property must be one of ${SCOPES.join(', ')}.` })
  @ApiProperty({
    type: String,
    isArray: true,
    enum: SCOPES,
    minItems: 1,
    uniqueItems: true,
    description: 'Rights of the key. `write` includes `read`; `admin` allows everything.',
    example: ['read'],
  })
  scopes: Scope[];

  @IntField({
    min: 0,
    description:
      'Maximum number of requests in each window of time; null for the configured limit of the service, 0 for no limit of its own. It cannot be higher than the limit of the key that creates it. If that key has a limit of ' +
      'its own, this is the default, and the requests of both keys count together.',
    example: 500,
  })
  rate_limit: number | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @IsOptional()
  @IsTimestamp()
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description:
      'When the key stops working; null for never. It cannot be later than the end of the key that creates it, which is also the default.',
    example: '2099-12-31T00:00:00.000Z',
  })
  expires_at: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    readOnly: true,
    description: 'When the key was last used, to about a minute; null for never.',
    example: '2024-01-15T09:30:00.000Z',
  })
  last_used_at: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true, select: false })
  revoked_at: string | null;

  /** How long the key was to work when it was made, as PostgreSQL writes it; its successor works as long. */
  @Column({ type: 'interval', nullable: true, select: false })
  lifetime: string | null;

  /** The successor that a rotation made. */
  @Column({ type: 'varchar', length: 80, nullable: true, select: false })
  replaced_by: string | null;

  /** The key whose quota the requests count against; null for the key itself. */
  @Column({ type: 'varchar', length: 80, nullable: true, select: false })
  quota_key_id: string | null;

  @ManyToOne(() => Workspace, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'workspace_id' })
  workspace?: Relation<Workspace>;
}
