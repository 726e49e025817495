import { IsEmail } from 'class-validator';
import { field, type FieldOptions } from './field.js';
import { EMAIL_LENGTH, LONG_TEXT_LENGTH, TEXT_LENGTH, URL_LENGTH } from './limits.js';
import { IsCurrencyCode, IsText, IsUpperCaseCode } from './rules.js';
import { NotBlank, OneOf } from './stored-rules.js';

interface TextOptions extends FieldOptions<string> {
  /** In code points. */
  maxLength?: number;
  /** May be null, but not blank. */
  notBlank?: true;
}

/** Text of at most 140 characters; a required one is not blank. */
export function TextField(options: TextOptions): PropertyDecorator {
  const { maxLength = TEXT_LENGTH, required, notBlank = required } = options;
  return field(options, {
    column: { type: 'varchar', length: maxLength },
    rules: [IsText(maxLength), ...(notBlank ? [NotBlank()] : [])],
    schema: { type: String, maxLength, ...(notBlank && { minLength: 1, pattern: '\\S' }) },
  });
}

export function LongTextField(options: FieldOptions<string>): PropertyDecorator {
  return TextField({ ...options, maxLength: LONG_TEXT_LENGTH });
}

/** A web address; any text, as what people keep there seldom is a strict URL. */
export function UrlField(options: FieldOptions<string>): PropertyDecorator {
  return TextField({ ...options, maxLength: URL_LENGTH });
}

export function EmailField(options: FieldOptions<string>): PropertyDecorator {
  return field(options, {
    column: { type: 'varchar', length: EMAIL_LENGTH },
    rules: [IsText(EMAIL_LENGTH), IsEmail({}, { message: '$property must be an e-mail address.' })],
    schema: { type: String, format: 'email', maxLength: EMAIL_LENGTH },
  });
}

/** An ISO 4217 code in upper case, also of a currency that was withdrawn. */
export function CurrencyField(options: FieldOptions<string>): PropertyDecorator {
  return field(options, {
    column: { type: 'varchar', length: 3 },
    rules: [IsText(3), IsUpperCaseCode(), IsCurrencyCode()],
    schema: { type: String, minLength: 3, maxLength: 3, pattern: '^[A-Z]{3}$' },
  });
}

/** One of a fixed list of words, case-sensitive. */
export function EnumField(options: FieldOptions<string> & { values: readonly string[] }): PropertyDecorator {
  const { values } = options;
  return field(options, {
    column: { type: 'varchar', length: TEXT_LENGTH },
    rules: [OneOf(values)],
    schema: { type: String, enum: [...values] },
  });
}
