/** A statement as TypeORM would send it. */
export interface Statement {
  query: string;
  parameters?: unknown[] | undefined;
}

/** What a migration does, and which of the tables that it makes have a list whose rows are counted. */
export interface MigrationSteps {
  up: readonly Statement[];
  down: readonly Statement[];
  counted: readonly string[];
}

/** The text of a migration: plain statements, and the helpers of the kit for counters and generated columns. */
export function migrationFile(className: string, isOutside: boolean, { up, down, counted }: MigrationSteps): string {
  const lines = {
    up: [...up.map(lineOf), ...counted.map((table) => `await countRows(runner, '${table}');`)],
    down: [...counted.map((table) => `await stopCountingRows(runner, '${table}');`), ...down.map(lineOf)],
  };
  const body = [...lines.up, ...lines.down].join('\n');
  const helpers = ['countRows', 'forgetGeneratedColumns', 'noteGeneratedColumns', 'stopCountingRows'].filter((name) =>
    body.includes(`${name}(`),
  );
  const kit = isOutside ? 'crm-opportunity-service/migrations' : '../../common/index.js';
  const importHelpers = helpers.length === 0 ? '' : `import { ${helpers.join(', ')} } from '${kit}';\n`;
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';
${importHelpers}
export class ${className} implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
${indented(lines.up)}
  }

  async down(runner: QueryRunner): Promise<void> {
${indented(lines.down)}
  }
}
`;
}

function lineOf({ query, parameters = [] }: Statement): string {
  if (!query.includes('typeorm_metadata')) return `await runner.query(\`${escaped(query.trim())}\`);`;
  // TypeORM names the database in its notes of generated columns; the kit writes them for any.
  const [, , table, , name, value] = parameters.map(String);
  return query.startsWith('INSERT')
    ? `await noteGeneratedColumns(runner, '${table}', { ${name}: \`${escaped(value ?? '')}\` });`
    : forgetLine(query, parameters);
}

function forgetLine(query: string, parameters: readonly unknown[]): string {
  const valueOf = (column: string): string => {
    const [, place = '0'] = new RegExp(`"${column}" = \\$(\\d+)`).exec(query) ?? [];
    return String(parameters[Number(place) - 1]);
  };
  return `await forgetGeneratedColumns(runner, '${valueOf('table')}', ['${valueOf('name')}']);`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n');
}
