import { z } from 'zod';

const SCHEME = 'must start with postgres:// or postgresql://';
const UNENCODED =
  'has a password that is not encoded: write % @ / ? # in it as %25 %40 %2F %3F %23, or give it in PGPASSWORD';

/** Where a URL's host ends; an `@` behind that shows that a password with `/`, `?` or `#` has cut it short. */
const AFTER_HOST = /^\w+:\/\/[^/?#]*(.*)$/s;

function isWhole(url: string): boolean {
  return !(AFTER_HOST.exec(url)?.[1] ?? '').includes('@');
}

export const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, SCHEME)
  .refine(isWhole, UNENCODED);

export const databaseUrls = z
  .string()
  .regex(
    /^postgres(ql)?:\/\/[^,]+(,\s*postgres(ql)?:\/\/[^,]+)*$/,
    'must be addresses that start with postgres:// or postgresql://, separated by commas',
  )
  .transform((urls) => urls.split(',').map((url) => url.trim()))
  .refine((urls) => urls.every(isWhole), UNENCODED);
