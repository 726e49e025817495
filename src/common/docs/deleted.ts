import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The answer to a delete. */
@ApiSchema({ name: 'Deleted', description: 'Confirms the deletion of an object.' })
export class Deleted {
  @ApiProperty({
    type: String,
    description: 'Id of the object that was deleted.',
    example: 'opportunity_01jhqz3v5xk8m2n4p6r8t0v2w4',
  })
  id: string;

  @ApiProperty({ type: Boolean, description: 'Always true.', example: true, enum: [true] })
  deleted: true;
}

export function deleted(id: string): Deleted {
  return { id, deleted: true };
}
