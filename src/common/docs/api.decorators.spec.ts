import 'reflect-metadata';
import { Body, Post } from '@nestjs/common';
import { Resource, TextField } from '../fields/index.js';
import { CreateBody, UpdateBody } from '../body/bodies.js';
import { ApiCreate } from './api.decorators.js';
import { schemaName } from '../fields/property-metadata.js';

class Leaf extends Resource('leaf') {
  @TextField({ required: true, description: 'Colour.', example: 'green' })
  colour: string;

  @TextField({ description: 'Shape.', example: 'oval' })
  shape: string | null;

  @TextField({ default: 'north', description: 'Side.', example: 'south' })
  side: string;
}

class CreateLeaf extends CreateBody(Leaf) {}

it('a body is named after its entity, and its example has the fields that have no default', () => {
  expect([schemaName(CreateLeaf), schemaName(UpdateBody(Leaf))]).toEqual(['LeafCreate', 'LeafUpdate']);
  expect([CreateLeaf.example, UpdateBody(Leaf).example]).toEqual(Array(2).fill({ colour: 'green', shape: 'oval' }));
});

it('a handler whose body class is gone at run time is refused, as nothing would be validated', () => {
  expect(() => {
    class LeafController {
      @Post()
      @ApiCreate('createLeaf', 'Create a leaf', Leaf)
      create(@Body() body: object): object {
        return body;
      }
    }
    return LeafController;
  }).toThrow('The body of create needs a class with a static example.');
});
