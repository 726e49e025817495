import type { INestApplication } from '@nestjs/common';

export interface Route {
  method: string;
  /** With its parameters as in `/opportunity/:id`. */
  path: string;
}

interface Printable {
  printRoutes: (options: { commonPrefix: boolean }) => string;
}

/** Every route that Fastify knows, read from the tree it prints: four characters for each level, methods in parentheses. */
export function registeredRoutes(app: INestApplication): Route[] {
  const instance = app.getHttpAdapter().getInstance() as Printable;
  const above: string[] = [];
  return instance
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
      const level = indent.length / 4;
      above.splice(level, above.length, part);
      // The tree leaves out the slash before a part that stands for all paths.
      const path = above
        .join('')
        .replace(/^\/\/+/, '/')
        .replace(/([^/])\*$/, '$1/*');
      return methods === '' ? [] : methods.split(', ').map((method) => ({ method, path }));
    });
}
