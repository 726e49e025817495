/** The longest part of a word that is indexed; the database function cuts there too. */
const LONGEST_WORD = 64;
const MOST_WORDS = 20;

/** The words of a text as the search index has them: lower case, without accents, letters and digits only. */
export function searchWords(text: string): string[] {
  const plain = lower(
    lower(text)
      .normalize('NFKD')
      .replaceAll(/[\u0300-\u036f]/g, ''),
  );
  // PostgreSQL's [:alnum:], which has the vowel signs of Indic scripts and only the digits 0 to 9.
  const words = plain.match(/[\p{Alphabetic}0-9]+/gu) ?? [];
  return [...new Set(words.map((word) => [...word].slice(0, LONGEST_WORD).join('')))].slice(0, MOST_WORDS);
}

/** Letter by letter, as the database does; of a whole word, JavaScript makes another sigma at the end. */
function lower(text: string): string {
  return Array.from(text, (letter) => letter.toLowerCase()).join('');
}

/** The tsquery that wants every word as the beginning of a word of the workspace; words hold nothing that needs escaping. */
export function searchQuery(workspaceId: string, words: readonly string[]): string {
  return words.map((word) => `'${workspaceId}/${word}':*`).join(' & ');
}
