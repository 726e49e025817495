import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Column, ForeignKey, Index, Unique } from 'typeorm';
import { exampleId } from '../ids/example-id.js';
import { markParentKey, resourceOf } from './entity-keys.js';
import { ID_LENGTH } from './limits.js';
import { IsText } from './rules.js';

export interface ReferenceOptions {
  /** Must be given on create and is never null. */
  required?: true;
  /** When the other object is deleted: `cascade` deletes this one, too; `restrict`, the default, refuses it with 409. */
  onDelete?: 'cascade' | 'restrict';
  /** Has the changes of this object stand in the history of the other one, which then must be `required`. */
  history?: true;
  /** The name under which the other object embeds these with `expand`. */
  expandAs?: string;
  /** A sentence for the API document. */
  description?: string;
}

/** A reference as the target knows it. */
export interface Reference {
  target: () => Type;
  /** The entity with the column. */
  entity: Type;
  /** The column with the id. */
  name: string;
  options: ReferenceOptions;
  /** Are these the children of the target, at positions in `idx`? */
  isOrdered?: true;
}

const references: Reference[] = [];

/** The references to an entity, in the order in which they were declared. Complete once all modules are loaded. */
export function referencesTo(target: Type): Reference[] {
  return references.filter((reference) => reference.target() === target);
}

/** The references of an entity to others. */
export function referencesFrom(entity: Type): Reference[] {
  return references.filter((reference) => reference.entity === entity);
}

/** The entity that a child belongs to. Throws for an entity without a `@ParentField`. */
export function parentEntityOf(child: Type): Type {
  const reference = references.find(({ entity, isOrdered }) => entity === child && isOrdered);
  if (reference === undefined) throw new Error(`${child.name} needs a @ParentField.`);
  return reference.target();
}

/** The column with the id in whose history the changes of an entity's rows stand, if it is not their own. */
export function historyKeyOf(entity: Type): string | undefined {
  return references.find((reference) => reference.entity === entity && reference.options.history)?.name;
}

/**
 * The id of an object of another resource in the same workspace: column, foreign key and index, both named after entity and
 * column. Where there is no object with the id, the answer is 404.
 */
export function ReferenceField(target: () => Type, options: ReferenceOptions = {}): PropertyDecorator {
  const { required, history, onDelete = 'restrict' } = options;
  if (history && !required) throw new Error('A @ReferenceField with history has to be required.');
  return (prototype, property) => {
    const name = String(property);
    const entity = prototype.constructor as Type;
    references.push({ target, entity, name, options });
    applyDecorators(
      Column({ type: 'varchar', length: ID_LENGTH, nullable: !required }),
      ...(required ? [] : [IsOptional()]),
      IsText(ID_LENGTH),
      ApiProperty(schemaOf(target, options)),
    )(prototype, property);
    const constraint = `${snakeCase(entity.name)}_${name}`;
    ForeignKey(target, ['workspace_id', name], ['workspace_id', 'id'], {
      name: `${constraint}_fk`,
      onDelete: onDelete === 'cascade' ? 'CASCADE' : 'NO ACTION',
    })(entity);
    Index(constraint, ['workspace_id', name, 'created_at', 'id'])(entity);
  };
}

/**
 * The id of the object that an ordered child belongs to: required on create, and not to be changed. The entity extends
 * `ChildResource`. Makes column, foreign key and the unique order of the children. The deletion of the parent takes the
 * children along, their changes stand in its history, and it embeds them under `expandAs`.
 */
export function ParentField(
  target: () => Type,
  { expandAs, description }: Pick<ReferenceOptions, 'expandAs' | 'description'> = {},
): PropertyDecorator {
  return (prototype, property) => {
    const name = String(property);
    const entity = prototype.constructor as Type;
    const options: ReferenceOptions = {
      required: true,
      onDelete: 'cascade',
      history: true,
      ...(expandAs !== undefined && { expandAs }),
      ...(description !== undefined && { description }),
    };
    references.push({ target, entity, name, options, isOrdered: true });
    applyDecorators(
      markParentKey(),
      Column({ type: 'varchar', length: ID_LENGTH }),
      IsText(ID_LENGTH),
      ApiProperty(schemaOf(target, options)),
    )(prototype, property);
    const table = snakeCase(entity.name);
    const foreignKey = { name: `${table}_${name}_fk`, onDelete: 'CASCADE' } as const;
    ForeignKey(target, ['workspace_id', name], ['workspace_id', 'id'], foreignKey)(entity);
    Unique(`${table}_order`, ['workspace_id', name, 'idx'], { deferrable: 'INITIALLY DEFERRED' })(entity);
  };
}

function schemaOf(target: () => Type, { required, description }: ReferenceOptions): ApiPropertyOptions {
  const resource = resourceIfMade(target);
  return {
    type: String,
    description: description ?? `Id of the ${resource ?? 'object'} to which the object belongs.`,
    ...(resource !== undefined && { example: exampleId(resource) }),
    ...(!required && { nullable: true }),
  };
}

/** An entity that refers to itself is not made yet when its fields are. */
function resourceIfMade(target: () => Type): string | undefined {
  try {
    return resourceOf(target());
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function snakeCase(name: string): string {
  return name.replaceAll(/\B[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
