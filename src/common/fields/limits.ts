/** The largest magnitude of money and of every other numeric(21,9). */
export const MAX_MONEY = '999999999999.999999999';

export const ID_LENGTH = 80;
export const TEXT_LENGTH = 140;
export const LONG_TEXT_LENGTH = 10_000;
export const URL_LENGTH = 2048;
export const EMAIL_LENGTH = 254;
export const MAX_INT = 2_147_483_647;
