/*
 * What the first migration that folds texts knows of characters; another folding needs tables, and a migration, of its own.
 * Sets of characters stand here as they stand in a regular expression of PostgreSQL's.
 */

/** Marks that people leave out, and characters that nobody sees. Other scripts have marks that spell: those stay. */
export const MARKS = [
  // Accents of all alphabets.
  '\\u0300-\\u036f\\u0483-\\u0487\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f',
  // Hebrew points.
  '\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7',
  // Arabic and Syriac vowel signs, and what stretches a word.
  '\\u0610-\\u061a\\u0640\\u064b-\\u065f\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7\\u06e8\\u06ea-\\u06ed',
  '\\u0711\\u0730-\\u074a\\u0897-\\u089f\\u08ca-\\u08e1\\u08e3-\\u08ff',
  // Soft hyphens, joiners, directions, variation selectors, tags.
  '\\u00ad\\u061c\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff',
  '\\U000e0000-\\U000e0fff',
].join('');

/** All that is no letter, no mark and no number, once a text is folded. */
export const SEPARATORS = [
  '\\u0001-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u00d7\\u00f7\\u02c2-\\u02c5\\u02d2-\\u02eb\\u02ed\\u02ef-\\u02ff',
  '\\u0375\\u03f6\\u0482\\u055a-\\u055f\\u0589-\\u05c6\\u05f3-\\u061f\\u066a-\\u066d\\u06d4\\u06dd\\u06de\\u06e9\\u06fd\\u06fe',
  '\\u0700-\\u070f\\u07f6-\\u07f9\\u07fe\\u07ff\\u0830-\\u083e\\u085e\\u0888\\u0890\\u0891\\u08e2\\u0964\\u0965\\u0970',
  '\\u09f2\\u09f3\\u09fa\\u09fb\\u09fd\\u0a76\\u0af0\\u0af1\\u0b70\\u0bf3-\\u0bfa\\u0c77\\u0c7f\\u0c84\\u0d4f\\u0d79\\u0df4',
  '\\u0e3f\\u0e4f\\u0e5a\\u0e5b\\u0f01-\\u0f17\\u0f1a-\\u0f1f\\u0f34\\u0f36\\u0f38\\u0f3a-\\u0f3d\\u0f85\\u0fbe-\\u0fc5',
  '\\u0fc7-\\u0fda\\u104a-\\u104f\\u109e\\u109f\\u10fb\\u1360-\\u1368\\u1390-\\u1399\\u1400\\u166d\\u166e\\u1680\\u169b',
  '\\u169c\\u16eb-\\u16ed\\u1735\\u1736\\u17d4-\\u17d6\\u17d8-\\u17db\\u1800-\\u180a\\u1940-\\u1945\\u19de-\\u19ff\\u1a1e',
  '\\u1a1f\\u1aa0-\\u1aa6\\u1aa8-\\u1aad\\u1b4e\\u1b4f\\u1b5a-\\u1b6a\\u1b74-\\u1b7f\\u1bfc-\\u1bff\\u1c3b-\\u1c3f\\u1c7e',
  '\\u1c7f\\u1cc0-\\u1cc7\\u1cd3\\u2010-\\u214d\\u214f\\u218a-\\u244a\\u2500-\\u2775\\u2794-\\u2bff\\u2ce5-\\u2cea',
  '\\u2cf9-\\u2cfc\\u2cfe\\u2cff\\u2d70\\u2e00-\\u2e2e\\u2e30-\\u3004\\u3008-\\u3020\\u3030\\u3037\\u303d-\\u303f\\u30a0',
  '\\u30fb\\u3190\\u3191\\u31c0-\\u31ef\\u327f\\u4dc0-\\u4dff\\ua490-\\ua4c6\\ua4fe\\ua4ff\\ua60d-\\ua60f\\ua673\\ua67e',
  '\\ua6f2-\\ua716\\ua720\\ua721\\ua789\\ua78a\\ua828-\\ua82b\\ua836-\\ua839\\ua874-\\ua877\\ua8ce\\ua8cf\\ua8f8-\\ua8fa',
  '\\ua8fc\\ua92e\\ua92f\\ua95f\\ua9c1-\\ua9cd\\ua9de\\ua9df\\uaa5c-\\uaa5f\\uaa77-\\uaa79\\uaade\\uaadf\\uaaf0\\uaaf1',
  '\\uab5b\\uab6a\\uab6b\\uabeb\\ue000-\\uf8ff\\ufbb2-\\ufe6f\\ufff9-\\uffff\\U0001cc00-\\U0001cef0\\U0001d000-\\U0001d15d',
  '\\U0001d16a-\\U0001d3ff\\U0001d800-\\U0001daff\\U0001f000-\\U0001fbef\\U000f0000-\\U0010ffff',
].join('');

