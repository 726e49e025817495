/**
 * Everything a schema is made of, a line each: tables, columns, constraints, indexes, triggers, functions, and the notes on
 * generated columns. TypeORM's own two tables count only by what they note.
 */
export const SCHEMA_CONTENTS = `
  with own as (
    select c.oid, c.relname::text as name, c.relkind, array_to_string(c.reloptions, ',') as options from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind <> 'i' and c.relname !~ 'migrations|typeorm_metadata'
  )
  select 'relation' as kind, concat_ws(' ', name, relkind, options) as definition from own
  union all select 'column', concat_ws(' ', name || '.' || attname, format_type(atttypid, atttypmod),
      case when attnotnull then 'not null' end, case attgenerated when '' then 'default' else 'generated' end,
      pg_get_expr(adbin, adrelid))
    from own join pg_attribute on attrelid = own.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = own.oid and adnum = attnum
  union all select 'constraint', name || ': ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
    from own join pg_constraint on conrelid = own.oid and contype <> 'n'
  union all select 'index', pg_get_indexdef(indexrelid) from own join pg_index on indrelid = own.oid
  union all select 'trigger', pg_get_triggerdef(pg_trigger.oid)
    from own join pg_trigger on tgrelid = own.oid and not tgisinternal
  union all select 'function', pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
  union all select 'collation', collname::text from pg_collation where collnamespace = 'public'::regnamespace
  union all select 'generated', "table" || '.' || name || ': ' || value from typeorm_metadata
  order by 1, 2`;
