import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Check, Column } from 'typeorm';
import { markExternalId, markMap } from './entity-keys.js';
import { OPT_IN } from './field.js';
import { IsTextMap, type TextMapLimits } from './text-map.rule.js';
import { TextField } from './text.fields.js';

/* How other systems name an object, and what they keep with it. */

/**
 * The id that another system has given the object: unique in the workspace, or among the children of one parent. The entity
 * needs a unique index over it, which starts with the workspace.
 */
export function ExternalIdField(options: { description: string; example: string }): PropertyDecorator {
  return applyDecorators(markExternalId(), TextField({ ...options, optIn: true, notBlank: true }));
}

export const METADATA_LIMITS: TextMapLimits = {
  key: /^[A-Za-z0-9_.-]{1,40}$/,
  refusedKeys: ['__proto__'],
  keyRule: 'must have a name of 1 to 40 letters, digits, and the characters _ . -',
  mostKeys: 50,
  maxLength: 500,
};

/**
 * A map of texts. Never null; a body merges into it: a key that is null is removed, and null instead of the map empties it.
 */
export function MetadataField(options: { description: string; example: Record<string, string> }): PropertyDecorator {
  const { mostKeys, maxLength } = METADATA_LIMITS;
  return applyDecorators(
    markMap(),
    Column({ type: 'jsonb', default: {} }),
    IsOptional(),
    IsTextMap(METADATA_LIMITS),
    (target: object, property: string | symbol) => {
      const column = String(property);
      Check(`${column}_at_most_${mostKeys}_keys`, `map_size(${column}) <= ${mostKeys}`)(target, property);
    },
    ApiProperty({
      ...options,
      type: 'object',
      additionalProperties: { type: 'string', maxLength },
      maxProperties: mostKeys,
      default: {},
      ...OPT_IN,
    } as object),
  );
}
