import 'reflect-metadata';
import { ApiSchema } from '@nestjs/swagger';
import { Entity } from 'typeorm';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extendResource, ReferenceField, Resource, ServiceModule, TextField } from 'crm-opportunity-service/kit';
import { Opportunity } from 'crm-opportunity-service/opportunity';
import { loadModules } from '../src/modules/load-modules.js';
import { ModuleError } from '../src/modules/module-error.js';
import { registerModules } from '../src/modules/registry.js';
import { refuseSecondCopies } from '../src/modules/second-copies.js';

/* Each way in which a module does not fit, and the sentence that says so. */

const text = () => TextField({ description: 'Text.' });
const adds = (attributes: Record<string, PropertyDecorator>) => [extendResource(Opportunity, { attributes })];

@Entity('acme_thing')
class Thing extends Resource('acme-thing') {}

@Entity('acme_thing')
class SameThing extends Resource('acme-thing') {}

/** An entity whose objects deals embed under a name. */
function embeddedAs(expandAs: string, name: string): new () => object {
  @Entity(`table_${name}`)
  @ApiSchema({ name })
  class Embedded extends Resource('embedded') {
    @ReferenceField(() => Opportunity, { expandAs })
    opportunity_id: string | null;
  }
  return Embedded;
}

function moduleWith(options: Partial<Parameters<typeof ServiceModule>[0]>): new () => object {
  @ServiceModule({ name: 'acme-things', compatible: '^0.1', ...options })
  class OneModule {}
  return OneModule;
}

function refusal(...modules: Parameters<typeof registerModules>[0]): string {
  try {
    registerModules(modules);
  } catch (error) {
    if (error instanceof ModuleError) return error.message;
    throw error;
  }
  return '';
}

describe('a module is refused', () => {
  it('that is none', () => {
    class NoModule {
      id: string;
    }
    expect(refusal(NoModule)).toBe('NoModule is not a module of the service: it lacks @ServiceModule.');
  });

  it.each([
    ['^9.1', "The module 'acme-things' works with version ^9.1 of the service, and this is 0.1.0."],
    ['soon', "The module 'acme-things' has compatible: 'soon', which is no range of versions, such as '^0.1.0'."],
  ])('that is compatible with %s', (compatible, sentence) => {
    expect(refusal(moduleWith({ compatible }))).toBe(sentence);
  });

  it('that does not say what it is compatible with', () => {
    expect(refusal(moduleWith({ compatible: undefined as unknown as string }))).toBe(
      "The module 'acme-things' does not say which versions of the service it works with: add compatible: '^0.1.0'.",
    );
  });

  it.each<[string, Parameters<typeof moduleWith>[0], string]>([
    [
      'whose attribute lacks the prefix',
      { extends: adds({ region: text() }) },
      "The module 'acme-things' adds 'region' to Opportunity: the name of an attribute that a module adds begins with 'acme_'.",
    ],
    [
      'whose attribute is required',
      { name: 'must-have', extends: adds({ must_name: TextField({ required: true, description: 'Name.' }) }) },
      "The module 'must-have' adds 'must_name' to Opportunity as a required attribute: give it a default, or let it be null.",
    ],
    [
      'whose error code lacks the prefix',
      { name: 'code-things', errors: { closed: 'It is closed.' } },
      "The module 'code-things' has the error code 'closed': a code that a module adds begins with 'code_'.",
    ],
    [
      'that embeds in deals what lacks the prefix',
      { name: 'list-things', entities: [embeddedAs('things', 'One')] },
      "The module 'list-things' embeds 'things' in Opportunity: the name of what a module embeds begins with 'list_'.",
    ],
    [
      'that embeds in deals what is there under this name',
      { name: 'twin-things', entities: [embeddedAs('twin_things', 'Two'), embeddedAs('twin_things', 'Three')] },
      "Three and Two are both embedded in Opportunity as 'twin_things'.",
    ],
    [
      'that gives a default to nothing',
      { name: 'more-things', extends: [extendResource(Opportunity, { defaults: { nothing: 1 } as object })] },
      "The module 'more-things' has defaults for 'nothing', which is no attribute of Opportunity.",
    ],
  ])('%s', (_what, options, sentence) => {
    expect(refusal(moduleWith(options))).toBe(sentence);
  });

  it('that adds the attribute of another, has its table or has its name', () => {
    registerModules([moduleWith({ name: 'acme-first', entities: [Thing], extends: adds({ acme_place: text() }) })]);
    expect(refusal(moduleWith({ name: 'acme-second', extends: adds({ acme_place: text() }) }))).toBe(
      "The modules 'acme-first' and 'acme-second' both add 'acme_place' to Opportunity.",
    );
    expect(refusal(moduleWith({ name: 'acme-third', entities: [SameThing] }))).toBe(
      "The modules 'acme-first' and 'acme-third' both have a table 'acme_thing'.",
    );
    expect(refusal(moduleWith({ name: 'acme-first' }))).toBe("Two modules are named 'acme-first'.");
  });

  it('that is not installed', async () => {
    await expect(loadModules(['acme-nothing'])).rejects.toThrow(ModuleError);
  });

  it('that has a second copy of a library', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crm-copy-'));
    try {
      await mkdir(join(folder, 'node_modules/typeorm'), { recursive: true });
      await writeFile(join(folder, 'node_modules/typeorm/package.json'), '{}');
      expect(() => {
        refuseSecondCopies('acme-things', folder);
      }).toThrow(
        /^The module 'acme-things' has a second copy of typeorm in .*\/node_modules\/typeorm\. List typeorm in/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('after the service was loaded', async () => {
    await import('../src/schema.js');
    expect(refusal(moduleWith({ name: 'late-things' }))).toBe(
      'Modules were given after the service was loaded. Import only createService before it is called.',
    );
  });
});
