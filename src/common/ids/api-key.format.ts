import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/*
 * A key reads sk_test_crm_ or sk_live_crm_, 30 random base62 characters, 6 of checksum. The prefix tells people and leak
 * scanners what it is; the checksum lets the service refuse a mistyped or made-up key without asking the database.
 */

export const MODES = ['test', 'live'] as const;

export type Mode = (typeof MODES)[number];

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX_LENGTH = 'sk_test_crm_'.length;
const RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const FORM = /^sk_(test|live)_crm_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;

export function generateKey(mode: Mode): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
  return `sk_${mode}_crm_${random}${checksum(mode, random)}`;
}

/** The mode of a well-formed key; undefined for anything else. */
export function modeOfKey(key: string): Mode | undefined {
  const [, mode, random, sum] = FORM.exec(key) ?? [];
  return random !== undefined && sum === checksum(mode as Mode, random) ? (mode as Mode) : undefined;
}

/** What a key can be recognised by, without telling it: how it begins and its last four characters. */
export function hintOf(key: string): string {
  return `${key.slice(0, PREFIX_LENGTH)}…${key.slice(-4)}`;
}

/** What the database keeps of a key. Keys are random, so a plain hash cannot be guessed back. */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex');
}

function checksum(mode: Mode, random: string): string {
  let rest = crc32(`${mode}_${random}`);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET.charAt(rest % ALPHABET.length) + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
