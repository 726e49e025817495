import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SEARCH } from './1795359179852-initial.js';

/** Under the names that an older version still at work asks for, too. */
const UP = `
  set local lock_timeout = '2s';
  drop index opportunity_search;
  drop function search_words;
  alter function search_words_folded rename to search_words;
  alter index opportunity_search_folded rename to opportunity_search;`;

const DOWN = `
  alter index opportunity_search rename to opportunity_search_folded;
  alter function search_words rename to search_words_folded;
  ${SEARCH}
  alter function search_words(text, text) cost 5000;
  alter index opportunity_search set (fastupdate = off);`;

/** The search takes the index of folded words, once that is whole. */
export class FoldedSearch1795700000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
