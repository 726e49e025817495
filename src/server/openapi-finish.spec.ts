import type { OpenAPIObject } from '@nestjs/swagger';
import { finishDocument } from './openapi-finish.js';

it('leaves out operations that need what is not set up, and paths that have no other', () => {
  const responses = {};
  const locked = { responses, security: [{ metrics: [] }] };
  const document: OpenAPIObject = {
    openapi: '3.1.0',
    info: { title: 'Test', version: '1' },
    components: { securitySchemes: {} },
    paths: {
      '/locked': { get: locked, post: locked },
      '/half': { get: { responses }, post: locked },
    },
  };
  const { paths } = finishDocument(document);
  expect(Object.entries(paths).map(([path, item]) => [path, Object.keys(item)])).toEqual([['/half', ['get']]]);
});
