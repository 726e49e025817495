import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MARKS, PLAIN, SEPARATORS, UNSPACED } from '../folded-characters.js';

/**
 * `fold_text` is what texts are compared as where letter case and accents do not matter: in PostgreSQL alone, so that what is
 * stored and what is asked for can never be folded differently. Functions name each other with their schema, as a dump is
 * restored without a search path. Letters are put together again at the end: in Korean and Japanese the parts spell.
 */
const functions = (schema: string): string => `
  create function fold_letters(letters text) returns text language plpgsql immutable parallel safe as $$
  declare
    plain text := lower(normalize(letters, NFKD));
    other text;
  begin
    if plain ~ '[${MARKS}${Object.keys(PLAIN).join('')}]' then
      plain := regexp_replace(plain, '[${MARKS}]+', '', 'g');
      -- Few texts have more than one or two, where to translate all would compare each character with each.
      loop
        other := substring(plain from '[${Object.keys(PLAIN).join('')}]');
        exit when other is null;
        plain := replace(plain, other, '${JSON.stringify(PLAIN)}'::jsonb ->> other);
      end loop;
    end if;
    return case when octet_length(plain) = length(plain) then plain else normalize(plain, NFC) end;
  end $$;

  -- The collation "C" knows how to lower ASCII, and does so in a fraction of the time.
  create function fold_text(words text) returns text language sql immutable parallel safe
  return case when octet_length(words) = length(words) then lower(words collate "C") collate "default"
    else ${schema}.fold_letters(words) end;

  -- A text whose accents are parts of their letters, where they can be: what texts are compared for equality as.
  create function composed_text(words text) returns text language sql immutable parallel safe
  return case when octet_length(words) = length(words) then words else normalize(words) end;

  -- The words of a text, folded, with blanks between them, and around what is of a script without blanks.
  create function spaced_letters(letters text) returns text language plpgsql immutable parallel safe as $$
  declare
    words text := regexp_replace(${schema}.fold_letters(letters), '[${SEPARATORS}]+', ' ', 'g');
  begin
    return case when octet_length(words) = length(words) then words
      else regexp_replace(words, '([${UNSPACED}]+)', ' \\1 ', 'g') end;
  end $$;

  create function spaced_words(words text) returns text language sql immutable parallel safe
  return case when octet_length(words) = length(words) then regexp_replace(lower(words collate "C"), '[^a-z0-9]+', ' ', 'g')
    else ${schema}.spaced_letters(words) end;

  -- What the index has of a text, the workspace before each: words, cut where they could become too long for a lexeme; of
  -- scripts without blanks the four characters from each one on. Folding may lengthen a text beyond what an index takes.
  create function search_words_folded(workspace_id text, words text) returns tsvector
  language plpgsql immutable parallel safe cost 5000 as $$
  declare
    spaced text := left(btrim(${schema}.spaced_words(words)), 15000);
    inside text[] := '{}';
  begin
    if octet_length(spaced) <> length(spaced) and spaced ~ '[${UNSPACED}]' then
      inside := array(
        select concat(workspace_id, '/', c, lead(c, 1) over part, lead(c, 2) over part, lead(c, 3) over part)
        from regexp_matches(spaced, '[${UNSPACED}]+', 'g') with ordinality as parts (letters, place),
          unnest(string_to_array(letters[1], null)) with ordinality as characters (c, n)
        window part as (partition by place order by n));
      spaced := regexp_replace(spaced, '[${UNSPACED}]+', '', 'g');
    end if;
    if length(spaced) > 400 then
      spaced := regexp_replace(spaced, '([^ ]{64})[^ ]+', '\\1', 'g');
    end if;
    return array_to_tsvector(
      string_to_array(workspace_id || '/' || replace(spaced, ' ', ' ' || workspace_id || '/'), ' ') || inside);
  end $$;

  -- The query for all of up to twenty words, each as the beginning of one that the index has; null without any.
  create function search_query(workspace_id text, words text) returns tsquery
  language plpgsql immutable parallel safe as $$
  begin
    return (
      select string_agg(format('''%s/%s'':*', workspace_id, term), ' & ')::tsquery
      from (
          select word from unnest(string_to_array(${schema}.spaced_words(words), ' ')) with ordinality as w (word, place)
          where word <> '' group by word order by min(place) limit 20) wanted,
        lateral (
          select left(word, 64) as term where word !~ '[${UNSPACED}]'
          union all
          select substr(word, n, 4) from generate_series(1, greatest(least(length(word), 64) - 3, 1)) n
          where word ~ '[${UNSPACED}]') terms);
  end $$;`;

/** ICU's order of all languages, the same on every database; where the server was built without ICU, that of the code points. */
const ORDER = `
  do $$ begin
    if exists (select from pg_collation where collname = 'und-x-icu') then
      create collation text_order from "und-x-icu";
    else
      create collation text_order from "C";
    end if;
  end $$;`;

/** Functions that fold texts and find words, and the order of texts. */
export class Folding1795700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const [{ schema }] = (await runner.query('select quote_ident(current_schema()) as schema')) as [{ schema: string }];
    await runner.query(functions(schema));
    await runner.query(ORDER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function search_query, search_words_folded, spaced_words, spaced_letters, composed_text, fold_text,
      fold_letters;
      drop collation text_order`);
  }
}
