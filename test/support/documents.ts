import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_OURS = ['node_modules', 'dist', 'coverage', '.git', '.data'];

export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Paths of all documents, from the root of the project. */
export function documents(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.includes(entry.name) ? [] : documents(path);
    return entry.name.endsWith('.md') ? [relative(ROOT, path).replaceAll(sep, '/')] : [];
  });
}

/** A fenced block of a document. */
export interface Block {
  language: string;
  text: string;
  /** Line of the document on which it starts. */
  line: number;
  /** Why it is not run: what stands after `not run:` behind its language. */
  notRun: string | undefined;
  /** The file it is to be saved as: the line above it names that alone, as code. */
  file: string | undefined;
  /** Does it follow the block before it without a word? Then it is what that one prints. */
  isAnswer: boolean;
}

const FENCE = /^```(\S*) ?(.*)\n([^]*?)^```$/gm;

export function blocksOf(document: string): Block[] {
  let end = 0;
  return [...document.matchAll(FENCE)].map(({ 0: whole, 1: language = '', 2: words = '', 3: text = '', index }) => {
    const before = document.slice(end, index);
    end = index + whole.length;
    return {
      language,
      text,
      line: document.slice(0, index).split('\n').length,
      notRun: /^not run: (.+)/.exec(words)?.[1],
      file: /(?:^|\n)`([^`\n]+)`\n\n$/.exec(before)?.[1],
      isAnswer: index > 0 && before.trim() === '' && language === 'text',
    };
  });
}
