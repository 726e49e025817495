import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { exampleId } from '../ids/example-id.js';

/** The answer to a delete. */
@ApiSchema({ name: 'Deleted', description: 'Confirms the deletion of an object.' })
export class Deleted {
  @ApiProperty({
    type: String,
    description: 'Id of the object that was deleted.',
    example: exampleId('opportunity'),
  })
  id: string;

  @ApiProperty({ type: Boolean, description: 'Always true.', example: true, enum: [true] })
  deleted: true;
}

export function deleted(id: string): Deleted {
  return { id, deleted: true };
}