/** Scripts that put no blanks between words: Thai and its neighbours, Han, kana, Bopomofo. */
export const UNSPACED = [
  '\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u1950-\\u19ff\\u1a20-\\u1aaf\\u1b00-\\u1b7f\\u3005-\\u312f\\u31a0-\\u31ff',
  '\\u3400-\\u9fff\\ua980-\\ua9ff\\uaa60-\\uaadf\\uf900-\\ufaff\\U0001b000-\\U0001b16f\\U00020000-\\U0003ffff',
].join('');

/**
 * Letters that Unicode does not take apart, behind the plain letter of each: where the first level of Unicode's collation
 * takes the two for equal, or CLDR's transliteration to ASCII makes the one of the other.
 */
const LETTERS = [
  'a:ᴀᶏⱥꞛꟁ b:ƀƃɓʙᴃᵬᶀ c:ƈȼɕᴄꞓ d:ðđƌȡɖɗᴅᴆᵭᶁᶑꝱꝺ e:ɇɛᴇᶒᶓⱸ f:ƒᵮᶂꜰꝼ g:ǥɠɡɢʛᵹᶃꞡ h:ħɦɧʜⱨ i:ıɨɩɪᵻᶖ j:ȷɉɟʝᴊ',
  'k:ƙᴋᶄⱪꝁꝃꝅꞣ l:łƚȴɫɬɭʟᴌᶅⱡꝇꝉꝲ m:ɱᴍᵯᶆꝳ n:ŋƞȵɲɳɴᵰᶇꝴꞑꞥ o:øᴏⱺꝋꝍꞝ p:ƥᴘᵱᵽᶈꝑꝓꝕ q:ĸʠꝗꝙ r:ɍɼɽɾʀᵲᵳᶉꝛꝵꝶꞃꞧ',
  's:ȿʂᵴᶊẜẝꜱꞅꞩꟙ t:ŧƫƭȶʈᴛᵵⱦꝷꞇ u:ʉᴜᵾᶙꞟ v:ʋᴠᶌỽⱱⱴꝟ w:ᴡⱳꟃ x:ᶍ y:ƴɏʏỿ z:ƶȥɀʐʑᴢᵶᶎⱬ',
  // The forms that Greek and Hebrew letters have at the end of a word, and variants of Cyrillic letters.
  'σ:ς כ:ך מ:ם נ:ן פ:ף צ:ץ в:ᲀ г:ґ д:ᲁ о:ᲂ с:ᲃ т:ᲄᲅ ъ:ᲆ ѣ:ᲇ ꙋ:ᲈ',
  // Letters that are two.
  'ss:ß ae:æᴁ th:þᵺꝥꝧ oe:œɶ hv:ƕ oi:ƣ db:ȸ qp:ȹ dz:ʣʥ ts:ʦ ls:ʪ lz:ʫ ue:ᵫ ll:ỻ tz:ꜩ aa:ꜳ𐞀 ao:ꜵ au:ꜷ av:ꜹꜻ ay:ꜽ oo:ꝏ vy:ꝡ',
].join(' ');

/** The zeros of scripts with digits of their own; one to nine follow each. */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
  0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
  0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
  0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0,
  0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950,
];

/** What stands for each letter of a table. */
function plainLetters(table: string): [letter: string, plain: string][] {
  return table.split(' ').flatMap((entry) => {
    const [plain = '', letters = ''] = entry.split(':');
    return Array.from(letters, (letter): [string, string] => [letter, plain]);
  });
}

const digits = ZEROS.flatMap((zero) =>
  Array.from({ length: 10 }, (_, n): [string, string] => [String.fromCodePoint(zero + n), String(n)]),
);

/** What stands for each character that is another than its plain form, which has none of them. */
export const PLAIN: Readonly<Record<string, string>> = Object.fromEntries([...plainLetters(LETTERS), ...digits]);
