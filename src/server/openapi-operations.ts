import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
export type Operation = NonNullable<PathItem['get']>;
export type Parameter = Exclude<NonNullable<Operation['parameters']>[number], { $ref: string }>;
export type Schema = Exclude<NonNullable<Parameter['schema']>, { $ref: string }>;

/** In the order in which a person tries them: read and create before change, and delete last. */
export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** One operation of a document, where it stands. */
export interface PlacedOperation {
  path: string;
  item: PathItem;
  method: (typeof METHODS)[number];
  operation: Operation;
}

export function operationsIn({ paths }: OpenAPIObject): PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, item, method, operation }];
    }),
  );
}

/** The name of the schema of what an operation answers. */
export function answeredSchema(operation: Operation | undefined): string | undefined {
  const success = Object.entries(operation?.responses ?? {}).find(([status]) => status.startsWith('2'));
  const { content } = (success?.[1] ?? {}) as { content?: Record<string, { schema?: { $ref?: string } }> };
  return content?.['application/json']?.schema?.$ref?.split('/').at(-1);
}

/** The parameters of an operation that are not references to shared ones. */
export function ownParameters({ parameters = [] }: Operation): Parameter[] {
  return parameters.filter((parameter): parameter is Parameter => !isReference(parameter));
}

export function isReference(value: object): value is { $ref: string } {
  return '$ref' in value;
}
